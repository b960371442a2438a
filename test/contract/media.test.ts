import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { chatId } from "@bridgebox/core/adapter";
import type { Connection } from "@bridgebox/core/adapter";
import { cases, playCase } from "@bridgebox/core/testing";
import type { CaseName, Stage } from "@bridgebox/core/testing";
import { files } from "../files/adapter.ts";
import { FilesServer } from "../files/server.ts";

const mediaCases = [
  "hands over a file as a pointer that opens, also after a restart",
  "a file that nobody waits for is not opened",
  "sends a file of each kind that the chat takes, whole and with its caption",
  "a file that breaks off on its way is not shown, and is no mistake of ours",
  "a file that is too large says so, and reached nobody",
] as const satisfies readonly CaseName[];

const openFiles = async (): Promise<Stage> => {
  const server = await FilesServer.listen();
  return {
    config: { url: server.url },
    logins: [{ flow: "name", script: { answers: { name: "box" } } }],
    chat: () => ({ id: chatId("lobby") }),
    nowhere: () => ({ id: chatId("nowhere") }),
    person: {
      say: async (text) => server.say({ text }),
      show: async (file) => server.show(file),
    },
    messages: () => [...server.arrived.values()].map(({ text }) => ({ text, ours: true })),
    files: () =>
      [...server.arrived.values()].flatMap(({ name, head, text, size }) =>
        size === 0 ? [] : [{ name, bytes: head, text }],
      ),
    faults: { cut: () => undefined, stop: async () => undefined, start: async () => undefined },
    violations: () => server.violations,
    close: () => server.close(),
  };
};

describe("the cases about files, on a network that only carries files", () => {
  for (const name of mediaCases)
    test(name, { timeout: 20_000 }, async () => {
      assert.equal(await playCase(files, { start: openFiles }, cases[name]), undefined);
    });
});

/** Each breaks one promise; the case must notice. */
const saboteurs: readonly (readonly [
  string,
  CaseName,
  (good: Connection) => Partial<Connection>,
])[] = [
  [
    "opens other bytes than were shown",
    mediaCases[0],
    () => ({ open: () => Promise.resolve({ body: new Blob(["x"]).stream() }) }),
  ],
  [
    "opens what nobody waits for",
    mediaCases[1],
    (good) => ({
      open: async (ref) => {
        const file = await good.open?.(ref, AbortSignal.timeout(5000));
        assert(file);
        return file;
      },
    }),
  ],
  [
    "takes a broken file for its own mistake",
    mediaCases[3],
    () => ({ send: () => Promise.reject(new TypeError("terminated")) }),
  ],
];

describe("an adapter that breaks one of them is caught", () => {
  for (const [what, name, sabotage] of saboteurs)
    test(what, { timeout: 30_000 }, async () => {
      const broken: typeof files = {
        ...files,
        open: async (host, config) => {
          const network = await files.open(host, config);
          return {
            ...network,
            connect: async (login, session) => {
              const good = await network.connect(login, session);
              return { ...good, ...sabotage(good) };
            },
          };
        },
      };
      await assert.rejects(playCase(broken, { start: openFiles }, cases[name]));
    });
});
