import { BridgeError } from "@bridgebox/core/adapter";
import type { Log } from "@bridgebox/core/adapter";
import type { DiscordConfig } from "./config.ts";
import { botPage, demandContent, intentsFor } from "./start.ts";
import type { Application } from "./start.ts";

export interface IntentsOptions {
  readonly config: Pick<DiscordConfig, "member_list" | "presence">;
  readonly log: Log;
  /** Asks Discord what the bot's application was allowed. */
  readonly read: (signal: AbortSignal) => Promise<Application>;
  /** From now on nobody is shown as there. */
  readonly unseen: () => void;
}

interface Lacking {
  readonly intent: string;
  readonly so: string;
  readonly key: string;
}

const lists: Lacking = {
  intent: "Server Members Intent",
  so: "nobody is listed",
  key: "member_list",
};
const presence: Lacking = {
  intent: "Presence Intent",
  so: "nobody is shown as there or away",
  key: "presence",
};

/** What the bot is told: as far as its admin wants it, and Discord allows it to the application. */
export class Intents {
  readonly #options: IntentsOptions;
  #application: Application | undefined;

  constructor(options: IntentsOptions) {
    this.#options = options;
  }

  get members(): boolean {
    return this.#options.config.member_list && this.#application?.members !== false;
  }

  get presences(): boolean {
    return this.#options.config.presence && this.#application?.presences !== false;
  }

  /** What the gateway is asked for. */
  get bits(): number {
    return intentsFor(this);
  }

  /** What is wanted and goes on without, for whoever looks at the login. */
  get lacking(): BridgeError | undefined {
    const all = this.#lacking();
    const [first] = all;
    if (first === undefined || this.#application === undefined) return undefined;
    const what = all.map(({ intent, so }) => `the ${intent}, so ${so}`).join(", and ");
    const keys = all.map(({ key }) => key).join(" and ");
    const page = botPage(this.#application.id);
    const sentence = `Not all comes from Discord: the bot lacks ${what} – switch it on at ${page} and restart, or set ${keys} to false.`;
    return new BridgeError("forbidden", sentence, { reached: "no", scope: "item" });
  }

  /** @throws BridgeError where Discord cannot be asked, or the bot may not read what others write. */
  async learn(signal: AbortSignal): Promise<Application> {
    this.#application ??= await this.#ask(signal);
    return this.#application;
  }

  /**
   * Discord refused what the gateway was asked for: whether it is asked for less from now on.
   * @throws BridgeError as `learn`.
   */
  async refused(signal: AbortSignal): Promise<boolean> {
    const { bits, presences } = this;
    this.#application = await this.#ask(signal);
    if (presences && !this.presences) this.#options.unseen();
    return this.bits !== bits;
  }

  async #ask(signal: AbortSignal): Promise<Application> {
    const found = await this.#options.read(signal);
    demandContent(found);
    for (const { intent, so, key } of this.#lacking(found))
      this.#options.log.warn(
        `The bot lacks the ${intent}, so ${so}: switch it on and restart, or set ${key} to false`,
        { page: botPage(found.id) },
      );
    return found;
  }

  #lacking(found = this.#application): readonly Lacking[] {
    const { config } = this.#options;
    return [
      ...(config.member_list && found?.members === false ? [lists] : []),
      ...(config.presence && found?.presences === false ? [presence] : []),
    ];
  }
}
