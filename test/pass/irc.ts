import { until } from "../sandbox/client.ts";
import { IrcPerson, IrcServer } from "../networks/irc/index.ts";
import type { SeenLine } from "../networks/irc/index.ts";
import type { Bob, Fallback, Network, Seen } from "./network.ts";
import { thumb } from "./network.ts";

const channel = "#pass";
/** What Ana is called there. */
export const nick = "AnaIrc";

/** What a server of IRC is to whoever passes through it: ours or a real one. */
export interface IrcPlace {
  readonly port: number;
  /** It knows message ids and what is said about them (IRCv3). */
  readonly tags: boolean;
  /** Who may take back what they said. */
  readonly deletes: "everybody" | "accounts" | "nobody";
  /** Whose nick Ana takes has this password, where there are accounts. */
  readonly password?: string;
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
  wrong(): readonly unknown[];
}

/** Our own server, as plain as RFC 1459 has it, or with IRCv3. */
export const ownIrc = async (caps: readonly string[]): Promise<IrcPlace> => {
  const server = await IrcServer.listen({ network: "TestNet", caps });
  return {
    port: server.port,
    tags: caps.includes("message-tags"),
    deletes: caps.includes("draft/message-redaction") ? "everybody" : "nobody",
    stop: () => server.stop(),
    start: () => server.start(),
    close: () => server.close(),
    wrong: () => server.violations,
  };
};

/** A channel; Ana takes a nick of her own. */
export const irc = (place: IrcPlace): Network => {
  let bobby: IrcPerson | undefined;
  const bob = (): IrcPerson => {
    if (bobby === undefined) throw new Error("Bob is not on IRC");
    return bobby;
  };
  /** What Bob has seen and said, in all his connections. */
  const before: SeenLine[] = [];
  const lines = (): readonly SeenLine[] => [...before, ...(bobby?.seen ?? [])];
  const caps = place.tags ? ["message-tags", "echo-message", "draft/message-redaction"] : [];
  const comes = async (): Promise<void> => {
    if (bobby) before.push(...bobby.seen);
    bobby = await IrcPerson.connect({ port: place.port, nick: "bob", caps });
    await bobby.join(channel);
  };
  const said = (text: string): SeenLine | undefined => {
    const line = lines().findLast(({ command, params }) => {
      const words = params.at(-1)?.replaceAll(/\p{Cc}(?:ACTION )?/gu, "");
      return command === "PRIVMSG" && words === text;
    });
    const id = line?.tags.get("msgid");
    const gone = lines().some(({ command, params }) => command === "REDACT" && params[1] === id);
    return id !== undefined && gone ? undefined : line;
  };
  const idOf = (text: string): string => said(text)?.tags.get("msgid") ?? "";
  return {
    id: "irc",
    settings: {
      server: "127.0.0.1",
      port: String(place.port),
      tls: "false",
      flood: "off",
      "reconnect.min_seconds": "1",
      "reconnect.max_seconds": "1",
    },
    lose: () => place.stop(),
    regain: async () => {
      await place.start();
      await comes();
    },
    settled: () =>
      until("the box and Ana are back", async () => {
        await bob().command(`NAMES ${channel}`);
        const names =
          bob()
            .seen.findLast(({ command }) => command === "353")
            ?.params.at(-1) ?? "";
        const there = names.split(" ").map((name) => name.replace(/^[~&@%+]+/, "").split("!")[0]);
        return there.includes(nick) && there.includes("bridgebox");
      }),
    close: async () => {
      await bobby?.close();
      await place.close();
    },
    wrong: () => place.wrong(),
    enter: async () => {
      await comes();
      return {
        logIn: async (ana, talk) => {
          await talk.ask("login irc nick");
          await talk.ask(nick);
          if (place.password === undefined) {
            await ana.send(talk.room, "-");
          } else {
            await talk.ask(nick);
            await ana.send(talk.room, place.password);
          }
          await talk.heard(new RegExp(`^Logged in as ${nick}`));
        },
        join: async (ana) => {
          const room = await ana.join(
            `#irc_${channel}:${ana.userId.split(":").slice(1).join(":")}`,
          );
          await ana.send(room, "hi");
          await bob().until((line) => line.from === nick && line.params.at(-1) === "hi");
          return room;
        },
        ghost: /^@irc_bob:/,
        bob: {
          say: (text) => bob().say(channel, text),
          ...(place.tags ? tagged(bob, idOf) : {}),
          ...(place.deletes === "everybody"
            ? { remove: (text) => bob().raw(`REDACT ${channel} ${idOf(text)}`) }
            : {}),
        },
        see: (text): Seen | undefined => {
          const line = said(text);
          if (line === undefined) return undefined;
          const id = line.tags.get("msgid");
          const reactions = new Set<string>();
          for (const { from, tags } of lines()) {
            if (from === "bob" || id === undefined || tags.get("+draft/reply") !== id) continue;
            const [given, taken] = [tags.get("+draft/react"), tags.get("+draft/unreact")];
            if (given !== undefined) reactions.add(given);
            if (taken !== undefined) reactions.delete(taken);
          }
          const about = line.tags.get("+draft/reply");
          const target = lines().find(
            ({ tags }) => about !== undefined && tags.get("msgid") === about,
          );
          return {
            isHers: line.from === nick,
            answers: target?.params.at(-1),
            reactions: [...reactions],
          };
        },
        fallback: {
          edit: edited,
          ...(place.tags ? { thread: "reply" } : untagged),
          ...(place.deletes === "nobody" ? { remove: refused } : {}),
        },
        left: () => lines().some(({ command, from }) => command === "QUIT" && from === nick),
        relayed: (text) => `<Ana> ${text}`,
      };
    },
  };
};

const tagged = (bob: () => IrcPerson, idOf: (text: string) => string): Partial<Bob> => ({
  react: (text, on) =>
    bob().raw(
      `@+draft/${on ? "react" : "unreact"}=${thumb};+draft/reply=${idOf(text)} TAGMSG ${channel}`,
    ),
  reply: (to, text) => bob().raw(`@+draft/reply=${idOf(to)} PRIVMSG ${channel} :${text}`),
});

/** No server of IRC has edits, and few have deletions. */
const edited = (now: string): string => `(edited) ${now}`;
const refused = /deleted there/;

const untagged: Partial<Fallback> = {
  react: (emoji, about) => `reacted with ${emoji} to bob: "${about}"`,
  reply: (text, to) => `bob: "${to}" ${text}`,
  thread: (text, root) => `bob: "${root}" ${text}`,
};
