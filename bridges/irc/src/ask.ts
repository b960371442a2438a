import type { IrcMessage } from "irc-framework";
import type { Line } from "./api/line.ts";
import type { ConnectionContext } from "./context.ts";
import { refusal } from "./errors.ts";

/** Writes a command and waits until the server has done it or said why not. */
export async function ask(
  { link, shared }: ConnectionContext,
  { line, what, done }: { line: Line; what: string; done: (message: IrcMessage) => boolean },
  { about, signal }: { readonly about: readonly string[]; readonly signal: AbortSignal },
): Promise<IrcMessage> {
  const { fold } = shared.names();
  const named = about.map(fold);
  const client = link.client(what);
  const answer = client.until((message) => {
    if (done(message)) return true;
    if (!message.params.slice(1, -1).some((param) => named.includes(fold(param)))) return false;
    return refusal(message, what) ?? false;
  }, signal);
  client.submit(0, line);
  return answer;
}
