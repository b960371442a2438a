import assert from "node:assert/strict";
import type { Fixture } from "./testing/fixture.ts";
import { story } from "./testing/story.ts";

const crowd = ({ server }: Fixture, count: number) =>
  Array.from({ length: count }, (_, at) => server.addUser({ username: `one${at}` }));

story("pins of which there are more than can be asked for are not told as all", async (fixture) => {
  const { server, bob, channel, live } = fixture;
  const [one, other] = [server.say(bob, channel, "one"), server.say(bob, channel, "other")];
  const { host } = await live();
  server.refuse(/^GET \/channels\/\d+\/messages\/pins$/, 200, {
    items: [{ message: { id: one.message.id } }],
    has_more: true,
  });
  server.world.pin(other, true);
  const pins = await host.event("the pins", (it) => it.kind === "pins" && it);
  assert.equal(pins.complete, false);
  assert.deepEqual(pins.set, [{ id: one.message.id, on: true }]);
});

story("more pins than a page holds are all told", async (fixture) => {
  const { server, bob, channel, live } = fixture;
  const posts = Array.from({ length: 120 }, (_, at) => server.say(bob, channel, `pin ${at}`));
  for (const post of posts.slice(1)) server.world.pin(post, true);
  const { host } = await live();
  for (const post of posts.slice(0, 1)) server.world.pin(post, true);
  const pins = await host.event("the pins", (it) => it.kind === "pins" && it);
  assert.equal(pins.complete, true);
  assert.deepEqual(
    pins.set.map(({ id }) => id).toSorted(),
    posts.map(({ message }) => message.id).toSorted(),
  );
});

story("more reactions than a page holds are all told, super reactions too", async (fixture) => {
  const { server, bob, channel, live } = fixture;
  const post = server.say(bob, channel, "react");
  const people = crowd(fixture, 250);
  for (const one of people) server.world.react(post, one, "👍");
  server.world.react(post, bob, "👍", true, true);
  server.world.react(post, bob, "🎉");
  const { host } = await live();
  server.world.clearReactions(post, "🎉");
  const state = await host.event("the reactions", (it) => it.kind === "reactions" && it);
  assert.equal(state.complete, "all");
  assert.deepEqual(
    state.set.map(({ user }) => user).toSorted(),
    [...people, bob].map(({ id }) => id).toSorted(),
  );
});

story("what is only a part of very many reactions does not pass for the whole", async (fixture) => {
  const { server, bob, channel, live } = fixture;
  const post = server.say(bob, channel, "react");
  for (const one of crowd(fixture, 2050)) server.world.react(post, one, "👍");
  server.world.react(post, bob, "🎉");
  const { host } = await live();
  server.world.clearReactions(post, "🎉");
  const state = await host.event("the reactions", (it) => it.kind === "reactions" && it);
  assert.deepEqual([state.complete, state.set.length], ["delta", 2000]);
});

for (const voters of [250, 2050])
  story(`a vote is told with all that its voter chose, among ${voters} voters`, async (fixture) => {
    const { server, bob, carol, channel, live } = fixture;
    const post = server.poll(bob, channel, "Tea?", ["Yes", "No", "Both"]);
    const people = crowd(fixture, voters);
    for (const one of people) server.vote(one, post, "Yes");
    const last = people.at(-1);
    assert.ok(last);
    const { host } = await live();
    const votes = () => host.of("votes");
    server.vote(last, post, "Both");
    await host.until(() => votes().length === 1);
    server.vote(carol, post, "No");
    await host.until(() => votes().length === 2);
    server.vote(last, post, "Yes", false);
    await host.until(() => votes().length === 3);
    assert.deepEqual(
      votes().map(({ voter, options }) => [voter, options]),
      [
        [last.id, ["1", "3"]],
        [carol.id, ["2"]],
        [last.id, ["3"]],
      ],
    );
  });

story("votes that were given while no session ran are not forgotten", async (fixture) => {
  const { server, bob, carol, channel, live } = fixture;
  const post = server.poll(bob, channel, "Tea?", ["Yes", "No", "Both"]);
  const { host } = await live();
  const votes = () => host.of("votes");
  server.vote(carol, post, "Yes");
  await host.until(() => votes().length === 1);
  server.gateway.forget();
  server.vote(carol, post, "Yes", false);
  server.vote(carol, post, "Both");
  server.gateway.drop();
  await host.reached("connected", 2);
  server.vote(carol, post, "No");
  await host.until(() => votes().length === 2);
  assert.deepEqual(
    votes().map(({ voter, options }) => [voter, options]),
    [
      [carol.id, ["1"]],
      [carol.id, ["2", "3"]],
    ],
  );
});
