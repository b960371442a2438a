import type { ChatFeatures } from "@bridgebox/core/adapter";
import { chatId } from "@bridgebox/core/adapter";
import type { CaseName } from "../../core/src/testing/cases.ts";

import { featuresOf as discordFeatures } from "../../bridges/discord/src/features.ts";
import { permissions } from "../../bridges/discord/src/permissions.ts";
import { gaps as discordGaps } from "../../bridges/discord/src/testing/gaps.ts";
import type { Abilities } from "../../bridges/irc/src/api/abilities.ts";
import { configSchema as ircConfig } from "../../bridges/irc/src/config.ts";
import { featuresOf as ircFeatures } from "../../bridges/irc/src/features.ts";
import { gaps as ircGaps, nowhere, skip } from "../../bridges/irc/src/testing/gaps.ts";
import { abilitiesOf } from "../../bridges/slack/src/connection.ts";
import { featuresOf as slackFeatures } from "../../bridges/slack/src/features.ts";
import { gaps as slackGaps } from "../../bridges/slack/src/testing/gaps.ts";
import { featuresOf as telegramFeatures } from "../../bridges/telegram/src/features.ts";
import { gaps as telegramGaps } from "../../bridges/telegram/src/testing/gaps.ts";
import { isHeard, isUsed, kindsOf, methodsOf } from "./feature-facts.ts";
import { abilities, ofAccount, proven, told } from "./feature-rows.ts";
import { page, table } from "./table.ts";

const head = `# What passes

This page is computed from the adapters, and a test pins it: from the cases of the contract suite that each
network's adapter plays against a server of its network, from what each adapter says that a chat can do, and from what
the box makes use of. Where something does not pass, the guide of the network says what people see instead. What it says of a chat is the most:
a room without the right to it there offers less.

**from** the network into Matrix, **to** the network from Matrix.
`;

interface Network {
  readonly id: string;
  readonly name: string;
  /** What is not played anywhere, and what is not played on every server. */
  readonly never: readonly CaseName[];
  readonly notEverywhere?: readonly CaseName[];
  /** Where it is not played everywhere: where it is. */
  readonly where?: string;
  /** What a chat can do, by who speaks there. */
  readonly chats: readonly (readonly [who: string, features: ChatFeatures])[];
}

const everyAbility: Abilities = {
  labels: true,
  tags: true,
  accounts: true,
  sends: () => true,
  redact: true,
  multiline: undefined,
  history: { limit: 100, byId: true },
  relay: { separator: "/" },
  replays: false,
};

const channel = { id: chatId("#channel") };

const ircChat = (abilities: Abilities | undefined): ChatFeatures => {
  const parsed = ircConfig.parse({ server: "irc.example.org" });
  if (!parsed.ok) throw new Error("A server is no config of IRC any more.");
  const { max_age: maxAge, reactions } = parsed.value;
  const reactionLines = reactions === "line";
  return ircFeatures({
    chat: channel,
    abilities,
    relays: abilities?.relay !== undefined,
    maxAge,
    reactionLines,
    roles: ["moderator", "voice", "member"],
  });
};

const group = { kind: "channel", id: "1" } as const;
/** An admin of the group. */
const rights = { info: true, remove: true, gives: ["admin", "moderator", "member"] } as const;
const reactions = { perUser: 1, custom: false };
const allPermissions = Object.values(permissions).reduce((sum, bit) => sum | bit, 0n);

const networks: readonly Network[] = [
  {
    id: "irc",
    name: "IRC",
    never: nowhere,
    notEverywhere: [...ircGaps, ...skip.map((it) => it.case)],
    where: "IRCv3",
    chats: [
      ["IRC, any server", ircChat(undefined)],
      ["IRC with IRCv3", ircChat(everyAbility)],
    ],
  },
  {
    id: "slack",
    name: "Slack",
    never: slackGaps,
    chats: [
      ["Slack, the app", slackFeatures({ can: abilitiesOf("bot") })],
      ["Slack, your token", slackFeatures({ can: abilitiesOf("user") })],
      ["Slack, your session", slackFeatures({ can: abilitiesOf("session") })],
    ],
  },
  {
    id: "telegram",
    name: "Telegram",
    never: telegramGaps,
    chats: [
      ["Telegram, you", telegramFeatures(group, false, { reactions, forum: true, rights })],
      ["Telegram, a bot", telegramFeatures(group, true, { reactions, forum: true, rights })],
    ],
  },
  {
    id: "discord",
    name: "Discord",
    never: discordGaps,
    chats: [
      ["Discord, a server", discordFeatures({ held: allPermissions, place: "guild", lists: true })],
      ["Discord, private", discordFeatures({ held: allPermissions, place: "direct", lists: true })],
    ],
  },
];

const yes = "yes";
const no = "–";

const played = (network: Network, names: readonly CaseName[]): string => {
  const has = (list: readonly CaseName[] = []) => names.some((name) => list.includes(name));
  if (names.length === 0) return "";
  if (has(network.never)) {
    const ownRoom = names.some((name) => /thread/.test(name)) && network.chats.some(isByChat);
    return ownRoom ? "as a room" : no;
  }
  return has(network.notEverywhere) ? (network.where ?? no) : yes;
};

const isByChat = ([, features]: readonly [string, ChatFeatures]): boolean =>
  features.thread === "chat";

const sizes = ({ text, media, relay, thread, reactions: given, roles = [] }: ChatFeatures) => {
  const largest = Math.max(0, ...Object.values(media).map(({ max }) => max));
  const unit = { utf16: "characters", codepoint: "characters", byte: "bytes" }[text.unit];
  return {
    "longest text, after which it is split": `${text.max.toLocaleString("en")} ${unit}`,
    "largest file":
      largest === 0 ? "a link" : `${Math.floor(largest / 1_000_000).toLocaleString("en")} MB`,
    "people without a login are shown":
      relay.text === "native" ? "under their names" : "by a prefix",
    threads: { none: "none", inline: "threads", chat: "as rooms of their own" }[thread],
    "own emoji as reactions": given?.custom === true ? yes : no,
    "roles that can be given": roles.length === 0 ? no : roles.join(", "),
  };
};

const abilityRows = (): readonly (readonly string[])[] => {
  const chats = networks.flatMap((network) => network.chats.map(([, features]) => features));
  const can = Object.entries(abilities).flatMap(([name, says]) =>
    says === undefined || !isUsed(name)
      ? []
      : [[says, ...chats.map((chat) => (chat.can.some((it) => it === name) ? yes : no))]],
  );
  const sized = chats.map(sizes);
  const names = Object.keys(sized[0] ?? {});
  const limits = names.map((name) => [
    name,
    ...sized.map((it) => Object.entries(it).find(([key]) => key === name)?.[1] ?? ""),
  ]);
  return [...can, ...limits];
};

/** `docs/features.md`: what passes on each network, and in which direction. */
export const featureReference = (): string => {
  const kinds = networks.map(({ id }) => kindsOf(id));
  const methods = networks.map(({ id }) => methodsOf(id));
  return page([
    head,
    ...table(
      ["what", ...networks.flatMap(({ name }) => [`from ${name}`, `to ${name}`])],
      proven.map(({ says, from, to }) => [
        says,
        ...networks.flatMap((network) => [played(network, from), played(network, to)]),
      ]),
    ),
    "",
    "_IRCv3_: where the server has it. _as a room_: a thread, topic or forum post is a chat with a room of its own.",
    "",
    "## What else comes in",
    "",
    ...table(
      ["what", ...networks.map(({ name }) => name)],
      Object.entries(told).map(([kind, says]) => [
        says,
        ...kinds.map((known) => (known.has(kind) && isHeard(kind) ? yes : no)),
      ]),
    ),
    "",
    "## What can be done from Matrix outside of a chat",
    "",
    ...table(
      ["what", ...networks.map(({ name }) => name)],
      Object.entries(ofAccount).map(([method, says]) => [
        says,
        ...methods.map((known) => (known.has(method) && isUsed(method) ? yes : no)),
      ]),
    ),
    "",
    "A bot may do less of it than a person's own account; it says so.",
    "",
    "## What can be done in a chat from Matrix, by whom",
    "",
    ...table(
      ["what", ...networks.flatMap(({ chats }) => chats.map(([who]) => who))],
      abilityRows(),
    ),
  ]);
};
