import assert from "node:assert/strict";
import { test } from "node:test";
import { chatId, loginId, networkId } from "../adapter/index.ts";
import type { Link, LinkOffer } from "../store/index.ts";
import { freshStore, net } from "./store-fixture.ts";
import type { OpenStore } from "./store-fixture.ts";

const ana = "@ana:test";
const claim = {
  account: "7",
  name: "Ana",
  login: loginId("net:bot"),
  chat: { id: chatId("dm"), receiver: loginId("net:bot") },
};
const link: Link = { ...claim, network: net, mxid: ana, since: 5 };
const offer: LinkOffer = {
  network: net,
  mxid: ana,
  selector: "ABCDE",
  proof: "hash",
  tries: 0,
  until: 10,
  claim: undefined,
};

/** Whose an account of a network is. */
export const linkTests = (open: OpenStore): void => {
  test("an account is one person's, who may have several, the newest first", async (t) => {
    const store = await freshStore(t, open);
    const other = { ...link, network: networkId("other"), since: 9 };
    const second = { ...link, account: "8", since: 7 };
    await store.commit(async (tx) => {
      for (const one of [link, other, second]) await tx.links.put(one);
    });
    const { links } = store.read;
    assert.deepEqual(await links.get(net, "7"), link);
    assert.equal(await links.get(net, "9"), undefined);
    assert.deepEqual(await links.of(ana), [other, second, link]);
    const moved = { ...link, mxid: "@bea:test", name: "Bea" };
    await store.commit((tx) => tx.links.put(moved));
    assert.deepEqual(await links.get(net, "7"), moved);
    await store.commit((tx) => tx.links.remove(net, "8"));
    assert.deepEqual(await links.of(ana), [other]);
  });

  test("an offer is found by its selector and by who took it; a new one takes its place", async (t) => {
    const store = await freshStore(t, open);
    const { links } = store.read;
    await store.commit((tx) => tx.links.putOffer(offer));
    assert.deepEqual(await links.offerBy(net, "ABCDE"), offer);
    assert.deepEqual(await links.offersClaimedBy(net, "7"), []);
    const taken = { ...offer, claim, tries: 2, until: 20 };
    await store.commit((tx) => tx.links.putOffer(taken));
    assert.deepEqual(await links.offersClaimedBy(net, "7"), [taken]);
    const fresh = { ...offer, selector: "FGHJK" };
    await store.commit((tx) => tx.links.putOffer(fresh));
    assert.equal(await links.offerBy(net, "ABCDE"), undefined);
    assert.deepEqual(await links.offersTo(ana), [fresh]);
    await store.commit((tx) => tx.links.removeOffer(net, ana));
    assert.deepEqual(await links.offersTo(ana), []);
  });

  test("offers that are over are forgotten", async (t) => {
    const store = await freshStore(t, open);
    const bea = { ...offer, mxid: "@bea:test", selector: "BBBBB", until: 11 };
    await store.commit(async (tx) => {
      for (const one of [offer, bea]) await tx.links.putOffer(one);
    });
    assert.equal(await store.commit((tx) => tx.links.forgetOffers(11)), 1);
    assert.deepEqual(await store.read.links.offersTo("@bea:test"), [bea]);
    assert.equal(await store.commit((tx) => tx.links.forgetOffers(11)), 0);
  });
};
