import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { installLines } from "@bridgebox/registration";
import { filledConfig, readYaml, valueAt, withValue } from "../config/index.ts";
import type { ConfigSource } from "../config/index.ts";
import { gather } from "./answers.ts";
import { help, readFlags } from "./flags.ts";
import type { Flags } from "./flags.ts";
import { listenFor } from "./listen-for.ts";
import { Stopped } from "./stopped.ts";
import type { StopCode } from "./stopped.ts";
import { openTerminal } from "./terminal.ts";
import type { Input, Output, Terminal } from "./terminal.ts";
import { isThere, writeBoth } from "./write.ts";
import type { Written } from "./write.ts";

export interface InitOptions {
  /** What stands after the command's name. */
  readonly argv: readonly string[];
  readonly source: ConfigSource;
  readonly input: Input;
  readonly output: Output;
  readonly say: (line: string) => void;
  readonly complain: (line: string) => void;
}

/** The command. Resolves with its exit code; unless that is 0, nothing was written. */
export const runInit = async (options: InitOptions): Promise<0 | StopCode> => {
  const { say, complain } = options;
  const flags = readFlags(options.argv);
  const types = Object.keys(options.source.adapters);
  if (typeof flags === "string") {
    complain(`Nothing was written: ${flags}\n\n${help(types)}`);
    return 1;
  }
  if (flags.help) {
    say(help(types));
    return 0;
  }
  const terminal = flags.yes ? undefined : openTerminal(options.input, options.output);
  try {
    await make(options, flags, terminal);
    return 0;
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    complain(`Nothing was written. ${error.message}`);
    return error.code;
  } finally {
    terminal?.close();
  }
};

const make = async (
  { source, say }: InitOptions,
  flags: Flags,
  terminal: Terminal | undefined,
): Promise<void> => {
  const named = flags.config ?? source.path ?? "config.yaml";
  const target = resolve(named);
  const { adapters, env } = source;
  const told = registrationTold(flags, env);
  const kept = told ?? registrationIn(target);
  const place = resolve(dirname(target), kept ?? "registration.yaml");
  const overwrite = flags.overwrite || (await mayReplace([target, place], terminal));
  if (kept === undefined && existsSync(target)) throw new Stopped(12, tellsNothing(target));
  const port = env["BRIDGEBOX_APPSERVICE__PORT"] ?? "29320";
  const ownAddress = `http://127.0.0.1:${port}`;
  const draft = await gather({ flags, adapters, terminal, say, ownAddress });
  const all = await Promise.all(Object.values(adapters).map((load) => load()));
  const isTold = told !== undefined || valueAt(draft.tree, ["registration"]) !== undefined;
  const tree =
    isTold || kept === undefined ? draft.tree : withValue(draft.tree, ["registration"], kept);
  const text = filledConfig(all, listenFor(tree));
  const written = await writeBoth({ source, target, text, overwrite });
  if (!written.ok) throw new Stopped(written.code, written.problems.join("\n"));
  for (const line of farewell(named, target, written)) say(line);
};

/** Where the registration will go, as far as it is said now. */
const registrationTold = (flags: Flags, env: ConfigSource["env"]): string | undefined => {
  const setting = "registration=";
  const set = flags.set.findLast((it) => it.startsWith(setting))?.slice(setting.length);
  return env["BRIDGEBOX_REGISTRATION"] ?? set;
};

/** Where a config that is there has it, so that its tokens are kept; nothing if that cannot be known. */
const registrationIn = (target: string): string | undefined => {
  let text: string;
  try {
    text = readFileSync(target, "utf8");
  } catch {
    return undefined;
  }
  const read = readYaml(text);
  if (!read.ok) return undefined;
  const there = typeof read.value === "object" && read.value !== null ? { ...read.value } : {};
  const named = valueAt(there, ["registration"]) ?? "registration.yaml";
  return typeof named === "string" ? named : undefined;
};

const tellsNothing = (target: string): string =>
  `${target} does not tell where its registration is. Say --set registration=FILE, or move it away.`;

/** A person is asked before anything of theirs is replaced; a script has to say it. */
const mayReplace = async (
  targets: readonly string[],
  terminal: Terminal | undefined,
): Promise<boolean> => {
  const target = targets.find((it) => existsSync(it));
  if (target === undefined) return false;
  if (terminal === undefined) throw new Stopped(12, isThere(target));
  const answer = await terminal.ask(
    `${target} is there already.\n  Replace config and registration, and keep the tokens? (yes or no) [no]: `,
  );
  if (answer === undefined) throw new Stopped(130, "It was interrupted.");
  if (/^y(?:es)?$/i.test(answer)) return true;
  throw new Stopped(12, `${target} stays as it is. Name another place with -c.`);
};

const farewell = (
  named: string,
  target: string,
  { config, path, registration }: Extract<Written, { ok: true }>,
): readonly string[] => {
  const file = /^[\w./-]+$/.test(named) ? named : JSON.stringify(named);
  const { hostname, address } = config.appservice;
  return [
    "",
    `${target} and ${path} were written; only you can read them.`,
    ...(hostname === "0.0.0.0"
      ? [`The box will listen on every address of this machine, so that ${address} leads to it.`]
      : []),
    "",
    ...installLines(config.homeserver.software, path, registration),
    "",
    "When the homeserver runs with that:",
    "",
    `  npm start -- -c ${file}         starts the box`,
    `  npm run doctor -- -c ${file}    says whether everything is right, and how to mend what is not`,
    "",
    `What else the box can be told is explained in ${file}.`,
  ];
};
