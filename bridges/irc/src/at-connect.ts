import type { Log } from "@bridgebox/core/adapter";
import type { IrcMessage } from "irc-framework";
import type { Client } from "./api/client.ts";
import { command } from "./api/line.ts";

/** For all of them, at the speed that the server allows. */
const patienceMs = 60_000;
const mark = "at-connect";

/**
 * Says what the config has the client say before it enters channels. Resolves once the server has processed it; what
 * it refused is logged with the server's words, and without ours: a password may be in them.
 */
export async function sayAtConnect(
  client: Pick<Client, "nick" | "submit" | "until">,
  { lines, log, signal }: { lines: readonly string[]; log: Log; signal: AbortSignal },
): Promise<void> {
  if (lines.length === 0) return;
  const patience = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  const processed = client.until((message) => heard(message, log), patience);
  for (const line of lines)
    client.submit(0, command.written(line.replaceAll("{nick}", client.nick)));
  client.submit(0, command.ping(mark));
  await processed.catch((error: unknown) => {
    if (!signal.aborted)
      log.warn("It is not known whether at_connect was done", { error: String(error) });
  });
}

function heard({ command: verb, params }: IrcMessage, log: Log): boolean {
  if (/^[45]\d\d$/.test(verb)) {
    log.warn("A line of at_connect was refused", { numeric: verb, said: params.at(-1) ?? "" });
  }
  return verb === "PONG" && params.at(-1) === mark;
}
