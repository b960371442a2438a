import { startLogin } from "../engine/index.ts";
import type { LiveNetwork } from "../engine/index.ts";
import type { Login } from "../store/types.ts";
import type { Asked } from "./command.ts";
import { deleteIt, looksSecret } from "./hide.ts";
import { hasOthers } from "./others.ts";

interface Beginning {
  readonly live: LiveNetwork;
  readonly way: string | undefined;
  /** What the person says to choose a way, without the way. */
  readonly line: string;
  readonly relogin?: Login;
}

const waysOf = ({ settings }: LiveNetwork) => Object.entries(settings.adapter.logins);

/** Each way to log in to that network: what to say, and what it gives. */
export const listed = (live: LiveNetwork, line: string): readonly string[] =>
  waysOf(live).map(([name, { label, gives }]) => `  ${line} ${name} – ${label}: ${gives}`);

/** Begins to ask what a login needs, or says why not; where there are several ways, which. */
export const beginLogin = async (
  asked: Asked,
  { live, way, line, relogin }: Beginning,
): Promise<string> => {
  const { engine, talk, room, sender, actor } = asked;
  if (actor !== undefined) return "Nothing was done: people log in themselves, in a room with me.";
  if (await hasOthers(asked))
    return "I log nobody in where others read along. Ask me in a room of the two of us.";
  const ways = waysOf(live);
  const [only, ...more] = ways;
  const flow = way ?? (more.length === 0 ? only?.[0] : undefined);
  const chosen = ways.find(([name]) => name === flow)?.[1];
  if (flow === undefined || chosen === undefined) {
    return ["Choose how:", ...listed(live, line)].join("\n");
  }
  const starting = { live, flow, owner: sender, relogin };
  const process = startLogin(engine.works, engine.supervisor, starting);
  const first = await talk.begin({ room, sender }, process);
  return `${[`${chosen.label}: ${chosen.gives}`, chosen.risk].filter(Boolean).join(" ")}\n${first}`;
};

/**
 * Whoever writes the token behind the command has shown it to the room; nothing: they have not. Some
 * networks name logins as long as tokens are: one of their own is none.
 */
export const shownSecret = async (asked: Asked, command: string): Promise<string | undefined> => {
  const { args, hide, engine, sender } = asked;
  const own = await engine.works.box.store.read.logins.ofOwner(sender);
  const isName = (word: string): boolean => own.some(({ id }) => id === word);
  if (args.length <= 2 && !args.some((word) => looksSecret(word) && !isName(word)))
    return undefined;
  const say = `Nothing was done: I ask for what I need, one by one. Say only: ${command}`;
  return (await hide())
    ? `${say}\nI took your line out of the room, in case a secret was in it.`
    : `${say}\n${deleteIt}`;
};
