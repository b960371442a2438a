import { chatId } from "@bridgebox/core/adapter";
import type { AsideEvent, ChatRef, Json, KeyValue, Log } from "@bridgebox/core/adapter";
import { GatewayDispatchEvents, InteractionResponseType, MessageFlags } from "discord.js";
import type { GatewayDispatchPayload } from "discord.js";
import { commandNames } from "./commands.ts";
import { codeOf } from "./errors.ts";
import { isSnowflake, timeOf, userOf } from "./ids.ts";
import type { View } from "./view.ts";
import { fieldsOf, isId } from "./wire.ts";
import { keepSome } from "./keep-some.ts";

/** Somebody used a command of ours, as the gateway says. */
interface Use {
  readonly id: string;
  /** The id of the command. */
  readonly command: unknown;
  readonly token: string;
  readonly user: string;
  readonly name: string;
  readonly text: string;
}

export interface UsesOptions {
  readonly view: Pick<View, "login" | "application" | "rest" | "log" | "signal">;
  readonly store: KeyValue;
  /** Whether a command is one of the box's, by its id: an application may have others of that name. */
  readonly isOurs: (command: unknown) => boolean;
}

const what = "A command of Discord was not answered";
/** Discord wants the first answer within three seconds (docs.discord.com/developers/interactions/receiving-and-responding). */
const firstAnswer = 3000;
/** A token of a use is good for fifteen minutes. */
const tokenLife = 14 * 60_000;
const mostKept = 100;
const longestCode = 64;
const kept = "uses";

const wait =
  "I look at that. If nothing else stands here in a minute, nothing was done: try again in ten minutes.";

/** What people do with the bot's commands, which nobody else sees: told to the core as asides. */
export class Uses {
  readonly #options: UsesOptions;
  /** First answers under way, and those that were given to what is not stored yet. */
  readonly #first = new Map<string, Promise<boolean>>();
  #tokens: Promise<Map<string, string>> | undefined;

  constructor(options: UsesOptions) {
    this.#options = options;
  }

  /** Before anything else is done with them: the first answer waits for nothing that came before. */
  hear(frames: readonly GatewayDispatchPayload[]): void {
    for (const { t, d } of frames) {
      const use = t === GatewayDispatchEvents.InteractionCreate ? this.#useIn(d) : undefined;
      if (use === undefined || this.#first.has(use.id)) continue;
      keepSome(this.#first, use.id, this.#answerFirst(use), mostKept);
    }
  }

  /** What was said by it; nothing where it is no command of ours, or nobody could be answered. */
  async aside(data: unknown): Promise<AsideEvent | undefined> {
    const use = this.#useIn(data);
    if (use === undefined) return undefined;
    const { login } = this.#options.view;
    const open = await (this.#first.get(use.id) ?? this.#answerFirst(use));
    this.#first.delete(use.id);
    if (!open) return undefined;
    await this.#keep(use);
    return {
      kind: "aside",
      chat: { id: chatId(`use:${use.id}:${use.user}`), receiver: login },
      key: `u:${use.id}`,
      sender: userOf(use.user),
      name: use.name,
      text: use.text,
      at: timeOf(use.id),
    };
  }

  /** By what a use is answered still. */
  async tokenOf(use: string): Promise<string | undefined> {
    return fresh(use) ? (await this.#known()).get(use) : undefined;
  }

  #useIn(data: unknown): Use | undefined {
    const { view, isOurs } = this.#options;
    const use = useIn(data, view.application());
    return use !== undefined && isOurs(use.command) ? use : undefined;
  }

  /** Whether its user can be answered. Twice is as once: Discord takes one first answer. */
  async #answerFirst({ id, token }: Use): Promise<boolean> {
    const { rest, signal, log } = this.#options.view;
    const data = { content: wait, flags: MessageFlags.Ephemeral as number };
    const body = { type: InteractionResponseType.ChannelMessageWithSource as number, data };
    const path = `/interactions/${id}/${token}/callback` as const;
    try {
      const call = { what, signal, body, byPath: true, deadline: firstAnswer };
      await rest.call("POST", path, call);
      return true;
    } catch (thrown) {
      if (codeOf(thrown) === answeredAlready) return true;
      whyNot(log, thrown);
      return false;
    }
  }

  #known(): Promise<Map<string, string>> {
    this.#tokens ??= this.#options.store
      .get(kept)
      .then(tokensIn)
      .catch((error: unknown) => {
        this.#tokens = undefined;
        throw error;
      });
    return this.#tokens;
  }

  async #keep({ id, token }: Use): Promise<void> {
    const tokens = await this.#known();
    tokens.set(id, token);
    for (const one of tokens.keys()) if (!fresh(one)) tokens.delete(one);
    for (const one of tokens.keys()) if (tokens.size > mostKept) tokens.delete(one);
    await this.#options.store.set(kept, Object.fromEntries(tokens), { secret: true });
  }
}

const answeredAlready = 40_060;

const whyNot = (log: Log, thrown: unknown): void =>
  log.warn("Somebody's use of a command was left out: they can do it again", {
    why: String(thrown),
  });

const fresh = (use: string): boolean => Date.now() - timeOf(use) < tokenLife;

const tokensIn = (stored: Json | undefined): Map<string, string> => {
  const known = Object.entries(fieldsOf(stored));
  return new Map(
    known.flatMap(([id, token]): [string, string][] =>
      isSnowflake(id) && typeof token === "string" ? [[id, token]] : [],
    ),
  );
};

/**
 * Who used it is whom Discord names beside it (`member.user` in a server, `user` in private), never what
 * somebody typed. Bots cannot use commands.
 */
const useIn = (data: unknown, application: string): Use | undefined => {
  const { id, token, type, application_id: of, data: command, member, user } = fieldsOf(data);
  const { id: which, name: called, type: kind, options } = fieldsOf(command);
  const {
    id: who,
    username,
    bot,
  } = fieldsOf(member === undefined ? user : fieldsOf(member)["user"]);
  if (type !== 2 || kind !== 1 || of !== application || bot === true) return undefined;
  if (!isId(id) || !isId(who) || typeof token !== "string" || typeof username !== "string")
    return undefined;
  if (!/^[\w.-]+$/.test(token)) return undefined;
  const use = { id, command: which, token, user: who, name: username };
  if (called === commandNames.unlink) return { ...use, text: called };
  if (called !== commandNames.link) return undefined;
  const [given] = (Array.isArray(options) ? options : [])
    .map(fieldsOf)
    .filter(({ name }) => name === "code");
  const code = typeof given?.["value"] === "string" ? codeOnly(given["value"]) : "";
  return { ...use, text: [called, code].join(" ").trim() };
};

/** One word, also where somebody pasted the word before it or a blank within. */
const codeOnly = (typed: string): string =>
  typed
    .trim()
    .replace(/^link\s+/i, "")
    .replaceAll(/\s+/g, "")
    .slice(0, longestCode);

/** Whose use of a command that chat stands for. */
export const usedIn = (
  chat: ChatRef,
): { readonly use: string; readonly user: string } | undefined => {
  const [, use, user] = /^use:(\d{1,20}):(\d{1,20})$/.exec(chat.id) ?? [];
  return use === undefined || user === undefined ? undefined : { use, user };
};
