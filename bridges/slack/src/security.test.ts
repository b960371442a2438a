import assert from "node:assert/strict";
import { createServer } from "node:http";
import { describe, test } from "node:test";
import { BridgeError, firstPart, type Content, type RichText } from "@bridgebox/core/adapter";
import { fromHtml, fromPlain } from "@bridgebox/core/richtext";
import { createAttempt, scriptedLogin, until } from "@bridgebox/core/testing";
import type { Forgery } from "../../../test/networks/slack/feed.ts";
import type { WireObject } from "../../../test/networks/slack/model.ts";
import { openSessionSocket } from "./api/session-socket.ts";
import { openApi } from "./api/web.ts";
import { slack } from "./index.ts";
import { openAddress } from "./testing/events-address.ts";
import { chatOf, openFixture, ordersFor } from "./testing/world.ts";
import type { Fixture } from "./testing/world.ts";

/** What people may type to call everybody, or somebody, without being allowed to. */
const calls: readonly (readonly [string, RichText])[] = [
  ...[
    "<!channel>",
    "<!here>",
    "<!everyone>",
    "<!channel|x>",
    "<@U012345678>",
    "<@U012345678|bob>",
    "<#C012345678>",
    "<!subteam^S012345678>",
    "[x](!channel)",
    "&lt;!channel&gt;",
    "&amp;lt;!channel&amp;gt;",
    "<<!channel>>",
    "<!chan\u0000nel>",
    "`<!channel>`",
    "```<!channel>```",
    "> <!channel>",
    "@channel @here @everyone @bob",
  ].map((text) => [text, fromPlain(text)] as const),
  ...[
    '<a href="!channel">x</a>',
    '<a href="https://e.example/|&lt;!channel&gt;">x</a>',
    '<a href="https://e.example/">&lt;!channel&gt;</a>',
    "<b>&lt;!channel&gt;</b>",
    "<code>&lt;!here&gt;</code>",
    "<pre>&lt;@U012345678&gt;</pre>",
  ].map(
    (html) => [html, fromHtml(html, { pill: (_target, text) => ({ t: "text", text }) })] as const,
  ),
  [
    "an everyone that is not allowed",
    [{ t: "para", of: [{ t: "everyone", scope: "all", allowed: false }] }],
  ],
];

const contentOf = (text: RichText): Content => ({ parts: [{ id: firstPart, kind: "text", text }] });

const withFixture = async (
  play: (fixture: Fixture) => Promise<void>,
  more: Readonly<Record<string, unknown>> = {},
): Promise<void> => {
  const fixture = await openFixture(more);
  try {
    await play(fixture);
  } finally {
    await fixture.close();
  }
};

describe("what is typed calls nobody", () => {
  for (const speaker of [
    { as: "self" } as const,
    { as: "relay", handle: "x", name: "<!channel>" } as const,
  ])
    test(`as ${speaker.as}`, { timeout: 20_000 }, () =>
      withFixture(async (fixture) => {
        const live = await fixture.goLive();
        const { server, general } = fixture;
        for (const [name, text] of calls) {
          const before = general.posts.length;
          for (const order of ordersFor(live, {
            chat: chatOf(general),
            content: contentOf(text),
            speaker,
          })) {
            const result = await live.connection.send(order, createAttempt());
            assert(result.state === "sent");
            await live.connection.edit?.(result.sent.id, order, createAttempt());
          }
          for (const post of general.posts.slice(before))
            assert.deepEqual(server.callsOf(post), [], name);
        }
        const sent = server.calls.filter(({ method }) => method === "chat.postMessage");
        assert(
          sent.every(({ args }) => args["link_names"] === "false" && args["parse"] === "none"),
        );
      }),
    );

  test("who is allowed to call everybody does", { timeout: 20_000 }, () =>
    withFixture(async (fixture) => {
      const live = await fixture.goLive();
      const text: RichText = [{ t: "para", of: [{ t: "everyone", scope: "here", allowed: true }] }];
      for (const order of ordersFor(live, {
        chat: chatOf(fixture.general),
        content: contentOf(text),
      }))
        await live.connection.send(order, createAttempt());
      const [post] = fixture.general.posts;
      assert(post);
      assert.deepEqual(fixture.server.callsOf(post), ["here"]);
    }),
  );
});

const signed = { app_token: undefined, signing_secret: "signing-secret-1-0123456789" } as const;

describe("signed events", () => {
  test("are taken once, refused when forged, old, repeated or asked for", { timeout: 20_000 }, () =>
    withFixture(async (fixture) => {
      const live = await fixture.goLive();
      const handler = live.network.webhooks?.["events"];
      assert(handler);
      const address = await openAddress(handler);
      const { server, bob, general, app } = fixture;
      app.app.eventsUrl = address.url;
      const post = (body: WireObject, forge?: Forgery): Promise<number> =>
        server.feed.post(app.app, body, forge);
      try {
        server.say(bob, general, "signed");
        await until("the event", () => live.core.of("message").length === 1);
        const [payload] = server.feed.sent;
        assert(payload);
        const event = {
          type: "message",
          channel: general.id,
          user: bob.id,
          text: "forged",
          ts: "1.000001",
        };
        const forged = { ...payload, event_id: "Ev0FORGED01", event };
        const now = Math.floor(Date.now() / 1000);
        assert.equal(await post(forged, { secret: "wrong" }), 401);
        assert.equal(await post(forged, { at: now - 301 }), 401);
        assert.equal(await post(forged, { at: now + 302 }), 401);
        assert.equal(await post(forged, { headers: { "x-slack-signature": "" } }), 401);
        assert.equal(await post(forged, { headers: { "x-slack-signature": "v0=00" } }), 401);
        assert.equal((await fetch(address.url)).status, 405);
        assert.equal((await fetch(address.url, { method: "POST", body: "{}" })).status, 401);
        const late = { ...payload, event_id: "Ev0LATE0001" };
        assert.equal(await post(late, { at: now }), 200);
        assert.equal(await post(late, { at: now }), 401, "the very same call again");
        assert.equal(await post(late, { at: now + 1 }), 200, "Slack's own second try");
        assert.equal(await post({ type: "url_verification", challenge: "abc" }), 200);
        const keys = new Set(live.core.of("message").map(({ key }) => key));
        assert.equal(keys.size, 1, "nothing forged was heard");
      } finally {
        await address.close();
      }
    }, signed),
  );

  test("that cannot be stored are not acknowledged, and come again", { timeout: 20_000 }, () =>
    withFixture(async (fixture) => {
      const live = await fixture.goLive();
      const handler = live.network.webhooks?.["events"];
      assert(handler);
      const address = await openAddress(handler);
      const { server, bob, general, app } = fixture;
      app.app.eventsUrl = address.url;
      try {
        live.core.beforeCommit = () => Promise.reject(new Error("The disk is full."));
        server.say(bob, general, "keep me");
        await until("the refusal", () =>
          live.core.states.some(({ state }) => state === "reconnecting"),
        );
        assert.deepEqual(server.feed.acknowledged, []);
        live.core.beforeCommit = () => Promise.resolve();
        await live.core.reached("connected", 2);
        await server.feed.redeliver();
        await until("the event", () => live.core.of("message").length >= 1);
      } finally {
        await address.close();
      }
    }, signed),
  );
});

describe("a login by the browser", () => {
  const run = (fixture: Fixture, returned: (url: string) => URLSearchParams) => {
    const flow = slack.logins["oauth"];
    assert(flow);
    const { ui, signal } = scriptedLogin({ returned });
    return flow.run(ui, { config: fixture.config, signal });
  };

  test("takes only the answer to its own question, and a code once", { timeout: 20_000 }, () =>
    withFixture(async (fixture) => {
      const { server, ana } = fixture;
      let used = new URLSearchParams();
      const [login] = await run(fixture, (url) => (used = server.approve(url, ana)));
      assert.equal(login?.user, ana.id);
      await assert.rejects(
        run(fixture, () => used),
        /was used or is too old/,
      );
      await assert.rejects(
        run(fixture, (url) => {
          const params = server.approve(url, ana);
          params.set("state", "another");
          return params;
        }),
        /belongs to another login/,
      );
      await assert.rejects(
        run(fixture, () => new URLSearchParams({ error: "access_denied", state: "state-1" })),
        /was not allowed/,
      );
      const asked = server.calls.filter(({ method }) => method === "oauth.v2.access").length;
      assert.equal(asked, 2, "a wrong answer is not even tried");
    }),
  );

  test("of another workspace is refused", { timeout: 20_000 }, () =>
    withFixture(async (fixture) => {
      const flow = slack.logins["token"];
      const other = await openFixture();
      try {
        other.server.world.team.id = "T0OTHER001";
        const token = other.server.addToken("user", other.ana, other.app.app);
        const { ui, signal } = scriptedLogin({ answers: { token: token.text } });
        const config = { ...other.config, bot_token: fixture.app.botToken.text };
        await assert.rejects(async () => flow?.run(ui, { config, signal }));
      } finally {
        await other.close();
      }
    }),
  );
});

test("tokens are in no log and in no error", { timeout: 20_000 }, () =>
  withFixture(async (fixture) => {
    const live = await fixture.goLive();
    const { server, app, general } = fixture;
    server.fail("chat.postMessage", "internal_error", { status: 500 });
    const [order] = ordersFor(live, { chat: chatOf(general), content: contentOf(fromPlain("x")) });
    assert(order);
    const error: unknown = await live.connection
      .send(order, createAttempt())
      .catch((it: unknown) => it);
    assert(error instanceof Error);
    for (const secret of [app.botToken.text, app.app.appToken])
      assert(!`${live.core.log} ${error.message}`.includes(secret));
    const inAddress = server.calls.filter(({ args }) => JSON.stringify(args).includes("xox"));
    assert.deepEqual(inAddress, []);
  }),
);

test(
  "what Slack names as its place gets no file and no cookie where it is none",
  { timeout: 20_000 },
  () =>
    withFixture(async (fixture) => {
      const { server, ana, general, config, files } = fixture;
      const asked: string[] = [];
      const other = createServer((request, response) => {
        asked.push(JSON.stringify(request.headers));
        response.end();
      });
      other.on("upgrade", (request, socket) => {
        asked.push(JSON.stringify(request.headers));
        socket.destroy();
      });
      await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
      const place = other.address();
      assert(typeof place === "object" && place !== null);
      const at = `//127.0.0.1:${place.port}/`;
      try {
        const live = await fixture.goLive();
        files.set("cat", new TextEncoder().encode("a picture of a cat"));
        const media = { locator: "cat", name: "cat.png", mime: "image/png" };
        const content: Content = { parts: [{ id: firstPart, kind: "media", as: "image", media }] };
        const [order] = ordersFor(live, { chat: chatOf(general), content });
        assert(order);
        const given = { ok: true, upload_url: `http:${at}`, file_id: "F012345678" };
        server.answer("files.getUploadURLExternal", JSON.stringify(given));
        await assert.rejects(live.connection.send(order, createAttempt()), BridgeError);

        const { text: token, cookie } = server.addToken("session", ana);
        const { signal } = new AbortController();
        const api = openApi(config.api_url, {
          credentials: { token, ...(cookie === undefined ? {} : { cookie }) },
          signal,
        });
        server.answer("rtm.connect", JSON.stringify({ ok: true, url: `ws:${at}`, self: {} }));
        const { transport } = openSessionSocket(api);
        const nothing = (): Promise<void> => Promise.resolve();
        await assert.rejects(
          transport({ signal, opened: nothing, receive: nothing }),
          /would lead to a host that is not Slack's/,
        );
      } finally {
        other.closeAllConnections();
        other.close();
      }
      assert.deepEqual(asked, []);
    }),
);
