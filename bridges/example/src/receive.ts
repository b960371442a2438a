import { setTimeout as sleep } from "node:timers/promises";
import type { ConnectingLogin, LogEvent, Session } from "@bridgebox/core/adapter";
import { BridgeError, firstPart } from "@bridgebox/core/adapter";
import { fromPlain } from "@bridgebox/core/richtext";
import type { Account } from "./config.ts";
import { message, room, user } from "./ids.ts";
import type { EchoServer, Entry } from "./server.ts";

/** Listens from the last committed place, until the signal. Each entry is durable before the next. */
export async function receive(
  server: EchoServer,
  login: ConnectingLogin<Account>,
  session: Session<Account>,
): Promise<void> {
  const source = session.source(login.id);
  while (!session.signal.aborted) {
    try {
      server.enter();
      session.state("connected");
      await server.listen(Number(source.cursor("seq") ?? 0), session.signal, (entry) =>
        source.accept({
          events: [event(entry)],
          seenBy: [login.id],
          cursor: { seq: `${entry.seq}` },
        }),
      );
    } catch (cause) {
      const facts = { reached: "no", scope: "login", cause } as const;
      session.state("reconnecting", new BridgeError("network", "The cave is silent.", facts));
      await sleep(20, undefined, { signal: session.signal }).catch(() => {});
    }
  }
}

const event = (entry: Entry): LogEvent => {
  const { id, at, kind, seq, answers, key } = entry;
  const base = { chat: room(entry.room), at, key: `${seq}`, sender: user(entry.from) };
  if (kind === "remove") return { ...base, kind: "delete", ids: [message(id)], for: "all" };
  const part = { id: firstPart, kind: "text", text: fromPlain(entry.text) } as const;
  const replyTo = answers !== undefined && { replyTo: { id: message(answers) } };
  const said = { ...base, id: message(id), content: { parts: [part], ...replyTo } };
  const confirms = key !== undefined && { confirms: key };
  return kind === "edit"
    ? { ...said, kind, version: `${seq}`, ...confirms }
    : { ...said, kind: "message", ...confirms };
};
