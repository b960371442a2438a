import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after } from "node:test";
import type { Registration } from "@bridgebox/registration";
import { openAsking } from "./ask.ts";
import type { Question } from "./ask.ts";
import type { Context } from "./context.ts";
import { configFor, doctor, knowing, path, registered, serve, inFolder } from "./fixture.ts";
import { lookAtHomeserver } from "./homeserver.ts";
import { openDoor } from "./port.ts";
import { lookAtPing, lookAtPublicAddress } from "./reach.ts";

const stop = new AbortController();
after(() => stop.abort());

inFolder("a homeserver that waits in vain for the box is not called silent", async () => {
  const config = await configFor("http://127.0.0.1:9");
  const registration = registered(config);
  const questions: Question[] = [];
  const asking: Context["asking"] = {
    ask: (url, question = {}) => {
      if (url.endsWith("/ping")) questions.push(question);
      return Promise.resolve({ got: "nothing", code: "TIMEOUT" });
    },
    close: () => Promise.resolve(),
  };
  const { signal } = stop;
  const file = path("config.yaml");
  const context = { config, file, path: "r.yaml", registration, asking, signal };
  const door = await openDoor(context);
  try {
    const found = await lookAtPing(context, door, true);
    assert.equal(found.state, "failed");
    assert.match(found.says, /waits in vain for the box at/);
    assert.match(found.fix ?? "", /appservice\.address.*firewall/);
    // Synapse gives an appservice a minute.
    assert.ok((questions[0]?.patience ?? 0) > 60_000);
  } finally {
    await door.close();
  }
});

inFolder(
  "who asks for TLS of a homeserver that leaves it to a proxy is told its address",
  async () => {
    const there = await serve(() => ({ body: { versions: ["v1.12"] } }));
    const config = await configFor(there.replace("http:", "https:"));
    const asking = openAsking(stop.signal);
    const file = path("config.yaml");
    const { signal } = stop;
    try {
      const context = {
        config,
        file,
        path: "r.yaml",
        registration: registered(config),
        asking,
        signal,
      };
      const [found] = (await lookAtHomeserver(context)).checks;
      assert.equal(found?.state, "failed");
      assert.equal(found?.fix, `It answers without TLS: put ${there} into homeserver.address.`);
    } finally {
      await asking.close();
    }
  },
);

inFolder("each question has its own patience", async () => {
  const server = createServer(() => undefined).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  const asking = openAsking(stop.signal);
  try {
    const port = typeof address === "object" ? address?.port : undefined;
    const answer = await asking.ask(`http://127.0.0.1:${port}/`, { patience: 10 });
    assert.deepEqual(answer, { got: "nothing", code: "TIMEOUT" });
  } finally {
    await asking.close();
    server.close().closeAllConnections();
  }
});

inFolder(
  "a proxy that keeps a path of the homeserver's to itself is told apart from an old homeserver",
  async () => {
    let registration: Registration | undefined;
    const without =
      (body: object, versions: readonly string[]) => (url: string, token: string | undefined) => {
        if (url.includes("/client/v1/")) return { status: 404, body };
        if (url.endsWith("/versions")) return { body: { versions } };
        return knowing(() => registration)(url, token);
      };
    const unknown = { errcode: "M_UNRECOGNIZED" };
    for (const [body, versions, ping, media] of [
      [{}, ["v1.12"], "failed", "failed"],
      [unknown, ["v1.12"], "warning", "warning"],
      [unknown, ["v1.5"], "skipped", "warning"],
      [{}, ["v1.5"], "skipped", "warning"],
    ] as const) {
      registration = registered(await configFor(await serve(without(body, versions))));
      const { text } = await doctor();
      assert.match(text, new RegExp(`^${ping} +ping: `, "m"), text);
      assert.match(text, new RegExp(`^${media} +media: `, "m"), text);
      if (ping === "failed") assert.match(text, /→ Let the proxy .* pass on \/_matrix\/client\/v1/);
    }
  },
);

inFolder("a public address that is not reached from here may be from elsewhere", async () => {
  let registration: Registration | undefined;
  const address = await serve(knowing(() => registration));
  const away = "  public_address: http://127.0.0.1:9";
  registration = registered(await configFor(address, away));
  assert.match((await doctor()).text, /^warning {2}public address: It was not reached from here/m);
});

inFolder("another box behind the public address is not this one", async () => {
  const config = await configFor("http://127.0.0.1:9");
  const registration = registered(config);
  const { signal } = stop;
  const asking = openAsking(signal);
  const at = (box: Context["config"]): Context => ({
    config: box,
    file: path("config.yaml"),
    path: "r.yaml",
    registration,
    asking,
    signal,
  });
  const far = await configFor("http://127.0.0.1:9");
  const publicAddress = `http://127.0.0.1:${far.appservice.port}`;
  const here = at({ ...config, appservice: { ...config.appservice, publicAddress } });
  const doors = [await openDoor(here), await openDoor(at(far))] as const;
  try {
    const found = await lookAtPublicAddress(here, doors[0]);
    assert.match(found.says, /\/network does not lead to the box/);
  } finally {
    for (const door of doors) await door.close();
    await asking.close();
  }
});
