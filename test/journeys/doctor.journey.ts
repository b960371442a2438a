import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { asBody, listOf } from "../sandbox/client.ts";
import { boxBot } from "../stage/lobby.ts";
import { everyLoginConnected, story } from "./kit.ts";

const entry = fileURLToPath(new URL("../../bridgebox.js", import.meta.url));

const doctor = (dir: string): Promise<{ readonly code: number; readonly text: string }> =>
  new Promise((resolve) => {
    const argv = [entry, "doctor", "-c", join(dir, "config.yaml"), "--json"];
    const child = execFile(process.execPath, argv, (_error, text) =>
      resolve({ code: child.exitCode ?? -1, text }),
    );
  });

const everywhere = { slack: true, telegram: true, discord: true, doublePuppet: "known" } as const;

story(
  "the doctor looks at every network, and the running box loses nothing",
  everywhere,
  async (stage) => {
    const { irc, slack, slackApp, telegram, discord, box } = stage;
    boxBot(telegram);
    const bob = slack.addUser("bob", { displayName: "Bob" });
    const general = slack.addChannel("general", [bob, slackApp.bot]);
    const carl = await irc.user("carl");
    await carl.join("#lobby");
    const ana = stage.person("ana");
    await box.start();
    const room = await ana.join(`#slack_${general.id}:${stage.domain}`);
    await ana.join(`#irc_#lobby:${stage.domain}`);
    await everyLoginConnected(stage, 4);
    const began = discord.gateway.began.length;

    const { code, text } = await doctor(stage.dir);
    const checks = listOf(asBody(JSON.parse(text)), "checks");
    assert.deepEqual(
      checks.filter((it) => it["state"] === "failed"),
      [],
    );
    assert.equal(code, 0);
    const good = checks.filter((it) => it["state"] === "ok").map((it) => it["check"]);
    const networks = ["irc: server", "slack: bot token", "slack: app token", "telegram: server"];
    const further = ["port", "ping", "telegram: bot 110201543", "discord: message content"];
    const puppets = ["double puppet", "double puppet match", "double puppet token"];
    for (const check of [...networks, ...further, ...puppets])
      assert.ok(good.includes(check), check);

    assert.equal(discord.gateway.began.length, began, "no other gateway login");
    assert.ok(irc.lookup("bridgebox"), "the relay keeps its nick");
    for (const word of ["one", "two", "three"]) slack.say(bob, general, word);
    await ana.untilText(room, "three");
    assert.deepEqual(
      ana.texts(room).filter((it) => /^(?:one|two|three)$/.test(it)),
      ["one", "two", "three"],
    );
  },
);

story(
  "the doctor tells of a second registration that the homeserver has not read",
  { doublePuppet: "unknown" },
  async (stage) => {
    const failing = async (): Promise<readonly unknown[]> => {
      const { text } = await doctor(stage.dir);
      const checks = listOf(asBody(JSON.parse(text)), "checks");
      return checks.filter((it) => it["state"] === "failed").map((it) => it["check"]);
    };
    await stage.box.start();
    assert.deepEqual(await failing(), ["double puppet token"]);
    stage.registerPuppets();
    assert.deepEqual(await failing(), []);
  },
);
