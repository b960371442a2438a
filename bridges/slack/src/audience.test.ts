import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { MemoryHost, until } from "@bridgebox/core/testing";
import { Audience } from "./audience.ts";
import { openAddress } from "./testing/events-address.ts";
import { listenerFor, textsOf } from "./testing/listening.ts";
import { loginOf, openFixture, type Fixture } from "./testing/world.ts";

const onSlack = (
  name: string,
  play: (fixture: Fixture) => Promise<void>,
  more?: Readonly<Record<string, unknown>>,
): void => {
  test(name, { timeout: 20_000 }, async () => {
    const fixture = await openFixture(more);
    try {
      await play(fixture);
    } finally {
      await fixture.close();
    }
  });
};

const seenBy = (core: MemoryHost, channel: { readonly id: string }): readonly string[] => [
  ...new Set(
    core.batches
      .filter(({ events }) =>
        events.some((each) => each.kind === "message" && each.chat.id === channel.id),
      )
      .flatMap((each) => each.seenBy),
  ),
];

/** The app's bot, Ana and Bob, with logins of their own. */
const three = async (fixture: Fixture) => {
  const { server, app, ana, bob } = fixture;
  const live = await fixture.goLive();
  await fixture.join(live, server.addToken("user", ana, app.app));
  await fixture.join(live, server.addToken("user", bob, app.app));
  return live;
};

describe("whom an event is for, which comes once for all", () => {
  onSlack("is asked again where Slack did not answer", async (fixture) => {
    const { server, ana, bob } = fixture;
    const { core } = await three(fixture);
    server.fail("apps.event.authorizations.list", "internal_error", { status: 500 });
    const direct = server.direct(ana, bob);
    server.say(ana, direct, "to one another");
    await until("both sides", () => textsOf(core).length === 2);
    assert.deepEqual(seenBy(core, direct).toSorted(), [loginOf(ana), loginOf(bob)].toSorted());
  });

  onSlack("is asked of the logins where the app may not ask", async (fixture) => {
    const { server, ana, bob } = fixture;
    const { core } = await three(fixture);
    const method = "apps.event.authorizations.list";
    server.fail(method, "missing_scope", { times: Number.MAX_SAFE_INTEGER });
    const direct = server.direct(ana, bob);
    server.say(ana, direct, "to one another");
    await until("both sides", () => textsOf(core).length === 2);
    assert.equal(core.states.filter(({ state }) => state === "connected").length, 1);
  });

  onSlack(
    "is asked of the logins where Slack calls us",
    async (fixture) => {
      const { server, app, ana, bob, general } = fixture;
      const { core, network } = await three(fixture);
      const handler = network.webhooks?.["events"];
      assert(handler);
      const address = await openAddress(handler);
      app.app.eventsUrl = address.url;
      try {
        const carl = server.addUser("carl");
        const direct = server.direct(ana, bob);
        const secret = server.addChannel("secret", [carl, bob], "private");
        const open = server.addChannel("open", [carl, ana]);
        server.say(ana, direct, "to Bob");
        server.say(carl, secret, "to Bob and not to Ana");
        server.say(carl, open, "to Ana");
        server.say(ana, general, "to all");
        await until("each, and both sides of the direct one", () => textsOf(core).length === 5);
        const [a, b] = [loginOf(ana), loginOf(bob)];
        assert.deepEqual(seenBy(core, direct).toSorted(), [a, b].toSorted());
        assert.deepEqual(seenBy(core, secret), [b]);
        assert.deepEqual(seenBy(core, open), [a]);
        assert.deepEqual(seenBy(core, general).toSorted(), ["slack:bot", a, b].toSorted());
      } finally {
        await address.close();
      }
    },
    { app_token: undefined, signing_secret: "signing-secret-1-0123456789" },
  );

  onSlack("is the same whoever of them is named", async (fixture) => {
    const { server, app, ana, bob } = fixture;
    const listeners = [ana, bob].map((user) =>
      listenerFor(fixture, server.addToken("user", user, app.app)),
    );
    const signal = AbortSignal.timeout(10_000);
    const channel = server.direct(ana, bob).id;
    const audience = new Audience();
    for (const { id } of [ana, bob]) {
      const payload = { authorizations: [{ user_id: id }] };
      assert.deepEqual(await audience.of({ payload, channel }, listeners, signal), listeners);
    }
  });

  onSlack("is not whoever happens to be there alone", async (fixture) => {
    const { server, app, ana, bob, general } = fixture;
    const alone = listenerFor(fixture, server.addToken("user", bob, app.app));
    const signal = AbortSignal.timeout(10_000);
    const payload = { authorizations: [{ user_id: ana.id }] };
    const audience = new Audience();
    const of = (channel: string) => audience.of({ payload, channel }, [alone], signal);
    assert.deepEqual(await of(server.direct(ana, app.bot).id), []);
    assert.deepEqual(await of(general.id), [alone]);
  });
});
