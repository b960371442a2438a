import assert from "node:assert/strict";
import { story, talkTo } from "../journeys/kit.ts";

story(
  "an access token that was typed into a room is taken out, and of nobody but its owner",
  { irc: true },
  async (stage) => {
    const { homeserver } = stage;
    const [ana, eve] = [stage.person("ana"), stage.person("eve")];
    await stage.box.start();
    const talk = await talkTo(stage, ana);
    const redacted = (line: string): Promise<unknown> =>
      ana.until(({ type, redacts, content }) => {
        return type === "m.room.redaction" && (redacts ?? content["redacts"]) === line;
      });
    const { accessToken } = homeserver.openSession(ana.userId);
    const mistyped = await ana.send(talk.room, `login-matirx ${accessToken}`);
    await talk.heard(/Did you mean login-matrix/);
    await redacted(mistyped);

    const theirs = homeserver.openSession(eve.userId).accessToken;
    const stolen = await ana.send(talk.room, `login-matrix ${theirs}`);
    await talk.heard(/Nothing was kept: that token is somebody else's/);
    await redacted(stolen);
    assert.match(await talk.ask("ping-matrix"), /no access token/);

    await ana.request("POST", `/rooms/${encodeURIComponent(talk.room)}/invite`, {
      user_id: eve.userId,
    });
    await eve.join(talk.room);
    homeserver.clearRequests();
    const open = await ana.send(talk.room, `!bridgebox login-matrix ${accessToken}`);
    await talk.heard(/no access token where others read along/);
    await redacted(open);
    const asked = homeserver.requests.filter(({ path }) => path.endsWith("/account/whoami"));
    assert.deepEqual(asked, [], "it was not even tried");
    for (const token of [accessToken, theirs])
      assert.ok(!stage.box.log.includes(token), "no token is in the log");
  },
);
