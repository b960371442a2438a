import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { dump } from "js-yaml";
import { TelegramServer } from "../networks/telegram/index.ts";
import { asBody, listOf, MatrixUser } from "../sandbox/client.ts";
import type { SeenEvent } from "../sandbox/client.ts";
import { BoxChild } from "../stage/box-child.ts";
import { freePort } from "../stage/stage.ts";
import { startSynapse, whyNoSynapse } from "./servers/synapse.ts";

const reason = await whyNoSynapse();
const entry = fileURLToPath(new URL("../../bridgebox.js", import.meta.url));
const run = promisify(execFile);

const relation = (event: SeenEvent): Record<string, unknown> =>
  asBody(event.content["m.relates_to"]);
const redacts = (event: SeenEvent): unknown =>
  event.type === "m.room.redaction" ? (event.redacts ?? event.content["redacts"]) : undefined;

test(
  "on a real Synapse people speak as themselves, by the registration that `register --double-puppet` writes",
  { skip: reason ?? false, timeout: 300_000 },
  async () => {
    const dir = mkdtempSync(join(tmpdir(), "bridgebox-puppet-"));
    const telegram = await TelegramServer.listen({});
    const [port, synapsePort] = [await freePort(), await freePort()];
    const config = {
      homeserver: { address: `http://127.0.0.1:${synapsePort}`, domain: "synapse.test" },
      appservice: { address: `http://127.0.0.1:${port}`, port },
      double_puppet: { registration: "doublepuppet.yaml" },
      networks: {
        telegram: {
          type: "telegram",
          api_id: telegram.apiId,
          api_hash: telegram.apiHash,
          server: {
            host: "127.0.0.1",
            port: telegram.port,
            public_key: telegram.publicKeyPem,
            dc: telegram.dcId,
          },
        },
      },
      logging: { level: "debug", format: "json" },
    };
    const file = join(dir, "config.yaml");
    writeFileSync(file, dump(config), { mode: 0o600 });
    for (const more of [[], ["--double-puppet"]])
      await run(process.execPath, [entry, "register", "-c", file, ...more]);
    const registrations = ["registration.yaml", "doublepuppet.yaml"].map((name) => join(dir, name));
    const synapse = await startSynapse({
      dir: join(dir, "synapse"),
      port: synapsePort,
      registrations,
    });
    const box = new BoxChild(dir);
    const doctor = async (): Promise<Record<string, unknown>> => {
      const ran = run(process.execPath, [entry, "doctor", "-c", file, "--json"]);
      const { stdout } = await ran.catch((failed: { stdout: string }) => failed);
      const checks = listOf(asBody(JSON.parse(stdout)), "checks");
      return asBody(checks.find(({ check }) => check === "double puppet token"));
    };
    try {
      const person = async (name: string): Promise<MatrixUser> =>
        new MatrixUser({ url: synapse.url, ...(await synapse.registerUser(name)) });
      const ana = await person("ana");
      const me = telegram.addUser({ phone: "15550009", firstName: "Ana", username: "anathe" });
      const bob = telegram.addUser({ phone: "15550002", firstName: "Bob", username: "bobthe" });
      const early = await doctor();
      assert.equal(early["state"], "skipped", JSON.stringify(early));
      await box.start();
      const known = await doctor();
      assert.equal(known["state"], "ok", JSON.stringify(known));
      const bot = "@bridgebox:synapse.test";
      const talk = await ana.createRoom({
        preset: "trusted_private_chat",
        invite: [bot],
        is_direct: true,
      });
      const heard = (pattern: RegExp): Promise<SeenEvent> =>
        ana.until(
          ({ room_id, sender, content }) =>
            room_id === talk && sender === bot && pattern.test(String(content["body"])),
          30_000,
        );
      await ana.until(
        (event) => event.state_key === bot && event.content["membership"] === "join",
        30_000,
      );
      await ana.send(talk, "login telegram phone");
      await heard(/phone/i);
      await ana.send(talk, "+15550009");
      await heard(/code/i);
      await ana.send(talk, telegram.code("15550009"));
      await heard(/^Logged in as Ana/);
      await box.until((log) => log.includes(`"login":"telegram:${me.id}","state":"connected"`));

      const post = telegram.say(me, bob, "from my telephone");
      const shown = await ana.until(
        ({ content }) => content["body"] === "from my telephone",
        30_000,
      );
      assert.equal(shown.sender, ana.userId);
      const room = shown.room_id;
      telegram.edit(post, "from my new telephone");
      const edit = await ana.until((event) => relation(event)["event_id"] === shown.event_id);
      assert.equal(edit.sender, ana.userId);
      const hi = telegram.say(bob, me, "hi Ana");
      const answer = await ana.untilText(room, "hi Ana");
      telegram.people.read(me, hi);
      await ana.until(({ type, content }) => {
        const marks = JSON.stringify(content[answer.event_id] ?? "");
        return type === "m.receipt" && marks.includes(ana.userId);
      });
      telegram.people.react(hi, me, "👍");
      const reaction = await ana.until(({ type }) => type === "m.reaction");
      assert.equal(reaction.sender, ana.userId);
      telegram.people.react(hi, me);
      await ana.until((event) => redacts(event) === reaction.event_id);
      telegram.remove(post);
      await ana.until((event) => redacts(event) === shown.event_id);

      await ana.send(room, "the end");
      await telegram.until(() => telegram.messages(me, bob).some(({ text }) => text === "the end"));
      const sent = telegram.calls.filter(({ name }) => /\.(?:Send|Edit|Delete)/.test(name));
      const back = sent.filter(({ name }) => !/SendCode/.test(name));
      assert.deepEqual(
        back.map(({ name }) => name),
        ["messages.SendMessage"],
      );
    } finally {
      await box.stop();
      await synapse.stop();
      await telegram.close();
      rmSync(dir, { recursive: true, force: true });
    }
  },
);
