import type { Log } from "@bridgebox/core/adapter";
import { asBridgeError } from "@bridgebox/core/adapter";
import type { IrcMessage } from "irc-framework";
import type { Client } from "./api/client.ts";
import type { Line } from "./api/line.ts";
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
  const written = lines.flatMap((line) => writable(line.replaceAll("{nick}", client.nick), log));
  if (written.length === 0) return;
  const patience = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  const processed = client.until((message) => heard(message, log), patience);
  for (const line of written) client.submit(0, line);
  client.submit(0, command.ping(mark));
  await processed.catch((error: unknown) => {
    if (!signal.aborted)
      log.warn("It is not known whether at_connect was done", { error: String(error) });
  });
}

/** What does not go into one line is left out, with a word to the admin: the channels do not wait for it. */
function writable(text: string, log: Log): readonly Line[] {
  try {
    return [command.written(text)];
  } catch (error) {
    const why = asBridgeError(error).message;
    log.warn("A line of at_connect was not written", { verb: text.split(" ")[0], why });
    return [];
  }
}

function heard({ command: verb, params }: IrcMessage, log: Log): boolean {
  if (/^[45]\d\d$/.test(verb)) {
    log.warn("A line of at_connect was refused", { numeric: verb, said: params.at(-1) ?? "" });
  }
  return verb === "PONG" && params.at(-1) === mark;
}
