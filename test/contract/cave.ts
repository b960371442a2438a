import { chatId } from "@bridgebox/core/adapter";
import type { Stage } from "@bridgebox/core/testing";
import { EchoServer } from "@bridgebox/example/server";

let servers = 0;

/** A cave with Alice, who logs in, and Bob, in its lobby. */
export const openCave = async (): Promise<Stage> => {
  servers += 1;
  const name = `contract-${servers}`;
  const server = EchoServer.at(name);
  const idOf = (text: string) => server.messages("lobby").find((it) => it.text === text)?.id ?? "";
  const bob = (said: Parameters<EchoServer["say"]>[1]) => server.say("bob", said);
  const base = { room: "lobby", kind: "say" } as const;
  return {
    config: { server: name },
    logins: [{ flow: "code", script: { answers: { name: "alice", code: "1234" } } }],
    chat: () => ({ id: chatId("lobby") }),
    nowhere: () => ({ id: chatId("nowhere") }),
    person: {
      say: (text) => bob({ ...base, text }),
      answer: (to, text) => bob({ ...base, text, answers: idOf(to) }),
      edit: (old, text) => bob({ ...base, kind: "edit", id: idOf(old), text }),
      remove: (text) => bob({ ...base, kind: "remove", id: idOf(text), text: "" }),
    },
    messages: () =>
      server.messages("lobby").map(({ text, from, answers }) => ({
        text,
        ours: from === "alice",
        ...(answers !== undefined && {
          answers: server.log.find((it) => it.id === answers)?.text ?? "",
        }),
      })),
    faults: {
      cut: () => server.cut(),
      stop: async () => server.cut(true),
      start: async () => server.cut(),
      swallowReply: () => server.swallowReply(),
    },
    violations: () => server.violations,
    close: async () => {},
  };
};
