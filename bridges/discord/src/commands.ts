import type { Json, KeyValue } from "@bridgebox/core/adapter";
import {
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
} from "discord.js";
import { idIn, listIn } from "./api/answers.ts";
import type { View } from "./view.ts";
import { fieldsOf, isId } from "./wire.ts";

export const commandNames = { link: "link", unlink: "unlink" } as const;

/** In servers and in private with the bot; only for those to whose server it was added. */
const everywhere = {
  type: ApplicationCommandType.ChatInput as number,
  contexts: [InteractionContextType.Guild as number, InteractionContextType.BotDM as number],
  integration_types: [ApplicationIntegrationType.GuildInstall as number],
};

/** docs.discord.com/developers/interactions/application-commands#create-global-application-command */
const commands = [
  {
    ...everywhere,
    name: commandNames.link,
    description: "Show that this account is yours. Only you see the answer.",
    options: [
      {
        type: ApplicationCommandOptionType.String as number,
        name: "code",
        description: "The code that the bridge gave you. Use no code that somebody else sent you.",
      },
    ],
  },
  {
    ...everywhere,
    name: commandNames.unlink,
    description: "End what /link began.",
    options: [],
  },
] as const;

type Command = (typeof commands)[number];

/** A command that this box has made: by which id Discord knows it, and what was said of it last. */
interface Made {
  readonly id: string;
  readonly said: string;
}

const kept = "commands";

export interface CommandsOptions {
  readonly view: Pick<View, "application" | "rest" | "log">;
  readonly store: KeyValue;
}

/** The commands that this box has made, and no others of the application. */
export class Commands {
  readonly #options: CommandsOptions;
  #made = new Map<string, Made>();
  #read = false;

  constructor(options: CommandsOptions) {
    this.#options = options;
  }

  /** Whether it is one that this box has made. */
  isOurs(id: unknown): boolean {
    return [...this.#made.values()].some((one) => one.id === id);
  }

  /** What was made before. */
  async recall(): Promise<void> {
    if (this.#read) return;
    this.#made = madeIn(await this.#options.store.get(kept));
    this.#read = true;
  }

  /**
   * Makes what is missing and writes nothing else, unless the box has more to say of its own than it said
   * last: to make a command takes the place of another one of that name, and Discord takes two hundred a day.
   */
  async register(signal: AbortSignal): Promise<void> {
    const { rest, application } = this.#options.view;
    const call = { what, signal, patient: true };
    const path = `/applications/${application()}/commands` as const;
    const known = listIn(await rest.call("GET", path, call), what).map(fieldsOf);
    for (const body of commands) {
      const there = known.find(({ name, type }) => name === body.name && type === body.type);
      const made = this.#made.get(body.name);
      if (there === undefined) {
        const answer = await rest.call("POST", path, { ...call, body });
        await this.#keep(body, idIn(answer, what, "unknown"));
      } else if (shape(there) === shape(body)) await this.#keep(body, idIn(there, what));
      else if (made === undefined || made.id !== there["id"]) this.#leave(body);
      else if (made.said === shape(there)) {
        const { type: _type, ...change } = body;
        await rest.call("PATCH", `${path}/${made.id}`, { ...call, body: change });
        await this.#keep(body, made.id);
      }
    }
  }

  async #keep(body: Command, id: string): Promise<void> {
    const before = this.#made.get(body.name);
    if (before?.id === id && before.said === shape(body)) return;
    this.#made.set(body.name, { id, said: shape(body) });
    const all = Array.from(this.#made, ([name, made]) => [name, { ...made }] as const);
    await this.#options.store.set(kept, Object.fromEntries(all));
  }

  #leave({ name }: Command): void {
    this.#made.delete(name);
    this.#options.view.log.warn(
      `Nobody can use the command /${name} of the box: the application has another one of that name, which is left as it is. Delete that one and restart, or have people send a direct message`,
    );
  }
}

const what = "The commands of the bot were not registered";

const madeIn = (stored: Json | undefined): Map<string, Made> =>
  new Map(
    Object.entries(fieldsOf(stored)).flatMap(([name, one]): [string, Made][] => {
      const { id, said } = fieldsOf(one);
      return isId(id) && typeof said === "string" ? [[name, { id, said }]] : [];
    }),
  );

/** What of a command is ours to say, in one spelling. */
const shape = ({ name, type, description, options, contexts, integration_types }: Shown): string =>
  JSON.stringify([
    name,
    type,
    description,
    listOf(options).map(fieldsOf).map(shapeOfOption),
    numbersIn(contexts),
    numbersIn(integration_types),
  ]);

type Shown = Readonly<Record<string, unknown>>;

const shapeOfOption = ({ name, type, description, required }: Shown): readonly unknown[] => [
  name,
  type,
  description,
  required === true,
];

const numbersIn = (value: unknown): readonly number[] =>
  listOf(value)
    .map(Number)
    .toSorted((a, b) => a - b);

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
