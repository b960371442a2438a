import assert from "node:assert/strict";
import { test } from "node:test";
import { inflateSync } from "node:zlib";
import { textAt } from "../matrix/parse.ts";
import { loginOf, ScriptedNetwork } from "../testing/scripted-network.ts";
import { openTalk, talkRoom } from "../testing/talk-scene.ts";
import { until } from "../testing/until.ts";
import { qrPicture } from "./qr-picture.ts";

test("a QR code is a picture with a white edge, and its corners are marked", () => {
  const { png, side } = qrPicture("tg://login?token=abcdefghijklmnopqrstuvwxyz0123456789");
  const bytes = Buffer.from(png);
  assert.equal(bytes.toString("latin1", 1, 4), "PNG");
  assert.deepEqual([bytes.readUInt32BE(16), bytes.readUInt32BE(20)], [side, side]);
  const at = bytes.indexOf("IDAT");
  const rows = inflateSync(bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at - 4)));
  const width = 1 + side / 8;
  assert.equal(rows.length, width * side);
  const dark = (x: number, y: number): boolean => rows[y * 8 * width + 1 + x] === 0;
  const modules = side / 8;
  for (let at = 0; at < modules; at += 1)
    for (const [x, y] of [
      [at, 3],
      [3, at],
      [at, modules - 4],
      [modules - 4, at],
    ] as const)
      assert.equal(dark(x, y), false, `${x} ${y}`);
  // The finder pattern: a square of 7 with a white ring in it.
  for (const [x, y] of [
    [4, 4],
    [modules - 11, 4],
    [4, modules - 11],
  ] as const) {
    for (let step = 0; step < 7; step += 1) assert.ok(dark(x + step, y) && dark(x, y + step));
    assert.equal(dark(x + 1, y + 1), false);
    assert.ok(dark(x + 3, y + 3));
  }
});

test("a QR code is shown as a picture, another in its place, and taken away at the end", async (t) => {
  const network = new ScriptedNetwork({ standing: [] });
  const scanned = Promise.withResolvers<void>();
  const ranOut = Promise.withResolvers<void>();
  network.logins = {
    qr: {
      label: "QR",
      gives: "everything",
      run: async (ui) => {
        ui.show({ qr: "acme://one" }, { expiresAt: 1 });
        await ranOut.promise;
        ui.show({ qr: "acme://two" }, { expiresAt: 2 });
        await scanned.promise;
        return [loginOf("anna", "user")];
      },
    },
  };
  const scene = await openTalk(t, { network });
  const { ask, homeserver, clock } = scene;
  const pictures = () =>
    homeserver.events.filter(({ content }) => content["msgtype"] === "m.image");
  await ask("login net qr");
  assert.ok(
    homeserver
      .said(talkRoom)
      .some((line) => /^QR: everything\nScan the QR .* takes its place/.test(line)),
  );
  const first = await until("it is shown", () => pictures()[0]);
  assert.equal(first.content["body"], "acme://one");
  assert.equal(homeserver.files.get(textAt(first.content, "url") ?? "")?.mime, "image/png");
  ranOut.resolve();
  const second = await until("the next one is shown", () => pictures()[1]);
  const relation = { rel_type: "m.replace", event_id: first.event_id };
  assert.deepEqual(second.content["m.relates_to"], relation);
  scanned.resolve();
  await until("it is taken away", () => {
    clock.advance(20);
    return homeserver.events.some(({ redacts }) => redacts === first.event_id);
  });
  assert.ok(homeserver.said(talkRoom).some((line) => line.startsWith("Logged in as anna")));
});

test("where no picture can be put up, the link is said", async (t) => {
  const network = new ScriptedNetwork({ standing: [] });
  network.logins = {
    qr: {
      label: "QR",
      gives: "everything",
      run: async (ui, { signal }) => {
        ui.show({ qr: "acme://one" });
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        return [];
      },
    },
  };
  const { ask, homeserver } = await openTalk(t, { network });
  homeserver.before = ({ op }) => {
    if (op === "media") throw new Error("no room");
  };
  await ask("login net qr");
  await until("the link is said", () =>
    homeserver.said(talkRoom).includes("Scan this as a QR code: acme://one"),
  );
  await ask("cancel");
});
