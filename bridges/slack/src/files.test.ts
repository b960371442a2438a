import assert from "node:assert/strict";
import { createServer } from "node:http";
import { describe, test } from "node:test";
import {
  BridgeError,
  firstPart,
  messageId,
  type Content,
  type MediaRef,
} from "@bridgebox/core/adapter";
import { fromPlain } from "@bridgebox/core/richtext";
import { createAttempt } from "@bridgebox/core/testing";
import { chatOf, openFixture, orderFor } from "./testing/world.ts";
import type { Fixture, Live } from "./testing/world.ts";

const onSlack = (name: string, play: (fixture: Fixture, live: Live) => Promise<void>): void => {
  test(name, { timeout: 20_000 }, async () => {
    const fixture = await openFixture();
    try {
      fixture.files.set("cat", new TextEncoder().encode("a picture of a cat"));
      await play(fixture, await fixture.goLive());
    } finally {
      await fixture.close();
    }
  });
};

const picture = (caption?: string): Content => ({
  parts: [
    {
      id: firstPart,
      kind: "media",
      as: "image",
      media: { locator: "cat", name: "cat.png", mime: "image/png" },
      ...(caption === undefined ? {} : { caption: fromPlain(caption) }),
    },
  ],
});

const eve = { as: "relay", handle: "@eve:m", name: "Eve" } as const;
const signal = () => AbortSignal.timeout(5000);

const textOf = async (stream: { readonly body: ReadableStream<Uint8Array> }): Promise<string> =>
  new Response(stream.body as ReadableStream<Uint8Array<ArrayBuffer>>).text();

/** A server that is none of Slack's, and notes who asks it for anything. */
const openOther = async (): Promise<{
  readonly url: string;
  readonly asked: readonly string[];
  close(): Promise<void>;
}> => {
  const asked: string[] = [];
  const other = createServer((request, response) => {
    asked.push(JSON.stringify(request.headers));
    response.end("secret");
  });
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const address = other.address();
  assert(address !== null && typeof address === "object");
  return {
    url: `http://127.0.0.1:${address.port}/x.png`,
    asked,
    close: async () => {
      other.closeAllConnections();
      await new Promise((resolve) => other.close(resolve));
    },
  };
};

describe("files to Slack", () => {
  onSlack("are put where Slack says, and shown with their words", async (fixture, live) => {
    const { general } = fixture;
    const order = orderFor(live, { chat: chatOf(general), content: picture("look <!channel>") });
    const result = await live.connection.send(order, createAttempt());
    const [post] = general.posts;
    assert(result.state === "sent");
    assert.equal(result.sent.id, post?.ts);
    assert(post);
    assert.deepEqual(fixture.server.callsOf(post), []);
    assert.equal(new TextDecoder().decode(post.files[0]?.bytes), "a picture of a cat");
    assert.equal(post.files[0]?.name, "cat.png");
  });

  onSlack("are told to stand in the thread that they were sent to", async (fixture, live) => {
    const { server, bob, general } = fixture;
    const root = server.say(bob, general, "root");
    const id = messageId(root.ts);
    for (const more of [{}, { speaker: eve }]) {
      const content = { ...picture(), replyTo: { id, ids: [id] } };
      const order = orderFor(live, { chat: chatOf(general), content, ...more });
      const attempt = createAttempt();
      const sent = await live.connection.send(order, attempt);
      const found = await live.connection.find?.(order, attempt);
      assert(sent.state === "sent" && found?.state === "sent");
      assert.deepEqual([sent.sent.thread, found.sent.thread], [id, id]);
      assert.equal(general.posts.find(({ ts }) => ts === sent.sent.id)?.threadTs, root.ts);
    }
  });

  onSlack("that were put there once are not put there again", async (fixture, live) => {
    const { server, general, opened } = fixture;
    const order = orderFor(live, { chat: chatOf(general), content: picture() });
    server.fail("files.completeUploadExternal", "internal_error");
    const attempt = createAttempt();
    await assert.rejects(
      live.connection.send(order, attempt),
      (error) => error instanceof BridgeError && error.reached === "unknown",
    );
    assert.equal((await live.connection.find?.(order, attempt))?.state, "absent");
    const result = await live.connection.send(order, createAttempt(attempt));
    assert.equal(result.state, "sent");
    assert.deepEqual(opened, ["cat"]);
    assert.equal(general.posts.length, 1);
    assert.equal((await live.connection.find?.(order, attempt))?.state, "sent");
  });

  onSlack("that cannot be read to their end fail for the reason of that", async (fixture, live) => {
    const { server, general, files } = fixture;
    const facts = { reached: "no", scope: "item" } as const;
    const whole = new BridgeError("too_large", "The file was not read: it is too large.", facts);
    files.set("cat", () => ({
      size: 300_000,
      body: new ReadableStream({
        start: (controller) => controller.enqueue(new Uint8Array(1000)),
        pull: (controller) => controller.error(whole),
      }),
    }));
    const order = orderFor(live, { chat: chatOf(general), content: picture() });
    await assert.rejects(live.connection.send(order, createAttempt()), whole);
    assert.equal(general.posts.length, 0);
    assert(server.calls.every(({ method }) => method !== "files.completeUploadExternal"));
  });

  onSlack("that Slack gives no place to are let go of", async (fixture, live) => {
    const { server, general, files } = fixture;
    let letGo = 0;
    const cancel = (): void => {
      letGo += 1;
    };
    files.set("cat", () => ({ size: 3, body: new ReadableStream({ cancel }) }));
    server.fail("files.getUploadURLExternal", "file_uploads_disabled");
    const order = orderFor(live, { chat: chatOf(general), content: picture() });
    await assert.rejects(
      live.connection.send(order, createAttempt()),
      (error) => error instanceof BridgeError && error.code === "forbidden",
    );
    assert.equal(letGo, 1);
  });

  onSlack("whose message Slack is slow to tell are known by their echo", async (fixture, live) => {
    const { server, general } = fixture;
    server.fail("files.info", "file_not_found");
    const order = orderFor(live, { chat: chatOf(general), content: picture("late") });
    const attempt = createAttempt();
    const result = await live.connection.send(order, attempt);
    assert.equal(result.state, "pending");
    const echo = await live.core.event("the echo", (it) => it.kind === "message" && it);
    assert.equal(echo.confirms, attempt.key);
  });

  onSlack("of people without a login are shown under their names", async (fixture, live) => {
    const { server, general } = fixture;
    const order = orderFor(live, { chat: chatOf(general), content: picture("mine"), speaker: eve });
    const attempt = createAttempt();
    await live.connection.send(order, attempt);
    const [post] = general.posts;
    assert.equal(post?.username, "Eve");
    assert.match(JSON.stringify(post?.blocks), /"slack_file":\{"id":"F/);
    assert.equal((await live.connection.find?.(order, attempt))?.state, "sent");
    const [part] = picture().parts;
    assert(part?.kind === "media");
    const text: Content = {
      parts: [
        { ...part, as: "file", media: { locator: "cat", name: "a.txt", mime: "text/plain" } },
      ],
    };
    await live.connection.send(
      orderFor(live, { chat: chatOf(general), content: text, speaker: eve }),
      createAttempt(),
    );
    assert.match(
      JSON.stringify(general.posts[1]?.blocks),
      /https:\/\/sandbox\.slack\.com\/files\//,
    );
    assert.deepEqual(server.violations, []);
  });
});

test("a file that is named like a command calls nobody", { timeout: 20_000 }, async () => {
  const fixture = await openFixture();
  try {
    const live = await fixture.goLive();
    const { server, general, files } = fixture;
    files.set("cat", new TextEncoder().encode("a cat"));
    for (const [name, mime] of [
      ["<!channel> <@U012345678>.png", "image/png"],
      ["<!here>.txt", "text/plain"],
    ] as const)
      for (const speaker of [eve, { as: "self" }] as const) {
        const media = { locator: "cat", name, mime };
        const content = { parts: [{ id: firstPart, kind: "media", as: "file", media }] } as const;
        const order = orderFor(live, { chat: chatOf(general), content, speaker });
        await live.connection.send(order, createAttempt());
      }
    assert.equal(general.posts.length, 4);
    for (const post of general.posts) assert.deepEqual(server.callsOf(post), [], post.text);
  } finally {
    await fixture.close();
  }
});

describe("files from Slack", () => {
  onSlack("come with name, kind and size, and are read with the token", async (fixture, live) => {
    const { server, bob, general } = fixture;
    const bytes = new TextEncoder().encode("dog");
    const file = server.addFile(bob, "dog.png", bytes, { mime: "image/png", width: 3, height: 4 });
    server.say(bob, general, "my dog", { files: [file] });
    const event = await live.core.event("the file", (it) => it.kind === "message" && it);
    const [part, ...more] = event.content.parts;
    assert(part?.kind === "media" && more.length === 0);
    const { name, mime, size, width, height } = part.media;
    assert.deepEqual(
      [part.as, name, mime, size, width, height],
      ["image", "dog.png", "image/png", 3, 3, 4],
    );
    const stream = await live.connection.open?.(part.media, signal());
    assert(stream);
    assert.equal(await textOf(stream), "dog");
    const clip = { duration: 3177, waves: [0, 32, 100] };
    const spoken = server.addFile(bob, "audio_message.m4a", bytes, { mime: "audio/mp4", clip });
    server.say(bob, general, "", { files: [spoken] });
    const voice = await live.core.event("the clip", (it) => {
      const [first] = it.kind === "message" ? it.content.parts : [];
      return first?.kind === "media" && first.as === "voice" && first;
    });
    assert.deepEqual([voice.media.duration, voice.waveform], [3177, [0, 32, 100]]);
  });

  onSlack("that are several are several parts", async (fixture, live) => {
    const { server, bob, general } = fixture;
    const files = ["a.txt", "b.mp4"].map((name) => server.addFile(bob, name, new Uint8Array(2)));
    server.say(bob, general, "two", { files });
    const event = await live.core.event("the files", (it) => it.kind === "message" && it);
    assert.deepEqual(
      event.content.parts.map(({ id, kind }) => [id, kind]),
      [
        ["", "text"],
        [files[0]?.id, "media"],
        [files[1]?.id, "media"],
      ],
    );
  });

  onSlack("on another host are not fetched, and no token goes there", async (fixture, live) => {
    const other = await openOther();
    const there = other.url;
    try {
      const { server, bob, general } = fixture;
      const file = server.addFile(bob, "x.png", new Uint8Array(1), { url: there });
      server.say(bob, general, "", { files: [file] });
      const event = await live.core.event("the file", (it) => it.kind === "message" && it);
      const [part] = event.content.parts;
      assert(part?.kind === "media");
      const { connection } = live;
      const hostile: readonly MediaRef[] = [
        part.media,
        { locator: { picture: there } },
        ...[
          "https://files.slack.com.evil.example/x",
          "https://evil.example/files.slack.com",
          "https://files.slack.com@evil.example/x",
          "https://notslack.com/x",
          "http://files.slack.com/x",
          "https://files.slack.com:8443/x",
          "file:///etc/passwd",
          "javascript:1",
          "//evil.example/x",
          "",
        ].map((url): MediaRef => ({ locator: { file: "F0NOTHING0", url } })),
      ];
      for (const media of hostile)
        await assert.rejects(
          async () => connection.open?.(media, signal()),
          BridgeError,
          JSON.stringify(media),
        );
      assert.deepEqual(other.asked, []);
    } finally {
      await other.close();
    }
  });

  onSlack("that send on to another host are not followed there", async (fixture, live) => {
    const { server, bob, general } = fixture;
    const other = await openOther();
    try {
      const places = [
        other.url,
        other.url.replace("127.0.0.1", "localhost"),
        other.url.replace("http:", ""),
        "http://169.254.169.254/latest/meta-data/",
      ];
      for (const [number, redirect] of places.entries()) {
        const name = `${number}.png`;
        const file = server.addFile(bob, name, new Uint8Array(1), { redirect });
        server.say(bob, general, name, { files: [file] });
        const event = await live.core.event(name, (it) =>
          it.kind === "message" && JSON.stringify(it.content).includes(name) ? it : undefined,
        );
        const [part] = event.content.parts;
        assert(part?.kind === "media");
        server.world.pictures.set(`/avatar/${name}`, {
          status: 302,
          headers: { location: redirect },
          body: "",
        });
        for (const media of [part.media, { locator: { picture: `${server.url}/avatar/${name}` } }])
          await assert.rejects(
            async () => live.connection.open?.(media, signal()),
            (error) => error instanceof BridgeError && error.code === "not_found",
            JSON.stringify(media),
          );
      }
      assert.deepEqual(other.asked, []);
    } finally {
      await other.close();
    }
  });

  onSlack("whose place is another host by now are not fetched there", async (fixture, live) => {
    const { server, bob } = fixture;
    const other = await openOther();
    try {
      const file = server.addFile(bob, "moved.png", new Uint8Array(1));
      file.url = other.url;
      const url = `${server.url}/files-pri/T0-F0GONE/x`;
      const moved = { locator: { file: file.id, url } };
      await assert.rejects(
        async () => live.connection.open?.(moved, signal()),
        (error) => error instanceof BridgeError && error.code === "forbidden",
      );
      assert.deepEqual(other.asked, []);
    } finally {
      await other.close();
    }
  });

  onSlack("that are to be a picture for everybody are one", async (fixture, live) => {
    const { server } = fixture;
    const open = async (type: string): Promise<unknown> => {
      const path = `/avatar/${encodeURIComponent(type)}`;
      server.world.pictures.set(path, { headers: { "content-type": type }, body: "<script>" });
      const media = { locator: { picture: server.url + path } };
      return (await live.connection.open?.(media, signal()))?.body.cancel();
    };
    for (const type of ["image/png", "image/gif", "image/jpeg; q=1", "IMAGE/WEBP"])
      await open(type);
    for (const type of ["text/html", "image/svg+xml", "image/svg+xml;charset=utf-8", "", "image"])
      await assert.rejects(
        () => open(type),
        (error) => error instanceof BridgeError && error.code === "forbidden",
        type,
      );
  });

  onSlack("that lead to a sign-in page or elsewhere are not followed", async (fixture, live) => {
    const { server, bob, general } = fixture;
    const file = server.addFile(bob, "x.png", new Uint8Array(1));
    server.say(bob, general, "", { files: [file] });
    const event = await live.core.event("the file", (it) => it.kind === "message" && it);
    const [part] = event.content.parts;
    assert(part?.kind === "media");
    fixture.app.botToken.scopes.delete("files:read");
    await assert.rejects(async () => live.connection.open?.(part.media, signal()), BridgeError);
  });

  onSlack("that are kept elsewhere are named with a link", async (fixture, live) => {
    const { general } = fixture;
    const { server, bob } = fixture;
    server.say(bob, general, "plan", {
      files: [server.addFile(bob, "plan", new Uint8Array(1), { deleted: true })],
    });
    const event = await live.core.event("the file", (it) => it.kind === "message" && it);
    const [part] = event.content.parts;
    assert.equal(part?.kind, "unsupported");
  });
});
