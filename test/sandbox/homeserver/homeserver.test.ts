import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { RecordingAppservice } from "../../conformance/recording-appservice.ts";
import { call, MatrixUser, until } from "../client.ts";
import { ManualClock, SandboxHomeserver, type Registration } from "./index.ts";

const REGISTRATION: Registration = {
  id: "box",
  url: null,
  as_token: "as-token",
  hs_token: "hs-token",
  sender_localpart: "boxbot",
  namespaces: { users: [{ regex: "@box_.*", exclusive: true }] },
};

describe("what only a sandbox homeserver can do", () => {
  const appservice = new RecordingAppservice();
  const clock = new ManualClock();
  let homeserver: SandboxHomeserver;
  let alice: MatrixUser;
  let bot: MatrixUser;
  let room = "";

  before(async () => {
    const url = await appservice.listen();
    const appservices = [{ ...REGISTRATION, url }];
    homeserver = await SandboxHomeserver.listen({ appservices, clock });
    alice = new MatrixUser({ url: homeserver.url, ...homeserver.addUser("alice") });
    const account = { userId: "@boxbot:sandbox.test", accessToken: REGISTRATION.as_token };
    bot = new MatrixUser({ url: homeserver.url, ...account });
  });

  beforeEach(async () => {
    room = await bot.createRoom({ preset: "public_chat" });
    await alice.join(room);
  });

  after(async () => {
    await homeserver.close();
    await appservice.close();
  });

  const sendRaw = (txn: string): ReturnType<typeof call> => {
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/send/m.room.message/${txn}`;
    const body = { msgtype: "m.text", body: txn };
    return call({ url: homeserver.url, token: REGISTRATION.as_token }, "PUT", { path, body });
  };
  const texts = (): unknown[] =>
    homeserver
      .room(room)
      .timeline.filter(({ type }) => type === "m.room.message")
      .map(({ content }) => content["body"]);

  it("rate-limits and fails as often as told, and does nothing then", async () => {
    const limit = homeserver.rateLimit({
      match: /send\/m\.room\.message/,
      retryAfterMs: 70,
      times: 1,
    });
    const limited = await sendRaw("limited");
    assert.deepEqual([limited.status, limited.body["retry_after_ms"]], [429, 70]);
    homeserver.fail({ match: (request) => request.includes(room), status: 502, times: 1 });
    assert.equal((await sendRaw("failed")).status, 502);
    assert.deepEqual(texts(), []);
    assert.equal((await sendRaw("done")).status, 200);
    assert.deepEqual([texts(), limit.struck()], [["done"], 1]);
  });

  it("swallows a reply but does the thing; the same transaction id then gives its event", async () => {
    homeserver.swallowReply({ match: /\/send\//, times: 1 });
    await assert.rejects(sendRaw("swallowed"));
    const [event] = homeserver.room(room).timeline.slice(-1);
    assert.equal((await sendRaw("swallowed")).body["event_id"], event?.event_id);
    assert.deepEqual(texts(), ["swallowed"]);
  });

  it("hangs until released, then does what was asked", async () => {
    const fault = homeserver.hang({ match: /\/send\//, times: 1 });
    const hanging = sendRaw("late");
    await until("the request hangs", () => fault.struck() === 1);
    assert.deepEqual(texts(), []);
    fault.release();
    assert.equal((await hanging).status, 200);
    assert.deepEqual(texts(), ["late"]);
  });

  it("refuses connections while stopped, keeps its state, and forgets transactions when told", async () => {
    const first = (await sendRaw("same")).body["event_id"];
    await homeserver.stop();
    await assert.rejects(fetch(`${homeserver.url}/_matrix/client/versions`));
    await homeserver.start();
    await reachable();
    assert.equal((await sendRaw("same")).body["event_id"], first);
    await homeserver.stop();
    await homeserver.start({ forgetTransactions: true });
    await reachable();
    assert.notEqual((await sendRaw("same")).body["event_id"], first);
    assert.deepEqual(texts(), ["same", "same"]);
  });

  async function reachable(): Promise<void> {
    await until("the server answers again", () =>
      fetch(`${homeserver.url}/_matrix/client/versions`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
  }

  it("backs off like Synapse on its own clock, then pushes the unchanged transaction first", async () => {
    await until("all is pushed", () => homeserver.outbox().waiting === 0);
    appservice.nextStatuses.push(500, 500);
    const first = await alice.send(room, "first");
    await until("it is down", () => homeserver.outbox().isDown);
    const before = appservice.transactions.length;
    const second = await alice.send(room, "second");
    clock.advance(1900);
    assert.equal(appservice.transactions.length, before);
    clock.advance(200);
    await until("the second failure", () => appservice.transactions.length === before + 1);
    assert.equal(appservice.transactions.at(-1)?.text, appservice.transactions.at(-2)?.text);
    homeserver.retryNow();
    await appservice.untilEvent("the second message", (event) => event.event_id === second);
    await until("all is pushed", () => homeserver.outbox().waiting === 0);
    const ids = appservice.events().map((event) => event.event_id);
    assert.ok(ids.indexOf(first) >= 0 && ids.indexOf(first) < ids.indexOf(second));
    assert.equal(homeserver.outbox().isDown, false);
  });

  it("replays the last transaction under its own id and under a new one", async () => {
    await until("all is pushed", () => homeserver.outbox().waiting === 0);
    const last = appservice.transactions.at(-1);
    await homeserver.replayLastTransaction({ newId: false });
    assert.deepEqual(appservice.transactions.at(-1), last);
    await homeserver.replayLastTransaction({ newId: true });
    assert.equal(appservice.transactions.at(-1)?.text, last?.text);
    assert.notEqual(appservice.transactions.at(-1)?.id, last?.id);
  });

  it("pushes what was said while the appservice was away, at most 100 events at a time", async () => {
    await until("all is pushed", () => homeserver.outbox().waiting === 0);
    appservice.nextStatuses.push(503);
    const before = appservice.transactions.length;
    for (let n = 0; n < 205; n += 1) await alice.send(room, String(n));
    homeserver.retryNow();
    await until("all is pushed", () => homeserver.outbox().waiting === 0);
    const pushed = appservice.transactions.slice(before).filter(({ status }) => status === 200);
    const sizes = pushed.map(({ text }) => text.split('"event_id"').length - 1);
    assert.ok(Math.max(...sizes) <= 100, String(sizes));
    const bodies = appservice
      .events()
      .filter((event) => event.room_id === room && event.type === "m.room.message")
      .map((event) => event.content["body"]);
    assert.deepEqual(
      bodies,
      Array.from({ length: 205 }, (_none, n) => String(n)),
    );
  });

  it("records requests without their query, and tells of events", async () => {
    homeserver.clearRequests();
    const arrived = homeserver.until(({ content }) => content["body"] === "seen");
    await alice.send(room, "seen");
    assert.equal((await arrived).sender, alice.userId);
    const [request] = homeserver.requests;
    assert.deepEqual(
      [request?.method, request?.userId, request?.status],
      ["PUT", alice.userId, 200],
    );
    await alice.request("GET", `/joined_rooms?access_token=not-to-be-kept`);
    assert.equal(homeserver.requests.at(-1)?.path, "/_matrix/client/v3/joined_rooms");
    await assert.rejects(
      homeserver.until(() => false, 1),
      /No event fitted/,
    );
  });

  it("is a server without authenticated media when told so", async () => {
    const old = await SandboxHomeserver.listen({ authenticatedMedia: false });
    try {
      const user = new MatrixUser({ url: old.url, ...old.addUser("bob") });
      const { content_uri } = await user.request("POST", "/_matrix/media/v3/upload", { a: 1 });
      const path = String(content_uri).slice("mxc://".length);
      await assert.rejects(
        user.request("GET", `/_matrix/client/v1/media/download/${path}`),
        /M_UNRECOGNIZED/,
      );
      assert.deepEqual(await user.request("GET", `/_matrix/media/v3/download/${path}`), { a: 1 });
    } finally {
      await old.close();
    }
  });

  it("ends typing by its own clock", async () => {
    await alice.sync();
    await alice.request("PUT", `/rooms/${encodeURIComponent(room)}/typing/${alice.userId}`, {
      typing: true,
      timeout: 20_000,
    });
    const typing = (): unknown =>
      alice.seen.filter((event) => event.type === "m.typing").at(-1)?.content["user_ids"];
    await alice.sync();
    assert.deepEqual(typing(), [alice.userId]);
    clock.advance(20_000);
    await alice.sync();
    assert.deepEqual(typing(), []);
  });
});
