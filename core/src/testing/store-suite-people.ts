import assert from "node:assert/strict";
import { test } from "node:test";
import { chatId, loginId, messageId, networkId, userId } from "../adapter/index.ts";
import type { Member } from "../adapter/index.ts";
import type { Ghost, Login } from "../store/index.ts";
import {
  addItem,
  alice,
  freshStore,
  net,
  newItem,
  newMessage,
  outOf,
  portalIn,
} from "./store-fixture.ts";
import type { OpenStore } from "./store-fixture.ts";

const relay: Login = { ...alice, id: loginId("net:relay"), owner: undefined, role: "relay" };

/** Portals, logins, ghosts and who is where. */
export const peopleTests = (open: OpenStore): void => {
  test("two refs are one portal if and only if both fields are equal", async (t) => {
    const store = await freshStore(t, open);
    const id = chatId("7");
    const [shared, mine, again, elsewhere] = await store.commit(async (tx) => [
      await tx.portals.ensure(net, { id }, "remote"),
      await tx.portals.ensure(net, { id, receiver: alice.id }, "dm"),
      await tx.portals.ensure(net, { id }, "alias"),
      await tx.portals.ensure(networkId("other"), { id }, "remote"),
    ]);
    assert.equal(new Set([shared?.id, mine?.id, elsewhere?.id]).size, 3);
    assert.deepEqual(again, shared);
    assert.deepEqual(mine?.chat, { id, receiver: alice.id });
    assert.deepEqual(await store.read.portals.find(net, { id }), shared);
    assert.deepEqual(await store.read.portals.ofNetwork(net), [shared, mine]);
  });

  test("a portal changes only what is given, moves, and shares a room", async (t) => {
    const store = await freshStore(t, open);
    const [one, two] = [await portalIn(store, "one"), await portalIn(store, "two")];
    const room = "!r:test";
    await store.commit(async (tx) => {
      await tx.portals.update(one.id, { room, primary: alice.id });
      await tx.portals.update(one.id, { relay: relay.id, dead: true });
      await tx.portals.update(two.id, { room, origin: "plumbed" });
      await tx.portals.move(one.id, { id: chatId("moved") });
    });
    const found = await store.read.portals.ofRoom(room);
    assert.deepEqual(found, [
      {
        ...one,
        chat: { id: chatId("moved") },
        room,
        primary: alice.id,
        relay: relay.id,
        dead: true,
      },
      { ...two, room, origin: "plumbed" },
    ]);
    await store.commit((tx) => tx.portals.update(one.id, { room: undefined }));
    assert.deepEqual((await store.read.portals.get(one.id))?.room, undefined);
  });

  test("chats that have a room are counted, and different rooms once", async (t) => {
    const store = await freshStore(t, open);
    assert.deepEqual(await store.read.portals.bridged(), { chats: 0, rooms: 0 });
    await store.commit(async (tx) => {
      for (const [id, room] of [
        ["a", "!one"],
        ["b", "!one"],
        ["c", "!two"],
        ["d", undefined],
      ] as const) {
        const portal = await tx.portals.ensure(net, { id: chatId(id) }, "remote");
        await tx.portals.update(portal.id, { room });
      }
    });
    assert.deepEqual(await store.read.portals.bridged(), { chats: 3, rooms: 2 });
  });

  test("logins of a portal come longest first; one that is removed is in none", async (t) => {
    const store = await freshStore(t, open);
    const portal = await portalIn(store);
    await store.commit(async (tx) => {
      await tx.portals.addLogin(portal.id, alice.id, 20);
      await tx.portals.addLogin(portal.id, relay.id, 10);
      await tx.portals.addLogin(portal.id, alice.id, 5);
    });
    assert.deepEqual(await store.read.portals.logins(portal.id), [relay.id, alice.id]);
    assert.deepEqual(await store.read.portals.ofLogin(alice.id), [portal]);
    await store.commit(async (tx) => {
      await tx.portals.removeLogin(portal.id, relay.id);
      await tx.logins.remove(alice.id);
    });
    assert.deepEqual(await store.read.portals.logins(portal.id), []);
  });

  test("what is known of a portal is forgotten by and by, and of no other", async (t) => {
    const store = await freshStore(t, open);
    const [one, two] = [await portalIn(store, "one"), await portalIn(store, "two")];
    await store.commit(async (tx) => {
      for (let at = 0; at < 1005; at += 1)
        await tx.messages.add(newMessage(one.id, `m${at}`, { at }));
      await tx.messages.add(newMessage(two.id, "other"));
      for (const { id } of [one, two])
        await tx.roster.put(id, { user: userId("u"), state: "join" }, true);
    });
    const { read } = store;
    assert.equal(await store.commit((tx) => tx.portals.empty(one.id)), 1001);
    assert.equal((await read.messages.byRemote(one.id, messageId("m999"))).length, 0);
    assert.equal((await read.messages.byRemote(one.id, messageId("m1004"))).length, 1);
    assert.equal(await store.commit((tx) => tx.portals.empty(one.id)), 5);
    assert.equal(await store.commit((tx) => tx.portals.empty(one.id)), 0);
    assert.deepEqual(await read.roster.of(one.id), []);
    assert.equal((await read.roster.of(two.id)).length, 1);
    assert.equal((await read.messages.byRemote(two.id, messageId("other"))).length, 1);
  });

  test("a portal that is removed takes all that is its own with it, its number too", async (t) => {
    const store = await freshStore(t, open);
    const { id } = await portalIn(store);
    await addItem(store, newItem(outOf(id), "a"));
    await store.commit(async (tx) => {
      await tx.messages.add(newMessage(id, "m"));
      await tx.roster.put(id, { user: userId("u"), state: "join" }, true);
      await tx.seen.add(id, "key", 1);
      await tx.portals.addLogin(id, alice.id, 1);
      await tx.portals.remove(id);
    });
    assert.equal(await store.read.portals.get(id), undefined);
    assert.equal(await store.read.items.byKey("a"), undefined);
    assert.deepEqual(await store.read.messages.anyByEvent("$m"), []);
    assert.deepEqual(await store.read.roster.of(id), []);
    assert.ok((await portalIn(store)).id > id);
  });

  test("a login comes back as it went in", async (t) => {
    const store = await freshStore(t, open);
    await store.commit(async (tx) => {
      await tx.logins.put(alice);
      await tx.logins.put(relay);
      await tx.logins.put({ ...alice, name: "Alice B", account: null });
    });
    const now = { ...alice, name: "Alice B", account: null };
    assert.deepEqual(await store.read.logins.get(alice.id), now);
    assert.deepEqual(await store.read.logins.get(relay.id), relay);
    assert.deepEqual(await store.read.logins.all(), [now, relay]);
    assert.deepEqual(await store.read.logins.all(networkId("other")), []);
    assert.deepEqual(await store.read.logins.ofOwner("@alice:test"), [now]);
    const holders = [now, relay].map(({ id, owner, role }) => ({ id, owner, role }));
    assert.deepEqual(await store.read.logins.ofUser(now.network, now.user), holders);
    assert.deepEqual(await store.read.logins.ofUser(networkId("other"), now.user), []);
    assert.deepEqual(await store.read.logins.ofBox(now.network), holders.slice(1));
    assert.deepEqual(await store.read.logins.ofBox(networkId("other")), []);
    await store.commit((tx) => tx.logins.remove(alice.id));
    assert.equal(await store.read.logins.get(alice.id), undefined);
  });

  test("a ghost is found by person and by MXID, and an MXID is one ghost's", async (t) => {
    const store = await freshStore(t, open);
    const ghost: Ghost = {
      network: net,
      user: userId("u"),
      mxid: "@net_u:test",
      name: "U",
      info: { name: "U" },
      registered: false,
      shownName: undefined,
    };
    const later = { ...ghost, registered: true, shownName: "U" };
    await store.commit(async (tx) => {
      await tx.ghosts.put(ghost);
      await tx.ghosts.put(later);
    });
    assert.deepEqual(await store.read.ghosts.get(net, ghost.user), later);
    assert.deepEqual(await store.read.ghosts.byMxid(ghost.mxid), later);
    assert.equal(await store.read.ghosts.count(), 1);
    await assert.rejects(store.commit((tx) => tx.ghosts.put({ ...ghost, user: userId("v") })));
  });

  test("memberships of a room are kept until the room is forgotten", async (t) => {
    const store = await freshStore(t, open);
    await store.commit(async (tx) => {
      await tx.members.set("!r", "@a", "invite");
      await tx.members.set("!r", "@a", "join");
      await tx.members.set("!r", "@b", "leave");
      await tx.members.set("!s", "@a", "join");
    });
    assert.equal(await store.read.members.get("!r", "@a"), "join");
    assert.deepEqual(await store.read.members.ofRoom("!r"), [
      { mxid: "@a", membership: "join" },
      { mxid: "@b", membership: "leave" },
    ]);
    await store.commit((tx) => tx.members.forget("!r", "@b"));
    assert.equal(await store.read.members.get("!r", "@b"), undefined);
    await store.commit((tx) => tx.members.forgetRoom("!r"));
    assert.equal(await store.read.members.get("!r", "@a"), undefined);
    assert.equal(await store.read.members.get("!s", "@a"), "join");
  });

  test("the roster knows what the homeserver may not show yet", async (t) => {
    const store = await freshStore(t, open);
    const [one, two] = [await portalIn(store, "one"), await portalIn(store, "two")];
    const op: Member = { user: userId("op"), state: "join", role: "owner" };
    const out: Member = { user: userId("out"), state: "ban", by: op.user, reason: "spam" };
    await store.commit(async (tx) => {
      await tx.roster.put(one.id, op, true);
      await tx.roster.put(one.id, out, true);
      await tx.roster.put(two.id, { ...op, state: "leave" }, false);
      await tx.roster.clean(one.id, op.user);
    });
    assert.deepEqual(await store.read.roster.get(one.id, out.user), { ...out, dirty: true });
    assert.deepEqual(await store.read.roster.dirty(one.id, 9), [{ ...out, dirty: true }]);
    assert.deepEqual(await store.read.roster.of(one.id), [
      { ...op, dirty: false },
      { ...out, dirty: true },
    ]);
    assert.deepEqual(await store.read.roster.portalsWith(net, op.user), [one.id]);
    assert.deepEqual(await store.read.roster.of(two.id), [], "nobody is told that they left");
    assert.equal(await store.read.roster.count(one.id), 1);
    await store.commit((tx) => tx.roster.put(one.id, { user: out.user, state: "join" }, true));
    assert.deepEqual(await store.read.roster.get(one.id, out.user), {
      user: out.user,
      state: "join",
      dirty: true,
    });
    const gone: Member = { user: out.user, state: "leave" };
    await store.commit((tx) => tx.roster.put(one.id, gone, true));
    assert.deepEqual(await store.read.roster.get(one.id, out.user), { ...gone, dirty: true });
    await store.commit((tx) => tx.roster.clean(one.id, out.user));
    assert.equal(await store.read.roster.get(one.id, out.user), undefined);
    await store.commit(async (tx) => {
      await tx.roster.put(two.id, op, true);
      const [first] = await tx.roster.first(one.id, 1);
      assert.deepEqual(first, (await tx.roster.of(one.id))[0]);
      if (first) await tx.roster.remove(one.id, first.user);
      assert.equal(first && (await tx.roster.get(one.id, first.user)), undefined);
      await tx.roster.forget(one.id);
    });
    assert.deepEqual(await store.read.roster.of(one.id), []);
    assert.deepEqual(await store.read.roster.of(two.id), [{ ...op, dirty: true }]);
  });

  test("who is in the chat and by their ghost in a room may have to be shown in another", async (t) => {
    const store = await freshStore(t, open);
    const [one, two] = [await portalIn(store, "one"), await portalIn(store, "two")];
    const row = (name: string, state: Member["state"] = "join"): Member => ({
      user: userId(name),
      state,
    });
    await store.commit(async (tx) => {
      for (const name of ["in", "out", "elsewhere", "left"]) {
        const known = { name, info: {}, registered: true, shownName: name };
        const ghost = { network: net, user: userId(name), mxid: `@${name}`, ...known };
        await tx.ghosts.put(ghost);
        await tx.roster.put(one.id, row(name, name === "left" ? "leave" : "join"), false);
        await tx.roster.put(two.id, row(name), false);
        await tx.members.set(name === "elsewhere" ? "!s" : "!r", `@${name}`, "join");
      }
      await tx.members.set("!r", "@out", "leave");
      await tx.roster.soil(one.id, "!r");
    });
    const dirty = await store.read.roster.dirty(one.id, 9);
    assert.deepEqual(dirty, [{ ...row("in"), dirty: true }]);
    assert.deepEqual(await store.read.roster.dirty(two.id, 9), []);
    const { roster } = store.read;
    assert.equal(await roster.seated(one.id, "!r"), 1);
    const unseated = async (after?: string, limit = 9): Promise<readonly string[]> =>
      (
        await roster.unseated(one.id, "!r", {
          ...(after === undefined ? {} : { after: userId(after) }),
          limit,
        })
      ).map(({ user }) => user);
    assert.deepEqual(await unseated(), ["elsewhere", "out"]);
    assert.deepEqual(await unseated("elsewhere"), ["out"]);
    assert.deepEqual(await unseated(undefined, 1), ["elsewhere"]);
    await store.commit((tx) => tx.roster.put(one.id, row("elsewhere"), true));
    assert.equal(await roster.seated(one.id, "!r"), 2, "on the way");
    await store.commit((tx) => tx.members.set("!r", "@out", "ban"));
    assert.deepEqual(await unseated(), []);
  });
};
