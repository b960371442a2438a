import type { Client } from "./api/client.ts";
import { command } from "./api/line.ts";

/** A question or an action in a message, between two signs of its own. */
export function ctcpIn(text: string): { readonly verb: string; readonly text: string } | undefined {
  if (!text.startsWith("\x01")) return undefined;
  const [asked = ""] = text.slice(1).split("\x01");
  const [verb = ""] = asked.split(" ");
  return { verb: verb.toUpperCase(), text: asked.slice(verb.length + 1) };
}

const seldomMs = 2000;

/** Answers questions, one every two seconds at most, so that nobody can make us flood. */
export function ctcpAnswers(): (
  client: Client,
  nick: string,
  asked: { readonly verb: string; readonly text: string },
) => void {
  let last = 0;
  return (client, nick, { verb, text }) => {
    if (verb !== "VERSION" && verb !== "PING" && verb !== "TIME") return;
    const now = Date.now();
    if (now - last < seldomMs) return;
    last = now;
    const replies = {
      VERSION: "bridgebox",
      PING: text.slice(0, 60),
      TIME: new Date(now).toUTCString(),
    };
    client.submit(2, command.ctcpReply(nick, verb, replies[verb]));
  };
}
