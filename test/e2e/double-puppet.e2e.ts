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
import type { Account } from "../networks/telegram/index.ts";
import { asBody, call, listOf, MatrixUser, textOf, until } from "../sandbox/client.ts";
import type { SeenEvent } from "../sandbox/client.ts";
import { BoxChild } from "../stage/box-child.ts";
import { freePort } from "../free-port.ts";
import { startSynapse, whyNoSynapse } from "./servers/synapse.ts";
import type { Synapse } from "./servers/synapse.ts";

const reason = await whyNoSynapse();
const entry = fileURLToPath(new URL("../../bridgebox.js", import.meta.url));
const run = promisify(execFile);

const relation = (event: SeenEvent): Record<string, unknown> =>
  asBody(event.content["m.relates_to"]);
const redacts = (event: SeenEvent): unknown =>
  event.type === "m.room.redaction" ? (event.redacts ?? event.content["redacts"]) : undefined;

interface World {
  readonly telegram: TelegramServer;
  readonly synapse: Synapse;
  readonly box: BoxChild;
  readonly me: Account;
  readonly bob: Account;
  /** What `doctor` says of the second registration's token. */
  doctor(): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

/** Synapse, Telegram and a box that is not started yet, with the registrations as an admin makes them. */
const openWorld = async (puppets: "registration" | "none"): Promise<World> => {
  const dir = mkdtempSync(join(tmpdir(), "bridgebox-puppet-"));
  const telegram = await TelegramServer.listen({});
  const [port, synapsePort] = [await freePort(), await freePort()];
  const config = {
    homeserver: { address: `http://127.0.0.1:${synapsePort}`, domain: "synapse.test" },
    appservice: { address: `http://127.0.0.1:${port}`, port },
    ...(puppets === "none"
      ? {}
      : { double_puppet: { registration: "doublepuppet.yaml", follow: true } }),
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
  const made = ["registration.yaml", ...(puppets === "none" ? [] : ["doublepuppet.yaml"])];
  for (const more of puppets === "none" ? [[]] : [[], ["--double-puppet"]])
    await run(process.execPath, [entry, "register", "-c", file, ...more]);
  const synapse = await startSynapse({
    dir: join(dir, "synapse"),
    port: synapsePort,
    registrations: made.map((name) => join(dir, name)),
  });
  const box = new BoxChild(dir);
  return {
    telegram,
    synapse,
    box,
    me: telegram.addUser({ phone: "15550009", firstName: "Ana", username: "anathe" }),
    bob: telegram.addUser({ phone: "15550002", firstName: "Bob", username: "bobthe" }),
    doctor: async () => {
      const ran = run(process.execPath, [entry, "doctor", "-c", file, "--json"]);
      const { stdout } = await ran.catch((failed: { stdout: string }) => failed);
      const checks = listOf(asBody(JSON.parse(stdout)), "checks");
      return asBody(checks.find(({ check }) => check === "double puppet token"));
    },
    close: async () => {
      await box.stop();
      await synapse.stop();
      await telegram.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
};

const bot = "@bridgebox:synapse.test";

interface Talk {
  readonly room: string;
  heard(pattern: RegExp): Promise<SeenEvent>;
}

/** Somebody logs in to Telegram by chat. */
const logIn = async ({ telegram, box, me }: World, ana: MatrixUser): Promise<Talk> => {
  const room = await ana.createRoom({
    preset: "trusted_private_chat",
    invite: [bot],
    is_direct: true,
  });
  const heard = (pattern: RegExp): Promise<SeenEvent> =>
    ana.until(
      ({ room_id, sender, content }) =>
        room_id === room && sender === bot && pattern.test(String(content["body"])),
      30_000,
    );
  await ana.until(
    (event) => event.state_key === bot && event.content["membership"] === "join",
    30_000,
  );
  await ana.send(room, "login telegram phone");
  await heard(/phone/i);
  await ana.send(room, "+15550009");
  await heard(/Code\?/);
  await ana.send(room, telegram.code("15550009"));
  await heard(/^Logged in as Ana/);
  await box.until((log) => log.includes(`"login":"telegram:${me.id}","state":"connected"`));
  return { room, heard };
};

test(
  "on a real Synapse people speak as themselves, by the registration that `register --double-puppet` writes",
  { skip: reason ?? false, timeout: 300_000 },
  async () => {
    const world = await openWorld("registration");
    const { telegram, synapse, box, me, bob } = world;
    try {
      const ana = new MatrixUser({ url: synapse.url, ...(await synapse.registerUser("ana")) });
      const early = await world.doctor();
      assert.equal(early["state"], "skipped", JSON.stringify(early));
      await box.start();
      const known = await world.doctor();
      assert.equal(known["state"], "ok", JSON.stringify(known));
      await logIn(world, ana);

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

      await box.until((log) => log.includes("is followed from now on"), 60_000);
      const self = `/user/${encodeURIComponent(ana.userId)}/rooms/${encodeURIComponent(room)}`;
      await ana.request("PUT", `${self}/tags/m.favourite`, {});
      await ana.request("PUT", `/pushrules/global/room/${encodeURIComponent(room)}`, {
        actions: [],
      });
      await ana.request("PUT", `${self}/account_data/m.marked_unread`, { unread: true });
      await telegram.until(() => {
        const view = me.views.get(bob);
        return view?.pinned === true && view.unread && view.muteUntil > 0;
      }, 60_000);
    } finally {
      await world.close();
    }
  },
);

/** A person with a password, and one more session of theirs. */
const signUp = async (
  { synapse: { url } }: World,
  username: string,
): Promise<{ readonly ana: MatrixUser; readonly session: { token: string; device: string } }> => {
  const password = "a long secret of hers";
  const at = "/_matrix/client/v3";
  const auth = { type: "m.login.dummy" };
  const body = { username, password, auth };
  const made = await call({ url }, "POST", { path: `${at}/register`, body });
  const accessToken = textOf(made.body, "access_token");
  const identifier = { type: "m.id.user", user: username };
  const login = { type: "m.login.password", identifier, password };
  const opened = await call({ url }, "POST", { path: `${at}/login`, body: login });
  const ana = new MatrixUser({ url, userId: textOf(made.body, "user_id"), accessToken });
  const token = textOf(opened.body, "access_token");
  return { ana, session: { token, device: textOf(opened.body, "device_id") } };
};

test(
  "on a real Synapse a person gives a token: what they do is theirs, their chats too, and its end is told",
  { skip: reason ?? false, timeout: 300_000 },
  async () => {
    const world = await openWorld("none");
    const { telegram, synapse, box, me, bob } = world;
    try {
      const { ana, session } = await signUp(world, "ana");
      await box.start();
      const talk = await logIn(world, ana);
      const eve = await synapse.registerUser("eve");
      await ana.send(talk.room, `login-matrix ${eve.accessToken}`);
      await talk.heard(/somebody else's/);
      const line = await ana.send(talk.room, `login-matrix ${session.token}`);
      await talk.heard(/From now on I show/);
      await ana.until((event) => redacts(event) === line);
      await ana.send(talk.room, "ping-matrix");
      await talk.heard(new RegExp(`I speak as you, ${ana.userId}.*${session.device}`));

      telegram.people.see(me, bob, { muteUntil: 2_147_483_647, pinned: true, unread: true });
      const post = telegram.say(me, bob, "from my telephone");
      const shown = await ana.until(
        ({ content }) => content["body"] === "from my telephone",
        30_000,
      );
      assert.equal(shown.sender, ana.userId);
      const { room_id: room } = shown;
      telegram.edit(post, "from my new telephone");
      const edit = await ana.until((event) => relation(event)["event_id"] === shown.event_id);
      assert.equal(edit.sender, ana.userId);
      const hi = telegram.say(bob, me, "hi Ana");
      await ana.untilText(room, "hi Ana");
      telegram.people.react(hi, me, "👍");
      const reaction = await ana.until(({ type }) => type === "m.reaction");
      assert.equal(reaction.sender, ana.userId);

      const self = `/user/${encodeURIComponent(ana.userId)}`;
      const place = `${self}/rooms/${encodeURIComponent(room)}`;
      const kept = (what: string, path: string, fits: (body: Record<string, unknown>) => boolean) =>
        until(what, async () => fits(await ana.request("GET", path).catch(() => ({}))));
      const ghost = `@telegram_${bob.id}:synapse.test`;
      await kept("it is direct", `${self}/account_data/m.direct`, (body) =>
        JSON.stringify(body[ghost] ?? "").includes(room),
      );
      await kept("it is pinned", `${place}/tags`, ({ tags }) => "m.favourite" in asBody(tags));
      await kept("it is muted", `/pushrules/global/room/${encodeURIComponent(room)}`, (rule) =>
        Array.isArray(rule["actions"]),
      );
      for (const type of ["m.marked_unread", "com.famedly.marked_unread"])
        await kept(
          "it is unread",
          `${place}/account_data/${type}`,
          ({ unread }) => unread === true,
        );

      await ana.send(room, "the end");
      await telegram.until(() => telegram.messages(me, bob).some(({ text }) => text === "the end"));
      assert.deepEqual(
        telegram.messages(me, bob).map(({ text }) => text),
        ["from my new telephone", "hi Ana", "the end"],
        "nothing of it went back",
      );

      const out = { path: "/_matrix/client/v3/logout", body: {} };
      await call({ url: synapse.url, token: session.token }, "POST", out);
      telegram.say(me, bob, "logged out");
      assert.equal(
        (await ana.untilText(room, "logged out")).sender,
        `@telegram_${me.id}:synapse.test`,
      );
      await talk.heard(/not valid any more \(M_UNKNOWN_TOKEN\)/);
      assert.ok(!box.log.includes(session.token), "the token is in no log");
    } finally {
      await world.close();
    }
  },
);
