import { readFileSync } from "node:fs";
import { docsOf, valueAt, withText, withValue } from "../config/index.ts";
import type { KnownAdapters } from "../config/index.ts";
import type { Flags } from "./flags.ts";
import { chooseNetworks } from "./networks.ts";
import { about, answered, demanded, has } from "./questions.ts";
import type { Draft, Question } from "./questions.ts";
import { seenAt } from "./software.ts";
import type { Seen } from "./software.ts";
import { Stopped } from "./stopped.ts";
import type { Terminal } from "./terminal.ts";

/** What is asked, of whom: without a terminal the flags must say everything that has no default. */
export interface Talk {
  readonly flags: Flags;
  readonly adapters: KnownAdapters;
  readonly terminal: Terminal | undefined;
  readonly say: (line: string) => void;
  /** Where the homeserver reaches the box, if nobody says otherwise. */
  readonly ownAddress: string;
}

type Outcome = Draft | { readonly wrong: string };

/** One question, what takes its answer, and how it is given without a terminal. */
interface Asked {
  readonly question: Question;
  readonly flag: string;
  readonly given: string | undefined;
  readonly accept: (draft: Draft, text: string) => Outcome | Promise<Outcome>;
}

/** Everything that a config must say, from the flags and then from the person. */
export const gather = async (talk: Talk): Promise<Draft> => {
  const { flags, adapters } = talk;
  const missing: string[] = [];
  let draft: Draft = { tree: {}, networks: new Map() };
  draft = withSettings(
    draft,
    settingsOf(flags, (key) => !key.startsWith("networks.")),
  );
  const ask = async (asked: Asked): Promise<void> => {
    const next = await settle(talk, draft, asked);
    if (next === undefined) missing.push(asked.flag);
    else draft = next;
  };
  if (!has(draft, "homeserver.address")) await ask(placeOf(talk));
  const seen = await seenBy(talk, draft);
  for (const asked of basics(talk, seen)) if (!has(draft, asked.question.key)) await ask(asked);
  await ask(softwareOf(talk, draft, seen));
  await ask(adminOf(flags, draft));
  await ask(networksOf(flags, adapters));
  draft = withSettings(
    draft,
    settingsOf(flags, (key) => key.startsWith("networks.")),
  );
  for (const [id, adapter] of draft.networks) {
    const questions = demanded(id, adapter);
    if (questions.length === 0)
      talk.say(
        `\n${adapter.name} needs nothing now; what it can be told is explained in the config.`,
      );
    for (const question of questions) if (!has(draft, question.key)) await ask(field(question));
  }
  if (missing.length > 0) throw new Stopped(1, `These are missing: ${missing.join(", ")}.`);
  return draft;
};

/** The draft with the answer; nothing: it has no default and nobody can be asked. */
const settle = async (talk: Talk, draft: Draft, asked: Asked): Promise<Draft | undefined> => {
  const { question, flag, given, accept } = asked;
  if (given !== undefined) {
    const next = await accept(draft, given);
    if ("wrong" in next) throw new Stopped(1, `${flag}: ${next.wrong}`);
    return next;
  }
  if (talk.terminal === undefined) {
    if (question.enter === undefined) return question.free ? draft : undefined;
    const next = await accept(draft, question.enter);
    return "wrong" in next ? undefined : next;
  }
  return untilGood(talk.terminal, talk.say, { draft, asked });
};

const untilGood = async (
  terminal: Terminal,
  say: (line: string) => void,
  { draft, asked: { question, accept } }: { readonly draft: Draft; readonly asked: Asked },
): Promise<Draft> => {
  for (;;) {
    const line = await terminal.ask(promptOf(question), question.secret);
    if (line === undefined) throw new Stopped(130, "It was interrupted.");
    const text = line === "" ? (question.enter ?? "") : line;
    if (text === "" && question.free) return draft;
    const next = text === "" ? { wrong: "This must be filled in." } : await accept(draft, text);
    if (!("wrong" in next)) return next;
    say(`  ${next.wrong}`);
  }
};

/** As it is put to a person: what for, then the key with what Enter stands for. */
export const promptOf = ({ key, says, such, enter, free }: Question): string => {
  const example = such === undefined ? "" : ` (such as ${such})`;
  const hint = enter !== undefined ? ` [${enter}]` : free ? `${example} [nobody]` : example;
  return `\n${says}\n  ${key}${hint}: `;
};

const field = (question: Question, given?: string, flag?: string): Asked => ({
  question,
  flag: flag ?? `--set ${question.key}=…`,
  given,
  accept: (draft, text) => answered(draft, question, text),
});

const placeOf = ({ flags }: Talk): Asked =>
  field(
    about("homeserver.address", { enter: "http://localhost:8008" }),
    flags.homeserver,
    "--homeserver",
  );

/** A homeserver that runs already tells what is asked next; where none does, a person hears that at once. */
const seenBy = async ({ terminal, say }: Talk, draft: Draft): Promise<Seen | undefined> => {
  const address = valueAt(draft.tree, ["homeserver", "address"]);
  if (typeof address !== "string" || !URL.canParse(address)) return undefined;
  const seen = await seenAt(address);
  if (terminal !== undefined && seen.nothing !== undefined)
    say(
      `  No homeserver answers there now: ${seen.nothing}. Go on if it only does not run; else end this with Ctrl-C and begin again.`,
    );
  return seen;
};

const basics = ({ flags, ownAddress }: Talk, seen: Seen | undefined): readonly Asked[] => [
  field(
    about("homeserver.domain", seen?.name === undefined ? {} : { enter: seen.name }),
    flags.domain,
    "--domain",
  ),
  field(
    about("appservice.address", {
      enter: ownAddress,
      says: "Where the homeserver reaches the box; on another machine or in a container that is its name there",
    }),
    flags.address,
    "--address",
  ),
];

const softwareOf = ({ flags, terminal }: Talk, draft: Draft, seen: Seen | undefined): Asked => {
  const key = "homeserver.software";
  const enter = seen?.software ?? (terminal === undefined ? undefined : "synapse");
  const says = "What the homeserver is: synapse, dendrite or conduit (with its whole family)";
  const question = {
    ...about(key, { says, free: true }),
    ...(enter === undefined ? {} : { enter }),
  };
  const given = has(draft, key) ? String(valueAt(draft.tree, key.split("."))) : flags.software;
  return field(question, given, "--software");
};

const adminOf = ({ admin }: Flags, draft: Draft): Asked => {
  const domain = valueAt(draft.tree, ["homeserver", "domain"]);
  const server = typeof domain === "string" ? domain : "example.org";
  return {
    flag: "--admin",
    given: admin,
    question: {
      key: "permissions",
      says: "Your own Matrix id, which may do everything",
      such: `@you:${server}`,
      secret: false,
      free: true,
    },
    accept: ({ tree, networks }, text) => {
      if (!/^@[^\s:]+:[A-Za-z0-9.:[\]-]+$/.test(text))
        return { wrong: `That is no Matrix id. Put one such as @you:${server}.` };
      const levels = { "*": "relay", [server]: "user", [text]: "admin" };
      return {
        networks,
        tree: Object.entries(levels).reduce(
          (made, [who, level]) =>
            valueAt(made, ["permissions", who]) === undefined || who === text
              ? withValue(made, ["permissions", who], level)
              : made,
          tree,
        ),
      };
    },
  };
};

const networksOf = ({ network }: Flags, adapters: KnownAdapters): Asked => {
  const [first] = Object.keys(adapters);
  return {
    flag: "--network TYPE",
    given: network.length === 0 ? undefined : network.join(","),
    question: {
      key: "networks",
      says: `Which networks: ${Object.keys(adapters).join(", ")}; several with commas, and ${first}:work gives one a name of its own`,
      ...(first === undefined ? {} : { enter: first }),
      secret: false,
      free: false,
    },
    accept: async (draft, text) => {
      const named = text.split(/[\s,]+/).filter(Boolean);
      const networks = await chooseNetworks(named, adapters);
      if (typeof networks === "string") return { wrong: networks };
      const tree = [...networks].reduce(
        (made, [id, { id: type }]) => withValue(made, ["networks", id, "type"], type),
        draft.tree,
      );
      return { tree, networks };
    },
  };
};

interface Setting {
  readonly key: string;
  readonly text: string;
}

const settingsOf = (flags: Flags, fits: (key: string) => boolean): readonly Setting[] =>
  [
    ...flags.set.map((given) => cut(given, "--set KEY=VALUE")),
    ...flags["set-file"].map((given) => {
      const { key, text } = cut(given, "--set-file KEY=FILE");
      return { key, text: contentOf(text) };
    }),
  ].filter(({ key }) => fits(key));

/** A value may be a secret, so it is never shown. */
const cut = (given: string, form: string): Setting => {
  const [, key, text] = /^([^=\s]+)=([^]+)$/.exec(given) ?? [];
  if (key === undefined || text === undefined)
    throw new Stopped(1, `One of the settings is not of the form ${form}.`);
  return { key, text };
};

const contentOf = (path: string): string => {
  try {
    return readFileSync(path, "utf8").replace(/\r?\n$/, "");
  } catch {
    throw new Stopped(1, `--set-file: ${path} cannot be read. Name a readable file.`);
  }
};

const withSettings = (draft: Draft, settings: readonly Setting[]): Draft => ({
  networks: draft.networks,
  tree: settings.reduce(
    (tree, setting) => withText(tree, docsOf(draft.networks), setting),
    draft.tree,
  ),
});
