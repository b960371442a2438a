import { resolve } from "node:path";

import { buildRegistration } from "./build.ts";
import { diffRegistration, leftovers } from "./diff.ts";
import { readRegistration, writeRegistration } from "./file.ts";
import { installLines } from "./install.ts";
import type { RegistrationPlan } from "./types.ts";

export interface RegisterOptions {
  readonly config: RegistrationPlan;
  /** The registration as it is. */
  readonly path: string;
  /** Where the new one goes, if not there. */
  readonly out?: string;
  readonly print: (line: string) => void;
}

/**
 * `register`: writes the registration that the config needs, and says what changed and what the
 * homeserver needs. Run again with the same config it changes nothing. The exit code: 0, 20 for an
 * existing file that is no registration, 21 if it could not be written.
 */
export const runRegister = ({ config, path, out = path, print }: RegisterOptions): 0 | 20 | 21 => {
  const read = readRegistration(path);
  if (!read.ok && read.why === "bad") {
    print(read.problem);
    return 20;
  }
  const before = read.ok ? read.registration : undefined;
  const after = buildRegistration(config, before);
  const changes = diffRegistration(before, after);
  const target = resolve(out);
  if (changes.length === 0 && target === resolve(path)) {
    print(`${target} is what the config needs: nothing changed.`);
  } else {
    try {
      writeRegistration(target, after);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
      print(
        `${target}  The registration could not be written (${code}). Let this user write there.`,
      );
      return 21;
    }
    print(`${target} ${before ? "was brought up to the config" : "was made"}:`);
    for (const line of changes) print(`  ${line}`);
    if (before) print("Restart the homeserver, and the box after it, so that both read it.");
  }
  const sender = after.sender_localpart;
  if (sender !== config.appservice.bot.username) {
    print(
      `The sender stays ${sender}, as it was; appservice.bot.username is the bot that people see.`,
    );
  }
  for (const regex of leftovers(config, after)) {
    print(
      `${regex} was kept, though no network of the config needs it. Remove it by hand if its users are gone.`,
    );
  }
  print("");
  for (const line of installLines(config.homeserver.software, target, after)) print(line);
  return 0;
};
