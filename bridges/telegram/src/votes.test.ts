import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { messageId } from "@bridgebox/core/adapter";
import type { Account } from "../../../test/networks/telegram/index.ts";
import { connectedAgain } from "./testing/heard.ts";
import type { Live } from "./testing/login.ts";
import { channelChat, openFixture, type Fixture } from "./testing/world.ts";

let world: Fixture;
const soon = () => AbortSignal.timeout(5000);

before(async () => {
  world = await openFixture();
});

after(() => world.close());

/** An open poll in a group of all of them, and how the login votes in it, as which it is heard how it stands. */
const openPoll = async (me: Live, people: readonly Account[]) => {
  const { server, alice, bob } = world;
  const group = server.addSupergroup("Polls", [bob, alice, ...people]);
  const attachment = server.studio.poll("tea?", ["yes", "no"], { open: true });
  const post = server.say(bob, group, "", { media: attachment });
  const id = messageId(String(server.idOf(post, alice)));
  await me.core.until(() => me.core.of("message").some((each) => each.id === id));
  const media = post.media?.kind === "poll" ? post.media : assert.fail();
  const [option] = media.answers.map((each) => each.option.toString("hex"));
  assert.ok(option);
  const part = me.core.of("message").find((each) => each.id === id)?.content.parts[0];
  const first = part?.kind === "poll" ? part.options[0]?.id : undefined;
  assert.ok(first);
  const chat = channelChat(group);
  return {
    votes: media.votes,
    option,
    vote: () => me.connection.vote?.(chat, { id, options: [first] }, soon()),
    told: () => me.core.of("votes").filter((each) => each.id === id && each.chat.id === chat.id),
  };
};

test("who is not among the first of very many voters has not taken the vote back", async () => {
  const { server, alice, goLive } = world;
  const people = Array.from({ length: 540 }, (_, at) => server.addUser({ firstName: `P${at}` }));
  const me = await goLive(alice);
  const { votes, option, vote, told } = await openPoll(me, people);
  for (const one of people.slice(0, 480)) votes.set(one.id, [option]);
  await vote();
  const sums = () => told().filter(({ tally }) => tally !== undefined).length;
  await me.core.until(() => sums() === 1);
  for (const one of people.slice(480)) votes.set(one.id, [option]);
  await vote();
  await me.core.until(() => sums() === 2);
  const gone = () => told().filter(({ options }) => options?.length === 0);
  assert.deepEqual(gone(), []);
  for (const one of people.slice(0, 100)) votes.delete(one.id);
  await vote();
  await me.core.until(() => sums() === 3);
  assert.deepEqual(
    new Set(gone().map(({ voter }) => voter)),
    new Set(people.slice(0, 100).map(({ id }) => String(id))),
  );
});

test("a vote that was taken back is told again where the first telling was not kept", async () => {
  const { alice, bob, goLive } = world;
  const me = await goLive(alice);
  const { votes, option, vote, told } = await openPoll(me, []);
  const lastOf = (who: Account) =>
    told().findLast(({ voter }) => voter === String(who.id))?.options?.length;
  votes.set(bob.id, [option]);
  await vote();
  await me.core.until(() => lastOf(bob) === 1);
  votes.delete(bob.id);
  const states = me.core.states.length;
  me.core.beforeCommit = async ({ events }) => {
    if (!events.some(({ kind }) => kind === "votes")) return;
    me.core.beforeCommit = () => Promise.resolve();
    throw new Error("The store is busy.");
  };
  await vote();
  await connectedAgain(me, states);
  await vote();
  await me.core.until(() => lastOf(bob) === 0);
});
