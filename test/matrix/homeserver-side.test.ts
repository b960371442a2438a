import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import {
  type AppserviceIngress,
  connectHomeserver,
  type ConnectedHomeserver,
  createIngress,
  keyField,
  MatrixError,
  type Queries,
} from "@bridgebox/core/matrix";
import { openSqliteStore, type Store } from "@bridgebox/core/store";
import { createListener, type Listening } from "../../core/src/http/listener.ts";
import { asBody, MatrixUser, textOf, until } from "../sandbox/client.ts";
import { SandboxHomeserver } from "../sandbox/homeserver/index.ts";

const log = { debug() {}, info() {}, warn() {}, error() {} };
const live = { class: "live" } as const;
const asGhost = { class: "live", as: "@irc_ghost:sandbox.test" } as const;
const tokens = { as_token: "as-secret", hs_token: "hs-secret" };

const queries: Queries = {
  user: async () => false,
  alias: async (alias) => {
    if (!alias.startsWith("#irc_new")) return false;
    const name = alias.slice(1, alias.indexOf(":"));
    await homeserver.createRoom({ room_alias_name: name, preset: "public_chat" }, live);
    return true;
  },
  protocol: async () => undefined,
  location: async () => [],
  person: async () => [],
  locationOf: async () => [],
  personOf: async () => [],
};

let sandbox: SandboxHomeserver;
let homeserver: ConnectedHomeserver;
let ingress: AppserviceIngress;
let store: Store;
let listening: Listening;
let folder: string;
let alice: MatrixUser;

const listen = async (port: number): Promise<Listening> => {
  ingress = createIngress({ store, hsToken: tokens.hs_token, queries, log });
  const ready = async () => ({ ok: true, state: null });
  const listener = createListener({ log, appservice: ingress.router, ready });
  return listener.listen({ host: "127.0.0.1", port });
};

const inbox = async (): Promise<string[]> =>
  (await store.read.inbox.next(10_000)).map(({ event }) => textOf(asBody(event), "event_id"));

const arrived = async (id: string): Promise<void> => {
  await until(`${id} is in the inbox`, async () => (await inbox()).includes(id));
};

const message = (room: string, body: string, txn: string) => ({
  room,
  type: "m.room.message",
  content: { msgtype: "m.text", body, [keyField]: `key-${txn}` },
  txn,
});

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "homeserver-side-"));
  store = await openSqliteStore({ path: join(folder, "box.db"), boxKey: new Uint8Array(32) });
  listening = await listen(0);
  sandbox = await SandboxHomeserver.listen({
    appservices: [
      {
        id: "box",
        url: `http://127.0.0.1:${listening.port}`,
        ...tokens,
        sender_localpart: "bridgebox",
        namespaces: {
          users: [{ regex: "@(irc_.*|bridgebox):sandbox\\.test", exclusive: true }],
          aliases: [{ regex: "#irc_.*:sandbox\\.test", exclusive: true }],
        },
        receive_ephemeral: true,
      },
    ],
  });
  homeserver = connectHomeserver({
    address: sandbox.url,
    domain: sandbox.serverName,
    bot: "@bridgebox:sandbox.test",
    asToken: tokens.as_token,
    asId: "box",
    admit: (mxid) => mxid.startsWith("@irc_"),
    log,
  });
  alice = new MatrixUser({ url: sandbox.url, ...sandbox.addUser("alice") });
});

after(async () => {
  await homeserver.close();
  await listening.close(0);
  await sandbox.close();
  await store.close();
  await rm(folder, { recursive: true });
});

describe("the homeserver side on a homeserver", () => {
  let room: string;

  it("makes a room by its alias, once, and brings people in", async () => {
    const body = { room_alias_name: "irc_room", preset: "public_chat", name: "irc" };
    room = await homeserver.createRoom(body, live);
    await assert.rejects(homeserver.createRoom(body, live), { errcode: "M_ROOM_IN_USE" });
    assert.equal(await homeserver.resolveAlias("#irc_room:sandbox.test", live), room);
    assert.equal(await homeserver.resolveAlias("#irc_none:sandbox.test", live), undefined);
    await homeserver.register("irc_ghost", live);
    await homeserver.register("irc_ghost", live);
    await homeserver.setDisplayName(asGhost.as, "Ghost", asGhost);
    assert.equal(await homeserver.join(room, asGhost), room);
    assert.equal(await homeserver.getDisplayName(asGhost.as, live), "Ghost");
    await alice.join(room);
    const members = await homeserver.joinedMembers(room, { class: "roster" });
    assert.deepEqual(members.get(asGhost.as), { name: "Ghost" });
    assert.equal(members.size, 3);
  });

  it("finds a ghost's reaction, which it takes once, until it is redacted", async () => {
    const said = await homeserver.send(message(room, "react to this", "reactable"), live);
    const react = (txn: string) => {
      const relation = { rel_type: "m.annotation", event_id: said, key: "👍" };
      const content = { "m.relates_to": relation };
      return homeserver.send({ room, type: "m.reaction", content, txn }, asGhost);
    };
    const what = { room, event: said, sender: asGhost.as, key: "👍" };
    const reaction = await react("react-1");
    assert.equal(await homeserver.findAnnotation(what, asGhost), reaction);
    assert.equal(await homeserver.findAnnotation({ ...what, key: "👎" }, asGhost), undefined);
    await assert.rejects(
      react("react-2"),
      (error) => error instanceof MatrixError && error.errcode === "M_DUPLICATE_ANNOTATION",
    );
    await homeserver.redact({ room, event: reaction, txn: "unreact" }, asGhost);
    assert.equal(await homeserver.findAnnotation(what, asGhost), undefined);
    assert.notEqual(await react("react-3"), reaction);
  });

  it("sends as a ghost, hears of it, finds it by its key and redacts it", async () => {
    const since = Date.now();
    const event = await homeserver.send({ ...message(room, "hello", "t1"), ts: 1000 }, asGhost);
    assert.equal(await homeserver.send(message(room, "hello", "t1"), asGhost), event);
    await arrived(event);
    const stored = await homeserver.getEvent(room, event, live);
    assert.deepEqual([stored?.sender, stored?.origin_server_ts], [asGhost.as, 1000]);
    const later = await homeserver.send(message(room, "again", "t2"), asGhost);
    const sought = { room, sender: asGhost.as, since };
    assert.equal(await homeserver.findByKey({ ...sought, key: "key-t1" }, live), event);
    assert.equal(await homeserver.findByKey({ ...sought, key: "key-t2" }, live), later);
    assert.equal(await homeserver.findByKey({ ...sought, key: "key-t3" }, live), undefined);
    assert.equal(await homeserver.isRedacted(room, later, live), false);
    await homeserver.redact({ room, event: later, txn: "r1", reason: "wrong" }, asGhost);
    assert.equal(await homeserver.isRedacted(room, later, live), true);
  });

  it("reads and writes state, and tells none from refused", async () => {
    const at = { room, type: "m.room.topic", key: "" };
    assert.equal(await homeserver.getState(at, live), undefined);
    await homeserver.setState(at, { topic: "tea" }, live);
    assert.deepEqual(await homeserver.getState(at, live), { topic: "tea" });
    const error: unknown = await homeserver
      .setState(at, { topic: "beer" }, asGhost)
      .catch((reason: unknown) => reason);
    assert.ok(error instanceof MatrixError);
    assert.deepEqual([error.errcode, error.reached], ["M_FORBIDDEN", "no"]);
  });

  it("knows what it does not know: a reply that was lost is found again", async () => {
    sandbox.swallowReply({ match: /\/send\//, times: 1 });
    const error: unknown = await homeserver
      .send(message(room, "lost reply", "t9"), asGhost)
      .catch((reason: unknown) => reason);
    assert.ok(error instanceof MatrixError);
    assert.deepEqual([error.errcode, error.reached], ["NETWORK", "unknown"]);
    const sought = { room, sender: asGhost.as, key: "key-t9", since: Date.now() };
    const found = await homeserver.findByKey(sought, live);
    assert.notEqual(found, undefined);
    await arrived(found ?? "");
  });

  it("waits for as long as the homeserver asks, and goes on by itself", async () => {
    sandbox.rateLimit({ match: /\/send\//, times: 1, retryAfterMs: 40 });
    const limited = homeserver.send(message(room, "too fast", "t10"), asGhost);
    await assert.rejects(limited, { errcode: "M_LIMIT_EXCEEDED", reached: "no", retryAfter: 40 });
    sandbox.clearRequests();
    const again = homeserver.send(message(room, "too fast", "t10"), asGhost);
    assert.equal(sandbox.requests.length, 0);
    await arrived(await again);
  });

  it("answers an alias query while the homeserver waits", async () => {
    const joined = await alice.join("#irc_new:sandbox.test");
    assert.equal(await homeserver.resolveAlias("#irc_new:sandbox.test", live), joined);
    await assert.rejects(alice.join("#irc_refused:sandbox.test"));
  });

  it("hears typing, and stores none of it", async () => {
    const heard = new Promise<string | undefined>((resolve) => {
      ingress.onEphemeral((list) => {
        for (const { type, room: where } of list) if (type === "m.typing") resolve(where);
      });
    });
    await homeserver.setTyping(room, true, 1000, asGhost);
    await alice.request("PUT", `/rooms/${encodeURIComponent(room)}/typing/${alice.userId}`, {
      typing: true,
      timeout: 1000,
    });
    assert.equal(await heard, room);
  });

  it("brings a file up and down again", async () => {
    const { media } = homeserver;
    assert.equal(typeof (await media.limit(live)), "number");
    const mxc = (await media.create(live)) ?? "";
    const file = () => ({ body: new Blob(["some", "bytes"]).stream(), mime: "text/plain" });
    await media.put(mxc, { ...file(), size: 9, name: "a.txt" }, live);
    await media.put(mxc, file(), live);
    const { body, size, mime } = await media.get(mxc, live);
    assert.deepEqual([await new Response(body).text(), size, mime], ["somebytes", 9, "text/plain"]);
  });

  it("takes what was said while it was away, once, when it asks to be pinged", async () => {
    const { port } = listening;
    await listening.close(0);
    const said = await alice.send(room, "while you were away");
    await until("the homeserver has noticed", () => sandbox.outbox("box").isDown);
    listening = await listen(port);
    await homeserver.ping(live);
    assert.notEqual(ingress.lastContact, undefined);
    await arrived(said);
    await until("the homeserver has its 200", () => {
      const { waiting, isDown } = sandbox.outbox("box");
      return waiting === 0 && !isDown;
    });
    await sandbox.replayLastTransaction({ newId: true });
    await sandbox.replayLastTransaction({ newId: false });
    assert.equal((await inbox()).filter((id) => id === said).length, 1);
    assert.ok(ingress.counts.repeated >= 2);
  });
});
