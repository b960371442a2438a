import { resolve } from "node:path";

import { buildRegistration } from "./build.ts";
import { diffRegistration, leftovers } from "./diff.ts";
import { buildDoublePuppet, makingDoublePuppet } from "./double-puppet.ts";
import { readRegistration, writeRegistration } from "./file.ts";
import { installLines } from "./install.ts";
import type { Registration, RegistrationPlan } from "./types.ts";

export interface RegisterOptions {
  readonly config: RegistrationPlan;
  /** The registration as it is. */
  readonly path: string;
  /** The whole command, for what a person is told to type. */
  readonly making?: string;
  /** Where the new one goes, if not there. */
  readonly out?: string;
  readonly print: (line: string) => void;
}

/**
 * `register`: writes the registration that the config needs, and says what changed and what the
 * homeserver needs. Run again with the same config it changes nothing. The exit code: 0, 20 if the
 * file could not be read or written, 21 if it is no registration.
 */
export const runRegister = (options: RegisterOptions): 0 | 20 | 21 => {
  const { config, print } = options;
  const made = bringUp(options, (before) => buildRegistration(config, before));
  if (typeof made === "number") return made;
  const { registration, target } = made;
  const sender = registration.sender_localpart;
  if (sender !== config.appservice.bot.username) {
    print(
      `The bot stays ${sender}, as it was registered; appservice.bot.username says ${config.appservice.bot.username}. For another name remove this file and register anew: the rooms that there are then have to invite it.`,
    );
  }
  for (const regex of leftovers(config, registration)) {
    print(
      `${regex} was kept, though no network of the config needs it. Remove it by hand if its users are gone.`,
    );
  }
  print("");
  for (const line of installLines(config.homeserver.software, target, registration)) print(line);
  return 0;
};

export interface DoublePuppetOptions extends RegisterOptions {
  /** The box's own registration, which stands in the homeserver's list beside this one. */
  readonly beside: string;
  /** Whether the config names this file already. */
  readonly named: boolean;
}

/** `register --double-puppet`: the second registration; exit codes as of `runRegister`. */
export const runDoublePuppet = (options: DoublePuppetOptions): 0 | 20 | 21 => {
  const { config, print, beside, named } = options;
  const { making = makingDoublePuppet } = options;
  const made = bringUp({ ...options, making }, (before) => buildDoublePuppet(config, before));
  if (typeof made === "number") return made;
  const { registration, target } = made;
  print("");
  const lines = installLines(config.homeserver.software, target, registration, resolve(beside));
  for (const line of lines) print(line);
  print("");
  if (named) print("The config names the file already.");
  else
    for (const line of [
      "The box: put this into its config and restart it after the homeserver.",
      "",
      "double_puppet:",
      `  registration: ${JSON.stringify(target)}`,
    ])
      print(line);
  print("");
  print(
    "Whoever has this file can act as anybody on the homeserver: keep it as you keep its keys.",
  );
  return 0;
};

/** Reads the file, makes it what is needed, and says what changed; a number is an exit code. */
const bringUp = (
  { path, out = path, print, making }: RegisterOptions,
  build: (before: Registration | undefined) => Registration,
): { readonly registration: Registration; readonly target: string } | 20 | 21 => {
  const read = readRegistration(path, making);
  if (!read.ok && read.why !== "absent") {
    print(read.problem);
    return read.why === "unreadable" ? 20 : 21;
  }
  const before = read.ok ? read.registration : undefined;
  const registration = build(before);
  const changes = diffRegistration(before, registration);
  const target = resolve(out);
  if (changes.length === 0 && target === resolve(path)) {
    print(`${target} is what the config needs: nothing changed.`);
    return { registration, target };
  }
  try {
    writeRegistration(target, registration);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    print(`${target}  The registration could not be written (${code}). Let this user write there.`);
    return 20;
  }
  print(`${target} ${before ? "was brought up to the config" : "was made"}:`);
  for (const line of changes) print(`  ${line}`);
  if (before) print("Restart the homeserver, and the box after it, so that both read it.");
  return { registration, target };
};
