import assert from "node:assert/strict";
import { logInToTelegram, story } from "../journeys/kit.ts";
import { lobbyStage, openLobby } from "../stage/lobby.ts";

story(
  "the token over everybody's account is used for who is logged in, and shown to nobody",
  { ...lobbyStage, doublePuppet: "known" },
  async (stage) => {
    const { telegram, homeserver, irc } = stage;
    const me = telegram.addUser({ phone: "15550009", firstName: "Anna", username: "anathe" });
    const { ana, room, carl, dora, chat } = await openLobby(stage);
    telegram.join(chat, me);
    const bea = stage.person("bea");
    await bea.join(room);
    await logInToTelegram(stage, ana, me);

    telegram.say(dora, chat, "by Dora");
    carl.say("#lobby", "by Carl");
    const beas = await bea.send(room, "by Bea");
    const said = telegram.say(me, chat, "by Ana");
    const shown = await bea.untilText(room, "by Ana");
    assert.equal(shown.sender, ana.userId);
    await bea.untilText(room, "by Dora");
    await bea.untilText(room, "by Carl");
    const onTelegram = await telegram.until(() =>
      telegram.messages(chat).find(({ text }) => text.includes("by Bea")),
    );
    telegram.people.react(onTelegram, me, "👍");
    const reaction = await bea.until(
      ({ type, content }) => type === "m.reaction" && JSON.stringify(content).includes(beas),
    );
    assert.equal(reaction.sender, ana.userId);
    telegram.remove(said);
    await bea.until(({ type }) => type === "m.room.redaction");
    await bea.send(room, "the end");
    await irc.until(({ lines }) => lines.some(({ line }) => line.includes("the end")));
    await telegram.until(() =>
      telegram.messages(chat).some(({ text }) => text.includes("the end")),
    );

    const onIrc = irc.lines.filter(
      ({ nick, line }) => nick === "bridgebox" && line.includes("by Ana"),
    );
    assert.equal(onIrc.length, 1, "once on the other network");
    assert.match(onIrc[0]?.line ?? "", /Ana/);
    const back = telegram.messages(chat).filter(({ text }) => text.includes("by Ana"));
    assert.deepEqual(back, [], "and not back on hers");

    const used = homeserver.requests.filter(
      ({ appservice }) => appservice === "bridgebox-doublepuppet",
    );
    assert.deepEqual([...new Set(used.map(({ userId }) => userId))], [ana.userId]);
    const joined = used.flatMap(({ path }) => /\/v3\/join\/(.+)$/.exec(path)?.slice(1) ?? []);
    for (const space of joined) {
      const { content } = homeserver.room(space).timeline[0] ?? {};
      assert.equal(content?.["type"], "m.space", "only what the box made for them is entered");
    }
    const rest = used.filter(({ path }) => !path.includes("/v3/join/"));
    const did = new Set(rest.map(({ method, path }) => `${method} ${path.split("/")[6] ?? ""}`));
    assert.deepEqual([...did].toSorted(), ["PUT redact", "PUT send"]);
    const { puppetToken: token } = stage;
    assert.ok(token);
    assert.ok(!stage.box.log.includes(token), "in no log");
    for (const path of ["/_bridgebox/v1/status", "/_bridgebox/v1/outcomes", "/metrics"]) {
      const headers = { authorization: `Bearer ${stage.statusToken}` };
      const answer = await (await fetch(`${stage.boxUrl}${path}`, { headers })).text();
      assert.ok(!answer.includes(token), path);
    }
    const told = [...ana.seen, ...bea.seen].map((event) => JSON.stringify(event)).join();
    assert.ok(!told.includes(token), "in no room");
  },
);
