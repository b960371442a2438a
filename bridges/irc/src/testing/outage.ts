import type { Content } from "@bridgebox/core/adapter";
import { toPlain } from "@bridgebox/core/richtext";
import type { IrcServer } from "../../../../test/networks/irc/index.ts";
import type { Joined } from "./fixture.ts";
import { messages } from "./fixture.ts";

export const plain = ({ content: { parts } }: { content: Content }) =>
  parts.map((part) => (part.kind === "text" ? toPlain(part.text) : "")).join("");

/** What was said, as it was told. */
export const words = ({ host }: Joined): readonly string[] => messages(host).map(plain);

/** The relay is away while `meanwhile` happens, then has said the marker after it. */
export async function away(
  server: IrcServer,
  relay: Joined,
  { meanwhile, say }: { meanwhile: () => Promise<unknown>; say: (text: string) => void },
): Promise<void> {
  const times = relay.host.states.filter(({ state }) => state === "connected").length;
  server.dropConnections("bridge");
  await server.until(() => server.lookup("bridge") === undefined);
  await meanwhile();
  await relay.host.reached("connected", times + 1);
  await server.until(() => server.channel("#room")?.members.has("bridge") === true);
  say("marker");
  await relay.host.until(() => words(relay).includes("marker"));
}

/** What is said to that login is on the server and not stored here: the disk is full, and it comes back. */
export async function forgetful(
  server: IrcServer,
  login: Joined,
  { say, last }: { say: () => void | Promise<void>; last: string | readonly string[] },
): Promise<void> {
  const times = login.host.states.filter(({ state }) => state === "connected").length;
  const all = [last].flat();
  const heard = () =>
    server.until(({ lines }) => all.every((text) => lines.some(({ line }) => line.endsWith(text))));
  let refused = false;
  login.host.beforeCommit = async ({ events }) => {
    if (refused || !events.some(({ kind }) => kind === "message")) return;
    refused = true;
    await heard();
    throw new Error("The disk is full.");
  };
  await say();
  await login.host.reached("connected", times + 1);
}

/** The clock shows another time than before: servers order people by the moment they last wrote in. */
export function nextMoment(): void {
  const now = Date.now();
  while (Date.now() === now);
}

/** So that an outage is short. */
export const more = { reconnect: { min_seconds: 1, max_seconds: 1 } };
