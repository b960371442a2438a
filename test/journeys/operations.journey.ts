import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { asBody } from "../sandbox/client.ts";
import type { Stage } from "../stage/stage.ts";
import { changeConfig, endOf, hangUp, onIrc, story } from "./kit.ts";

const entry = fileURLToPath(new URL("../../bridgebox.js", import.meta.url));

/** A command of the box as an admin types it, on the stage's config; gives what it printed. */
const command = async (stage: Stage, name: string, ...args: string[]): Promise<string> => {
  const argv = [entry, name, "-c", join(stage.dir, "config.yaml"), ...args];
  return (await promisify(execFile)(process.execPath, argv)).stdout;
};

story(
  "SIGHUP takes a new config, and keeps the old one where the new one is wrong",
  {},
  async (stage) => {
    const { ana, room } = await onIrc(stage);
    assert.equal(await endOf(stage, await ana.send(room, "before")), "delivered");
    changeConfig(stage, (config) => ({
      ...config,
      networks: { irc: { ...asBody(asBody(config["networks"])["irc"]), relay: "off", port: 1 } },
    }));
    await hangUp(stage, /read anew.*networks\.irc\.relay[^]*only after a restart.*networks\.irc/);
    assert.equal(await endOf(stage, await ana.send(room, "after")), "not_bridged");
    changeConfig(stage, (config) => ({ ...config, permisions: {} }));
    await hangUp(stage, /was not read anew.*permisions/);
    assert.equal(await endOf(stage, await ana.send(room, "still")), "not_bridged");
    const said = stage.irc.said("#lobby").map(({ text }) => text);
    assert.equal(said.filter((text) => /before|after|still/.test(text)).length, 1);
  },
);

story("a copy of a running box's database is as good as the database", {}, async (stage) => {
  const { carl, ana, room } = await onIrc(stage);
  carl.say("#lobby", "old words");
  await ana.until(({ content }) => content["body"] === "old words");
  const copy = join(stage.dir, "copy.db");
  assert.match(await command(stage, "backup", copy), /is copied to/);
  await assert.rejects(command(stage, "restore", copy), /another process works with/);
  await stage.box.stop();
  assert.match(await command(stage, "restore", copy), /is restored from/);
  await stage.box.start();
  await stage.irc.until((irc) => irc.channel("#lobby")?.members.has("bridgebox") === true);
  carl.say("#lobby", "new words");
  const told = await ana.until(({ content }) => content["body"] === "new words");
  assert.equal(told.room_id, room);
  assert.equal(await endOf(stage, await ana.send(room, "and back")), "delivered");
  assert.deepEqual(ana.texts(room, `@irc_carl:${stage.domain}`), ["old words", "new words"]);
});
