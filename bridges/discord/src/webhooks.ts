import type { KeyValue } from "@bridgebox/core/adapter";
import { cleanName } from "@bridgebox/core/richtext";
import { listIn } from "./api/answers.ts";
import type { Rest } from "./api/rest.ts";
import { codeOf } from "./errors.ts";
import { fieldsOf, isId, unread } from "./wire.ts";

/** A webhook of ours; its token is a password. */
export interface Webhook {
  readonly id: string;
  readonly token: string;
}

export interface WebhooksOptions {
  readonly rest: Rest;
  readonly store: KeyValue;
  readonly application: () => string;
}

/** How a webhook of ours is called in a channel's settings. */
const managed = "bridgebox";
const longestName = 80;

/** The webhook is not there any more, or its token is no good. */
export const isGone = (thrown: unknown): boolean => {
  const code = codeOf(thrown);
  return code === 10_015 || code === 50_027;
};

/** One webhook for each channel: found, made, and made again where somebody deleted it. */
export class Webhooks {
  readonly #options: WebhooksOptions;
  readonly #pending = new Map<string, Promise<Webhook>>();
  readonly #known = new Map<string, Webhook>();

  constructor(options: WebhooksOptions) {
    this.#options = options;
  }

  /** The webhook of a channel that there is already, without making one. */
  async existing(channel: string): Promise<Webhook | undefined> {
    return this.#known.get(channel) ?? this.#stored(channel);
  }

  /** Does something by the channel's webhook; once more by a new one if it was gone. */
  async use<T>(
    channel: string,
    signal: AbortSignal,
    act: (webhook: Webhook) => Promise<T>,
  ): Promise<T> {
    const webhook = await this.#get(channel, signal);
    try {
      return await act(webhook);
    } catch (thrown) {
      if (!isGone(thrown)) throw thrown;
      await this.#forget(channel, webhook);
      return act(await this.#get(channel, signal));
    }
  }

  #get(channel: string, signal: AbortSignal): Promise<Webhook> {
    const known = this.#known.get(channel);
    if (known !== undefined) return Promise.resolve(known);
    const under = this.#pending.get(channel);
    if (under !== undefined) return under;
    const made = this.#find(channel, signal).finally(() => this.#pending.delete(channel));
    this.#pending.set(channel, made);
    return made;
  }

  async #find(channel: string, signal: AbortSignal): Promise<Webhook> {
    const { rest, application, store } = this.#options;
    const stored = await this.#stored(channel);
    if (stored !== undefined) return this.#keep(channel, stored);
    const ask = { what: "The message was not sent", needs: "Manage Webhooks", signal } as const;
    const path = `/channels/${channel}/webhooks` as const;
    const own = listIn(await rest.call("GET", path, ask), ask.what)
      .map(fieldsOf)
      .filter((it) => it["application_id"] === application() && it["name"] === managed)
      .flatMap((it) => webhookIn(it) ?? []);
    const webhook =
      own[0] ?? webhookIn(await rest.call("POST", path, { ...ask, body: { name: managed } }));
    if (webhook === undefined) throw unread(ask.what);
    await store.set(`webhook:${channel}`, { ...webhook }, { secret: true });
    return this.#keep(channel, webhook);
  }

  #keep(channel: string, webhook: Webhook): Webhook {
    this.#known.set(channel, webhook);
    return webhook;
  }

  async #stored(channel: string): Promise<Webhook | undefined> {
    return webhookIn(await this.#options.store.get(`webhook:${channel}`));
  }

  async #forget(channel: string, webhook: Webhook): Promise<void> {
    if (this.#known.get(channel) !== webhook) return;
    this.#known.delete(channel);
    await this.#options.store.set(`webhook:${channel}`, null);
  }
}

/** Both stand in an address. */
const webhookIn = (answer: unknown): Webhook | undefined => {
  const { id, token } = fieldsOf(answer);
  const fits = typeof token === "string" && /^[\w.-]+$/.test(token);
  return isId(id) && fits ? { id, token } : undefined;
};

/** What Discord refuses in a name, and what stands there instead. */
const altered: readonly (readonly [RegExp, string | ((found: string) => string)])[] = [
  [/discord/gi, (found) => found.replace(/o/i, "0")],
  [/clyde/gi, (found) => found.replace(/l/i, "1")],
  [/@/g, "＠"],
  [/#/g, "＃"],
  [/:/g, "："],
  [/`{3,}/g, "'''"],
  [/^(everyone|here|system message)$/i, (found) => `${found}.`],
];

/**
 * A person's name as a webhook may carry it (docs.discord.com/developers/resources/webhook#create-webhook):
 * 1 to 80 characters, and without the words that Discord keeps for itself.
 */
export const webhookName = (name: string): string => {
  let fit = cleanName(name, longestName);
  for (const [pattern, by] of altered) {
    fit =
      typeof by === "string"
        ? fit.replaceAll(new RegExp(pattern, "g"), by)
        : fit.replace(pattern, by);
  }
  const short = Array.from(fit).slice(0, longestName).join("").trim();
  return short === "" ? "somebody" : short.slice(0, longestName);
};
