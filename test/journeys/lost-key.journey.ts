import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Stage } from "../stage/stage.ts";
import { endOf, logInToTelegram, story, onTelegram } from "./kit.ts";

const entry = fileURLToPath(new URL("../../bridgebox.js", import.meta.url));

const run = (...argv: readonly string[]): Promise<{ code: number; text: string }> =>
  new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [entry, ...argv],
      { timeout: 30_000 },
      (_error, out, err) => resolve({ code: child.exitCode ?? -1, text: out + err }),
    );
  });

const forget = (stage: Stage) =>
  run("start", "-c", join(stage.dir, "config.yaml"), "--forget-logins");

test("without a config nothing is forgotten, and no sandbox starts", async () => {
  const { code, text } = await run("--forget-logins");
  assert.deepEqual([code, /say which config/.test(text)], [1, true], text);
});

story(
  "the box key is lost: the box says so, forgets the logins when told to, and people log in again",
  { telegram: true, irc: false },
  async (stage) => {
    const { telegram } = stage;
    const { me, bob, ana, talk } = await onTelegram(stage);
    telegram.say(bob, me, "before");
    const room = await ana.untilInvited((one) => one !== talk.room);
    await ana.join(room);
    await ana.untilText(room, "before");
    assert.match((await forget(stage)).text, /Nothing was forgotten: .*another/s, "while it runs");
    await stage.box.stop();
    assert.match((await forget(stage)).text, /Nothing was forgotten: the box key is there/);

    const key = join(stage.dir, "box.key");
    rmSync(key);
    await assert.rejects(stage.box.start(), /ended \(30\).*its key file is missing: there is no /s);
    assert.ok(!existsSync(key));
    const forgot = await forget(stage);
    assert.deepEqual([forgot.code, /is forgotten/.test(forgot.text)], [0, true], forgot.text);
    assert.ok(existsSync(key));

    await stage.box.start();
    assert.match(await talk.ask("list-logins"), /Ana: Needs you/);
    telegram.say(bob, me, "meanwhile");
    await logInToTelegram(stage, ana, me);
    await ana.untilText(room, "meanwhile");
    const mark = await ana.send(room, "after");
    assert.equal(await endOf(stage, mark), "delivered");
  },
);
