import assert from "node:assert/strict";
import { test } from "node:test";
import { chatId, loginId } from "../adapter/index.ts";
import type { Space } from "../store/index.ts";
import { alice, freshStore, net, portalIn } from "./store-fixture.ts";
import type { OpenStore } from "./store-fixture.ts";

/** Spaces and what stands in them. */
export const spaceTests = (open: OpenStore): void => {
  test("a space is found by whose it is and by its room, and its look is replaced", async (t) => {
    const store = await freshStore(t, open);
    const { id } = await portalIn(store);
    const shown = { name: "Net" };
    const mine: Space = { network: net, owner: { login: alice.id }, room: "!mine", shown };
    const chats: Space = { network: net, owner: { chat: id }, room: "!chats", shown: {} };
    await store.commit(async (tx) => {
      await tx.spaces.put(mine);
      await tx.spaces.put(chats);
      await tx.spaces.put({ ...chats, shown });
    });
    assert.deepEqual(await store.read.spaces.get(net, mine.owner), mine);
    assert.deepEqual(await store.read.spaces.get(net, chats.owner), { ...chats, shown });
    assert.deepEqual(await store.read.spaces.ofRoom("!mine"), mine);
    assert.equal(await store.read.spaces.ofRoom("!none"), undefined);
  });

  test("a room stands in spaces, and a space that is removed holds nothing", async (t) => {
    const store = await freshStore(t, open);
    const one: Space = { network: net, owner: { login: alice.id }, room: "!1", shown: {} };
    await store.commit(async (tx) => {
      await tx.spaces.put(one);
      await tx.spaces.link("!1", "!a");
      await tx.spaces.link("!1", "!a");
      await tx.spaces.link("!1", "!b");
      await tx.spaces.link("!2", "!a");
      await tx.spaces.link("!2", "!1");
      await tx.spaces.unlink("!1", "!b");
    });
    assert.deepEqual(await store.read.spaces.above("!a"), ["!1", "!2"]);
    assert.deepEqual(await store.read.spaces.below("!1"), ["!a"]);
    await store.commit((tx) => tx.spaces.remove("!1"));
    assert.deepEqual(await store.read.spaces.below("!2"), ["!a"]);
    assert.deepEqual(await store.read.spaces.above("!a"), ["!2"]);
    assert.equal(await store.read.spaces.get(net, one.owner), undefined);
  });

  test("spaces of logins and chats that are gone are told, and whose logins are in a chat", async (t) => {
    const store = await freshStore(t, open);
    const { id } = await portalIn(store);
    const gone: Space = {
      network: net,
      owner: { login: loginId("net:gone") },
      room: "!gone",
      shown: {},
    };
    await store.commit(async (tx) => {
      await tx.logins.put(alice);
      await tx.portals.addLogin(id, alice.id, 1);
      await tx.portals.addLogin(id, loginId("net:gone"), 2);
      await tx.spaces.put({ ...gone, owner: { login: alice.id }, room: "!hers" });
      await tx.spaces.put({ ...gone, owner: { chat: id }, room: "!chat" });
      await tx.spaces.put(gone);
      const other = await tx.portals.ensure(net, { id: chatId("other") }, "remote");
      await tx.spaces.put({ ...gone, owner: { chat: other.id }, room: "!other" });
      await tx.portals.remove(other.id);
    });
    const hers = await store.read.spaces.shownTo(net, alice.id);
    assert.deepEqual(
      hers.map((one) => one.room),
      ["!chat"],
    );
    const rooms = (await store.read.spaces.orphans()).map((one) => one.room);
    assert.deepEqual(rooms, ["!gone", "!other"]);
    const { owner, role } = alice;
    assert.deepEqual(await store.read.logins.ofPortal(id), [{ id: alice.id, owner, role }]);
  });
};
