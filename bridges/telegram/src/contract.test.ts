import assert from "node:assert/strict";
import { test } from "node:test";
import { chatId, type ChatRef, type LoginId } from "@bridgebox/core/adapter";
import { cases, contract, playCase, type ServerFile, type Stage } from "@bridgebox/core/testing";
import { TelegramServer, type Account, type Post } from "../../../test/networks/telegram/index.ts";
import { Api, long } from "./api/tl.ts";
import { telegram } from "./index.ts";
import { gaps, whispers } from "./testing/gaps.ts";

const answersOf = (server: TelegramServer, account: Account) => ({
  phone: `+${account.phone}`,
  code: () => server.code(account.phone ?? ""),
  password: account.password ?? "",
  token: account.token ?? "",
});

const textOf = ({ media, text }: Post): string =>
  media?.kind === "poll" ? media.question.text : text;

const answersIn = ({ media }: Post): readonly string[] =>
  media?.kind === "poll" ? media.answers.map(({ text }) => text.text) : [];

const pollOf = (post: Post, me: Account) => {
  if (post.media?.kind !== "poll") return {};
  const { answers, votes, closed } = post.media;
  const chosen = votes.get(me.id) ?? [];
  const mine = answers.filter(({ option }) => chosen.includes(option.toString("hex")));
  return { closed, votes: mine.map(({ text }) => text.text) };
};

const placeAt = (lat: number, lon: number) =>
  new Api.MessageMediaGeo({ geo: new Api.GeoPoint({ lat, long: lon, accessHash: long(0) }) });

const placeOf = ({ media }: Post) => {
  const fixed = media?.kind === "fixed" ? media.media : undefined;
  if (!(fixed instanceof Api.MessageMediaGeo) || !(fixed.geo instanceof Api.GeoPoint)) return {};
  return { place: { lat: fixed.geo.lat, lon: fixed.geo.long } };
};

/** A photo has no name on Telegram, and no other bytes than its own. */
const filesIn = (server: TelegramServer, { media, text }: Post): readonly ServerFile[] => {
  if (media?.kind !== "photo" && media?.kind !== "document") return [];
  const bytes = server.files.read(media.file, 0, media.file.size);
  const attributes = media.kind === "document" ? media.attributes : [];
  const name = attributes.find((each) => each instanceof Api.DocumentAttributeFilename)?.fileName;
  return [{ bytes, text, ...(name === undefined ? {} : { name }) }];
};

/** `first`: the flow of whoever connects; a person's own account, if not given. */
const start = async (first?: "bot"): Promise<Stage> => {
  const server = await TelegramServer.listen();
  const alice = server.addUser({ phone: "15550001", username: "alice", firstName: "Alice" });
  const bob = server.addUser({ phone: "15550002", username: "bobby", firstName: "Bob" });
  const bot = server.addUser({ username: "bridgebot", firstName: "Bridge", token: "111222:AAAA" });
  const carol = server.addUser({ username: "carol", firstName: "Carol" });
  const group = server.addSupergroup("Lounge", [bob, alice, bot, carol], { admins: [alice] });
  const chat: ChatRef = { id: chatId(`channel:${group.id}`) };
  const named = (text: string): Post => {
    const post = server.messages(group).findLast((each) => textOf(each) === text);
    if (post === undefined) throw new Error(`nobody said ${text}`);
    return post;
  };
  const nowhere = (login: LoginId): ChatRef => ({ id: chatId("user:999999"), receiver: login });
  return {
    config: {
      api_id: server.apiId,
      api_hash: server.apiHash,
      server: {
        host: "127.0.0.1",
        port: server.port,
        public_key: server.publicKeyPem,
        dc: server.dcId,
      },
    },
    logins: [
      ...(first === undefined
        ? []
        : [{ flow: first, script: { answers: answersOf(server, bot) } }]),
      { flow: "phone", script: { answers: answersOf(server, alice) } },
      {
        flow: "qr",
        script: {
          answers: answersOf(server, alice),
          onShow: (what) => "qr" in what && server.people.scan(alice, what.qr),
        },
      },
      { flow: "bot", script: { answers: answersOf(server, bot) } },
    ],
    chat: () => chat,
    nowhere,
    person: {
      say: async (text) => server.say(bob, group, text),
      answer: async (to, text) => server.say(bob, group, text, { replyTo: named(to) }),
      edit: async (old, text) => server.edit(named(old), text),
      remove: async (text) => server.remove(named(text)),
      react: async (text, emoji, on) =>
        server.people.react(named(text), bob, ...(on ? [emoji.replaceAll("\uFE0F", "")] : [])),
      poll: async (question, options) =>
        server.say(bob, group, "", { media: server.studio.poll(question, options) }),
      vote: async (question, option) => {
        const post = named(question);
        const place = answersIn(post).indexOf(option);
        server.people.vote(post, carol, place);
        server.people.vote(post, alice, place);
      },
      closePoll: async (question) => server.people.closePoll(named(question)),
      place: async (lat, lon) => server.say(bob, group, "", { media: placeAt(lat, lon) }),
      pin: async (text) => server.people.pin(named(text)),
      show: async ({ name, mime, bytes, text }) => {
        const attributes = [new Api.DocumentAttributeFilename({ fileName: name })];
        const media = server.studio.document(Buffer.from(bytes), { mime, attributes });
        server.say(bob, group, text, { media });
      },
      ...(first === "bot" ? { whisper: async (text: string) => server.say(bob, bot, text) } : {}),
    },
    whispered: () =>
      server
        .messages(bot, bob)
        .filter(({ from }) => from === bot)
        .map(({ text }) => text),
    files: () =>
      server
        .messages(group)
        .filter(({ from }) => from === alice)
        .flatMap((post) => filesIn(server, post)),
    messages: () =>
      server
        .messages(group)
        .filter((post) => post.action === undefined)
        .map((post) => ({
          text: textOf(post),
          ours: post.from === alice,
          pinned: post.pinned,
          reactions: (post.reactions.get(alice) ?? []).map(({ reaction }) =>
            reaction instanceof Api.ReactionEmoji ? reaction.emoticon : "custom",
          ),
          ...(post.replyTo === undefined ? {} : { answers: post.replyTo.text }),
          ...pollOf(post, alice),
          ...placeOf(post),
        })),
    faults: {
      cut: () => server.dropConnections(),
      stop: () => server.stop(),
      start: () => server.start(),
      swallowReply: () => server.swallowReply("messages.SendMessage"),
    },
    violations: () => [...server.unhandled, ...server.faults.map(String)],
    close: () => server.close(),
  };
};

contract(telegram, { start: () => start(), gaps });

void test(`${whispers}: a bot does`, { timeout: 40_000 }, async () => {
  const harness = { start: () => start("bot") };
  assert.equal(await playCase(telegram, harness, cases[whispers]), undefined);
});
