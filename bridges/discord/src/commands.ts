import {
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
} from "discord.js";
import type { View } from "./view.ts";
import { fieldsOf } from "./wire.ts";

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

/**
 * Registers what is missing or was changed, and writes nothing else: other commands of the application
 * stay, and Discord takes two hundred a day.
 */
export const registerCommands = async (view: View, signal: AbortSignal): Promise<void> => {
  const call = { what: "The commands of the bot were not registered", signal, patient: true };
  const path = `/applications/${view.application()}/commands` as const;
  const answer = await view.rest.call<unknown>("GET", path, call);
  const known = (Array.isArray(answer) ? answer : []).map(fieldsOf);
  for (const body of commands)
    if (!known.some((one) => isSame(one, body)))
      await view.rest.call("POST", path, { ...call, body });
};

const isSame = (known: Readonly<Record<string, unknown>>, wanted: Command): boolean =>
  shape(known) === shape(wanted);

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
