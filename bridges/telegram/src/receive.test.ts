import assert from "node:assert/strict";
import { test } from "node:test";
import { loginId, type RemoteEvent } from "@bridgebox/core/adapter";
import { Api, long } from "./api/tl.ts";
import { chatRef, messageOf } from "./ids.ts";
import type { View } from "./message.ts";
import { eventsOf } from "./receive.ts";

const login = loginId("tg:1");
const logged: string[] = [];
const write = (message: string) => void logged.push(message);

const view: View = {
  bot: false,
  login,
  self: { kind: "user", id: "1" },
  log: { debug: write, info: write, warn: write, error: write },
  mentioned: () => undefined,
  nameOf: ({ id }) => (id === "2" ? "Bob" : undefined),
  whereIs: async (message) => (message < 100 ? { kind: "user", id: "2" } : undefined),
  topicOf: async (_channel, message) => (message >= 300 ? 77 : undefined),
  isThere: () => undefined,
  linkTo: (_peer, message) => `https://t.me/c/9/${message}`,
  lookups: {
    reactions: ({ peer, message }) =>
      Promise.resolve({
        kind: "reactions",
        chat: chatRef(peer, login),
        id: messageOf(message),
        at: 0,
        set: [],
        complete: "all",
      }),
    votes: () => Promise.resolve([]),
    update: () => Promise.resolve(undefined),
  },
};

const bob = new Api.PeerUser({ userId: long(2) });
const channel = new Api.PeerChannel({ channelId: long(9) });
const said = (more: object) =>
  new Api.UpdateNewMessage({
    message: new Api.Message({ id: 5, peerId: bob, date: 1000, message: "hi", ...more }),
    pts: 2,
    ptsCount: 1,
  });
const served = (action: Api.TypeMessageAction, more: object = {}) =>
  new Api.UpdateNewChannelMessage({
    message: new Api.MessageService({
      id: 6,
      peerId: channel,
      fromId: bob,
      date: 1000,
      action,
      ...more,
    }),
    pts: 2,
    ptsCount: 1,
  });

const one = async (update: Api.TypeUpdate): Promise<RemoteEvent> => {
  const [event] = await eventsOf(update, view);
  assert.ok(event);
  return event;
};

const contentOf = async (more: object) => {
  const event = await one(said(more));
  assert.ok(event.kind === "message");
  return event.content;
};

test("a private message has its sender, its chat for this login, and an order that compares as text", async () => {
  const theirs = await one(said({}));
  assert.deepEqual(theirs, {
    kind: "message",
    chat: { id: "user:2", receiver: login },
    id: "5",
    key: "m:5",
    sender: "2",
    at: 1_000_000,
    order: "0000000005",
    content: {
      parts: [{ id: "", kind: "text", text: [{ t: "para", of: [{ t: "text", text: "hi" }] }] }],
    },
  });
  const mine = await one(said({ out: true }));
  assert.equal(mine.kind === "message" && mine.sender, "1");
});

test("a channel that speaks is its own person", async () => {
  const event = await one(said({ peerId: channel, post: true }));
  assert.equal(event.kind === "message" && event.sender, "channel:9");
});

const document = (mimeType: string, ...attributes: Api.TypeDocumentAttribute[]) =>
  new Api.MessageMediaDocument({
    document: new Api.Document({
      id: long(7),
      accessHash: long(8),
      fileReference: Buffer.from("ref"),
      date: 1,
      mimeType,
      size: long(99),
      dcId: 2,
      attributes,
    }),
  });
const film = (more: object = {}) =>
  new Api.DocumentAttributeVideo({ duration: 1.5, w: 64, h: 48, ...more });
const sticker = new Api.DocumentAttributeSticker({
  alt: "😀",
  stickerset: new Api.InputStickerSetEmpty(),
});

test("what is gone or unknown is named, with its caption and a link", async () => {
  const rows: readonly (readonly [Api.TypeMessageMedia, string])[] = [
    [new Api.MessageMediaPhoto({}), "photo"],
    [new Api.MessageMediaPhoto({ ttlSeconds: 10 }), "expired photo"],
    [new Api.MessageMediaDocument({ voice: true, ttlSeconds: 10 }), "expired voice message"],
    [new Api.MessageMediaDocument({ video: true, ttlSeconds: 10 }), "expired video"],
    [new Api.MessageMediaDocument({}), "file"],
    [new Api.MessageMediaUnsupported(), "unsupported"],
  ];
  for (const [media, what] of rows) {
    const { parts } = await contentOf({ media, message: "look" });
    assert.deepEqual(parts, [
      {
        id: "",
        kind: "unsupported",
        what,
        link: "https://t.me/c/9/5",
        text: [
          { t: "para", of: [{ t: "text", text: `[${what}]` }] },
          { t: "para", of: [{ t: "text", text: "look" }] },
        ],
      },
    ]);
  }
});

test("a document is what its attributes say", async () => {
  const named = new Api.DocumentAttributeFilename({ fileName: "a.pdf" });
  const voice = new Api.DocumentAttributeAudio({
    voice: true,
    duration: 3,
    waveform: Buffer.from([0b11100001, 0b00000011]),
  });
  const audio = new Api.DocumentAttributeAudio({ duration: 3 });
  const rows: readonly (readonly [Api.TypeMessageMedia, string, string])[] = [
    [document("application/pdf", named), "file", "a.pdf"],
    [document("audio/ogg", voice), "voice", "voice.ogg"],
    [document("audio/mpeg", audio), "audio", "audio.mp3"],
    [document("video/mp4", film()), "video", "video.mp4"],
    [document("video/mp4", film({ roundMessage: true })), "round", "round.mp4"],
    [document("video/mp4", film(), new Api.DocumentAttributeAnimated()), "gif", "gif.mp4"],
    [document("image/gif"), "gif", "gif.gif"],
    [document("image/webp", sticker), "sticker", "sticker.webp"],
    [document("video/webm", film(), sticker), "sticker", "sticker.webm"],
    [document("application/x-tgsticker", sticker), "sticker", "sticker.tgs"],
    [document("image/png"), "file", "file.png"],
  ];
  for (const [media, as, name] of rows) {
    const [part] = (await contentOf({ media, message: "" })).parts;
    assert.ok(part?.kind === "media");
    assert.deepEqual([part.as, part.media.name, part.media.size], [as, name, 99]);
    assert.deepEqual(part.media.of, {
      chat: { id: "user:2", receiver: login },
      message: "5",
      part: "",
    });
    if (as === "voice") assert.deepEqual(part.waveform, [1, 31, 0]);
    if (as === "video") assert.deepEqual([part.media.width, part.media.duration], [64, 1500]);
  }
});

test("a file that is shown once says so; an edit's version is no matter of a file's key", async () => {
  const media = new Api.MessageMediaPhoto({ ttlSeconds: 2_147_483_647 });
  assert.deepEqual((await contentOf({ media })).expires, { mode: "view-once", from: "read" });
  const versionWith = async (fileReference: Buffer) => {
    const { document: file } = document("application/pdf");
    assert.ok(file instanceof Api.Document);
    file.fileReference = fileReference;
    const edit = await one(
      new Api.UpdateEditMessage({
        message: new Api.Message({
          id: 5,
          peerId: bob,
          date: 1000,
          editDate: 1001,
          message: "new",
          media: new Api.MessageMediaDocument({ document: file }),
        }),
        pts: 3,
        ptsCount: 1,
      }),
    );
    return edit.kind === "edit" && edit.version;
  };
  assert.equal(await versionWith(Buffer.from("a")), await versionWith(Buffer.from("b")));
});

test("places, contacts and dice are carried; a vCard cannot be broken out of", async () => {
  const geo = new Api.GeoPoint({ lat: 1.5, long: 2.5, accessHash: long(0) });
  const place = await contentOf({ media: new Api.MessageMediaGeo({ geo }), message: "" });
  assert.deepEqual(place.parts, [{ id: "", kind: "location", lat: 1.5, lon: 2.5 }]);
  const media = new Api.MessageMediaContact({
    phoneNumber: "1\r\nURL:x",
    firstName: "A;\r\nNOTE:x",
    lastName: "",
    vcard: "",
    userId: long(0),
  });
  const [contact] = (await contentOf({ media, message: "" })).parts;
  assert.ok(contact?.kind === "contact");
  assert.deepEqual(contact.vcard.split("\r\n").length, 5);
});

test("replies, quotes, forwards, albums and timers are told", async () => {
  const replyTo = new Api.MessageReplyHeader({ replyToMsgId: 3, quoteText: "word" });
  const fwdFrom = new Api.MessageFwdHeader({ date: 500, fromId: bob });
  const content = await contentOf({ replyTo, fwdFrom, groupedId: long(77), ttlPeriod: 60 });
  assert.deepEqual(content.replyTo, { id: "3", excerpt: "word" });
  assert.deepEqual(content.forwarded, { from: "Bob", at: 500_000 });
  assert.equal(content.album, "77");
  assert.deepEqual(content.expires, { mode: "timer", seconds: 60, from: "sent" });
  const elsewhere = new Api.MessageReplyHeader({ replyToMsgId: 3, replyToPeerId: channel });
  assert.equal((await contentOf({ replyTo: elsewhere })).replyTo, undefined);
});

test("an edit counts only as what it changed", async () => {
  const edited = (more: object) =>
    new Api.UpdateEditMessage({
      message: new Api.Message({ id: 5, peerId: bob, date: 1000, message: "new", ...more }),
      pts: 3,
      ptsCount: 1,
    });
  const first = await one(edited({ editDate: 1001 }));
  const other = await one(edited({ editDate: 1001, message: "newer" }));
  assert.ok(first.kind === "edit" && other.kind === "edit");
  assert.notEqual(first.version, other.version, "two edits in one second");
  const hidden = await one(edited({ editDate: 1001, editHide: true }));
  assert.deepEqual([hidden.kind, "id" in hidden && hidden.id], ["reactions", "5"]);
  assert.deepEqual(await eventsOf(edited({}), view), []);
});

test("deletions find their chat; what was never seen is left out", async () => {
  const update = new Api.UpdateDeleteMessages({ messages: [5, 200, 6], pts: 9, ptsCount: 3 });
  const events = await eventsOf(update, view);
  assert.deepEqual(
    events.map((each) => each.kind === "delete" && [each.chat.id, each.ids]),
    [["user:2", ["5", "6"]]],
  );
});

test("service messages become what they mean", async () => {
  const kick = await eventsOf(
    served(new Api.MessageActionChatDeleteUser({ userId: long(1) })),
    view,
  );
  assert.deepEqual(
    kick.map((each) => each.kind),
    ["members", "gone"],
  );
  const moved = await one(
    served(new Api.MessageActionChannelMigrateFrom({ title: "G", chatId: long(7) })),
  );
  assert.ok(moved.kind === "chat");
  assert.deepEqual(moved.chat, { id: "channel:9" });
  assert.deepEqual(moved.renamedFrom, { id: "chat:7", receiver: login });
  const title = await one(served(new Api.MessageActionChatEditTitle({ title: "New" })));
  assert.deepEqual(title.kind === "chat" && title.info, { name: "New" });
  const pinned = await one(served(new Api.MessageActionPinMessage()));
  assert.ok(pinned.kind === "notice");
  assert.deepEqual(pinned.text, [{ t: "para", of: [{ t: "text", text: "Bob pinned a message" }] }]);
  const call = await one(
    served(new Api.MessageActionPhoneCall({ callId: long(1), video: true, duration: 9 })),
  );
  assert.deepEqual(call.kind === "call" && [call.state, call.key], ["ended", "m:6"]);
  const video = new Api.InputGroupCall({ id: long(1), accessHash: long(1) });
  const began = await one(served(new Api.MessageActionGroupCall({ call: video })));
  assert.equal(began.kind === "call" && began.state, "ringing");
  const topic = await one(served(new Api.MessageActionTopicCreate({ title: "T", iconColor: 1 })));
  assert.deepEqual(topic, {
    kind: "chat",
    chat: { id: "channel:9/6" },
    at: 1_000_000,
    info: { kind: "topic", name: "T", parent: { id: "channel:9" } },
  });
  const unknown = await one(served(new Api.MessageActionBoostApply({ boosts: 1 })));
  assert.match(JSON.stringify(unknown), /Telegram notice: boost apply/);
});

test("what nobody needs is nothing, and hostile names stay data", async () => {
  assert.deepEqual(await eventsOf(new Api.UpdateConfig(), view), []);
  const title = "\u202Egnp.exe\u200B\r\nQUIT";
  const event = await one(served(new Api.MessageActionChatEditTitle({ title })));
  assert.deepEqual(event.kind === "chat" && event.info, { name: title });
});

test("only what a person says to a bot themselves is for the box: nothing forwarded, nothing of our own", async () => {
  const told = async (more: object) =>
    (await eventsOf(said(more), { ...view, bot: true })).filter(({ kind }) => kind === "aside");
  const fwdFrom = new Api.MessageFwdHeader({ fromId: bob, date: 900 });
  assert.equal((await told({ message: "ABCDE-FGHIJ" })).length, 1);
  for (const more of [{ fwdFrom }, { out: true }, { peerId: channel, fromId: bob }])
    assert.deepEqual(await told({ message: "ABCDE-FGHIJ", ...more }), []);
});
