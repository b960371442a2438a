import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  BridgeError,
  asBridgeError,
  chatId,
  firstPart,
  loginId,
  messageId,
  partId,
  sameChat,
  userId,
} from "./index.ts";
import type {
  Ability,
  Attempt,
  Batch,
  ChatEvent,
  ChatFeatures,
  ChatInfo,
  ChatRef,
  Connection,
  Draft,
  EditEvent,
  Found,
  GapEvent,
  Json,
  MediaRef,
  MessageEvent,
  Order,
  Outgoing,
  Part,
  SendResult,
  Signal,
  StateEvent,
  UserRenamedEvent,
} from "./index.ts";

const at = 1_700_000_000_000;
const room: ChatRef = { id: chatId("C1") };
const [alice, bob, carol] = [userId("U1"), userId("U2"), userId("U3")];
const [ann, ben, cat] = [loginId("slack:U1"), loginId("slack:U2"), loginId("slack:U3")];
const text = (words: string): Part => ({
  id: firstPart,
  kind: "text",
  text: [{ t: "para", of: [{ t: "text", text: words }] }],
});
const photo = (locator: string): MediaRef => ({ locator: { file: locator }, mime: "image/jpeg" });

const said = {
  kind: "message",
  chat: room,
  at,
  key: "1700000000.000100",
  sender: alice,
  id: messageId("1700000000.000100"),
  content: { parts: [text("hello")] },
} as const satisfies MessageEvent;

/** What the contract must be able to say, each as the adapter of a real network would say it. */
const cases = {
  "one event seen by three logins, on one stream": {
    events: [said],
    seenBy: [ann, ben, cat],
    cursor: { ts: "1700000000.000100" },
  } satisfies Batch,

  "a shared socket for many accounts: one app, two workspaces' events in one batch": {
    events: [said, { ...said, chat: { id: chatId("D9"), receiver: ben }, key: "2" }],
    seenBy: [ann, ben],
    cursor: { envelope: "e-77", "hole:C1": null },
  } satisfies Batch,

  "an edit of one picture of an album": {
    kind: "edit",
    chat: room,
    at,
    key: "12:edit:1700000100",
    sender: bob,
    id: messageId("12"),
    version: "1700000100",
    content: {
      album: "g77",
      parts: [
        {
          id: firstPart,
          kind: "media",
          as: "image",
          media: { ...photo("b"), of: { chat: room, message: messageId("12"), part: firstPart } },
          caption: [{ t: "para", of: [{ t: "text", text: "now sharper" }] }],
        },
      ],
    },
  } satisfies EditEvent,

  "a file message of two files and a text: parts of one message": [
    { id: firstPart, kind: "text", text: [] },
    { id: partId("F1"), kind: "media", as: "image", media: photo("F1") },
    { id: partId("F2"), kind: "media", as: "file", media: { locator: "F2", name: "a.pdf" } },
  ] satisfies Part[],

  "a live location, as it begins": {
    id: firstPart,
    kind: "location",
    lat: 60.17,
    lon: 24.94,
    live: { until: at + 900_000 },
  } satisfies Part,

  "a live location, as it moves": {
    kind: "location",
    chat: room,
    at: at + 5000,
    id: messageId("13"),
    lat: 60.18,
    lon: 24.95,
    until: at + 900_000,
  } satisfies StateEvent,

  "the tally of an anonymous poll: numbers, no voters": {
    kind: "votes",
    chat: room,
    at,
    id: messageId("14"),
    tally: { yes: 3, no: 1 },
    closed: true,
  } satisfies StateEvent,

  "a vote taken back in an open poll": {
    kind: "votes",
    chat: room,
    at,
    id: messageId("14"),
    voter: carol,
    options: [],
  } satisfies StateEvent,

  "a group becomes a supergroup: the private id gives way to a shared one": {
    kind: "chat",
    chat: { id: chatId("channel:99") },
    at,
    info: { kind: "group" },
    renamedFrom: { id: chatId("chat:7"), receiver: loginId("telegram:1") },
  } satisfies ChatEvent,

  "a nick change, in every channel at once": {
    kind: "userRenamed",
    from: userId("alice"),
    to: userId("alice|away"),
    at,
  } satisfies UserRenamedEvent,

  "a relay where the network has no identity of its own for it": {
    chat: { id: chatId("#room") },
    at,
    speaker: { as: "relay", handle: "~x", name: "Dora" },
    content: {
      parts: [
        {
          id: firstPart,
          kind: "text",
          tone: "action",
          text: [
            {
              t: "para",
              of: [
                { t: "bold", of: [{ t: "text", text: "Dora: " }] },
                { t: "text", text: "waves" },
              ],
            },
          ],
        },
      ],
      replyTo: { senderName: "Eve", excerpt: "said on another network" },
    },
  } satisfies Outgoing,

  "an echo that settles a pending send": {
    ...said,
    key: "99",
    id: messageId("99"),
    confirms: "abcdefghijklmnopqrstuvwxy",
  } satisfies MessageEvent,

  "a hole that can be healed, one that cannot, and an absence in which nobody spoke": [
    { kind: "gap", chat: room, at, from: messageId("5"), to: messageId("9"), healable: true },
    { kind: "gap", chat: { id: chatId("#room") }, at, since: at - 60_000, healable: false },
    { kind: "gap", chat: room, at, healable: true, only: "changes" },
  ] satisfies GapEvent[],

  "bulk delete, and a delete of one file out of a message": [
    { ...base(), kind: "delete", ids: [messageId("1"), messageId("2")], for: "all" },
    { ...base(), kind: "delete", ids: [messageId("3")], parts: [partId("F1")], for: "all" },
  ] satisfies StateOrLog[],

  "reactions taken away all at once": {
    kind: "reactions",
    chat: room,
    at,
    id: messageId("3"),
    set: [],
    complete: "all",
  } satisfies StateEvent,

  "a quote of a forwarded channel post, signed by its author": {
    ...said,
    key: "100",
    id: messageId("100"),
    profile: { name: "News (by Fay)" },
    content: {
      parts: [text("breaking")],
      forwarded: { from: "News", at },
      replyTo: { id: messageId("98"), excerpt: "only this sentence" },
    },
  } satisfies MessageEvent,

  "a thread reply that is also shown in the channel": {
    ...said,
    key: "101",
    id: messageId("101"),
    content: {
      parts: [text("both")],
      thread: { root: { id: messageId("50") }, alsoInChat: true },
    },
  } satisfies MessageEvent,

  "a forum topic: a chat inside a chat": {
    kind: "topic",
    name: "Help",
    parent: room,
    root: messageId("1"),
    visibility: "secret",
    features: features(),
  } satisfies ChatInfo,

  "a picture that is gone once it was looked at": {
    ...said,
    key: "102",
    id: messageId("102"),
    content: {
      parts: [{ id: firstPart, kind: "media", as: "image", media: photo("x"), spoiler: true }],
      expires: { mode: "view-once", from: "read" },
    },
  } satisfies MessageEvent,

  "away, with words": {
    kind: "presence",
    user: alice,
    state: "away",
    text: "lunch",
    at,
  } satisfies Signal,
  "every optional method that is about a chat or a person as an ability, and nothing else":
    true satisfies Same<Ability, Optional>,
} as const;

type Optional = Exclude<keyof Connection, "send" | "describe" | "close" | "signOut">;
type Same<A, B> = [A, B] extends [B, A] ? true : false;

type StateOrLog = Batch["events"][number];

function base() {
  return { chat: room, at, key: "d1", sender: alice };
}

function features(): ChatFeatures {
  return {
    version: "1",
    text: { max: 350, unit: "byte", lines: "single" },
    relay: { text: "prefix", media: "prefix" },
    can: ["typing"],
    parts: [],
    media: { image: { max: 10_000_000, caption: 1024 } },
    thread: "chat",
  };
}

describe("the contract can say", () => {
  for (const [name, value] of Object.entries(cases)) {
    test(`${name}, as plain JSON`, () => {
      assert.deepEqual(JSON.parse(JSON.stringify(value)), value);
    });
  }

  test("an upload with crumbs: the second attempt goes on where the first was cut", async () => {
    const kept: Json[] = [];
    const network = { uploads: 0, posts: 0 };
    const send = async (order: Order, attempt: Attempt): Promise<SendResult> => {
      const known = attempt.notes;
      const file = typeof known === "string" ? known : `F${(network.uploads += 1)}`;
      await attempt.note(file);
      if (attempt.number === 1) throw new Error("the socket broke");
      network.posts += 1;
      return {
        state: "sent",
        sent: { id: messageId(`${order.chat.id}:${file}`), aliases: [messageId(file)] },
      };
    };
    const order: Order = { chat: room, draft: draft(), speaker: { as: "self" } };
    const attempt = (number: number): Attempt => ({
      key: "abcdefghijklmnopqrstuvwxy",
      number,
      firstAt: at,
      notes: kept.at(-1) ?? null,
      note: async (data) => void kept.push(data),
      signal: AbortSignal.timeout(1000),
    });
    await assert.rejects(send(order, attempt(1)));
    const result = await send(order, attempt(2));
    assert.deepEqual(result, { state: "sent", sent: { id: "C1:F1", aliases: ["F1"] } });
    assert.deepEqual(network, { uploads: 1, posts: 1 });
  });

  test("an unknown outcome: thrown by name, or by anything else", () => {
    const lost = new BridgeError("timeout", "Nobody answered. It may have arrived.", {
      reached: "unknown",
      scope: "item",
    });
    assert.equal(asBridgeError(lost), lost);
    assert.equal(asBridgeError(new TypeError("oops")).reached, "unknown");
    assert.equal(asBridgeError("thrown text").code, "internal");
    const answers = [
      { state: "sent", sent: { id: messageId("1") } },
      { state: "absent" },
      { state: "unknown" },
    ] satisfies Found[];
    assert.equal(new Set(answers.map(({ state }) => state)).size, 3);
  });

  test("the same chat, and not the same", () => {
    const mine: ChatRef = { ...room, receiver: ann };
    assert(sameChat(room, { id: chatId("C1") }));
    assert(!sameChat(room, mine));
    assert(!sameChat(mine, { ...room, receiver: ben }));
  });
});

function draft(): Draft {
  return { part: firstPart, body: { caption: "" }, media: [photo("x")], plain: "a picture" };
}
