import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesOf, hashOf } from "../files/server.ts";
import { assertSlim, mebibyte, patience, vast } from "../files/vast.ts";
import { asBody, MatrixUser } from "../sandbox/client.ts";
import { openStage } from "../stage/stage.ts";

const onSlack = {
  ...vast,
  irc: false,
  slack: true,
  rooms: [{ room: "#general:sandbox.test", chats: ["slack general"] }],
} as const;

test("200 MB to Slack and from it need no memory to speak of", { timeout: 450_000 }, async (t) => {
  const stage = await openStage(onSlack);
  try {
    const { box, homeserver, slack, slackApp } = stage;
    const bob = slack.addUser("bob");
    const general = slack.addChannel("general", [bob, slackApp.bot]);
    const account = { url: homeserver.url, ...homeserver.addUser("ana") };
    const headers = { authorization: `Bearer ${account.accessToken}` };
    const ana = new MatrixUser(account);
    const room = await ana.createRoom({ preset: "public_chat", room_alias_name: "general" });
    await box.start();
    await box.until((log) => log.includes("is bound"));

    const toSlack = async (size: number): Promise<void> => {
      const name = `to-${size}.bin`;
      const body = Buffer.concat([...bytesOf(1, size)]);
      const path = `${homeserver.url}/_matrix/media/v3/upload`;
      const upload = await fetch(path, { method: "POST", headers, body });
      const { content_uri: url } = asBody(await upload.json());
      await ana.send(room, { msgtype: "m.file", body: name, filename: name, url, info: { size } });
      const file = await slack.until(
        () => [...slack.world.files.values()].find((one) => one.name === name && one.hash),
        patience,
      );
      assert.deepEqual([file.size, file.hash], [size, hashOf(bytesOf(1, size))]);
    };
    const fromSlack = async (size: number): Promise<void> => {
      const name = `from-${size}.bin`;
      const more = { size, pieces: () => bytesOf(2, size) };
      const file = slack.addFile(bob, name, new Uint8Array(), more);
      slack.say(bob, general, "", { files: [file] });
      const { content } = await ana.until((event) => event.content["body"] === name, patience);
      const path = String(content["url"]).replace("mxc://", "");
      const shown = await fetch(`${homeserver.url}/_matrix/client/v1/media/download/${path}`, {
        headers,
      });
      assert.equal(hashOf([await shown.bytes()]), hashOf(bytesOf(2, size)));
    };

    // Once before, so that what stays loaded is not counted.
    await toSlack(mebibyte);
    await fromSlack(mebibyte);
    for (const [way, pass] of Object.entries({ toSlack, fromSlack }))
      await assertSlim(t, box.pid, { way, pass });
    assert.deepEqual(slack.violations, []);
  } finally {
    await stage.close();
  }
});
