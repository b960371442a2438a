import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { installLines } from "@bridgebox/registration";
import { filledConfig } from "../config/index.ts";
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
  const overwrite =
    flags.overwrite || (await mayReplace([target, registrationOf(target, flags, env)], terminal));
  const port = env["BRIDGEBOX_APPSERVICE__PORT"] ?? "29320";
  const ownAddress = `http://127.0.0.1:${port}`;
  const draft = await gather({ flags, adapters, terminal, say, ownAddress });
  const all = await Promise.all(Object.values(adapters).map((load) => load()));
  const text = filledConfig(all, listenFor(draft.tree));
  const written = await writeBoth({ source, target, text, overwrite });
  if (!written.ok) throw new Stopped(written.code, written.problems.join("\n"));
  for (const line of farewell(named, target, written)) say(line);
};

/** Where the registration will go, as far as that is known before the config is. */
const registrationOf = (target: string, flags: Flags, env: ConfigSource["env"]): string => {
  const setting = "registration=";
  const set = flags.set.findLast((it) => it.startsWith(setting))?.slice(setting.length);
  const named = env["BRIDGEBOX_REGISTRATION"] ?? set ?? "registration.yaml";
  return resolve(dirname(target), named);
};

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
