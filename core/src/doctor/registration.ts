import { statSync } from "node:fs";
import { buildRegistration, diffRegistration, readRegistration } from "@bridgebox/registration";
import type { ReadRegistration, Registration } from "@bridgebox/registration";
import type { BoxConfig } from "../config/index.ts";
import { command } from "./context.ts";
import { allSkipped, failed, ok, skipped, warning } from "./finding.ts";
import type { Checked } from "./finding.ts";

export interface Looked {
  /** Absent where there is none that could be used. */
  readonly registration?: Registration;
  readonly checks: readonly Checked[];
}

const further = ["registration mode", "registration match", "bot", "ephemeral", "to-device"];

/** The file that the homeserver and the box share: there, closed to others, and as the config wants it. */
export const lookAtRegistration = (config: BoxConfig, file: string, path: string): Looked => {
  const make = command("register", file);
  const read = readRegistration(path);
  if (!read.ok) {
    const first = unread("registration", { path, make }, read);
    return { checks: [first, ...allSkipped(further, "There is no registration to look at.")] };
  }
  const { registration } = read;
  const wanted = buildRegistration(config, registration);
  return {
    registration,
    checks: [
      ok("registration", `${path} can be read.`),
      modeOf("registration mode", path),
      matchOf("registration match", { path, make }, diffRegistration(registration, wanted)),
      botOf(config, file, registration),
      ephemeralOf(registration, file),
      toDeviceOf(registration),
    ],
  };
};

/** A file that both sides read, and the command that makes it. */
export interface Made {
  readonly path: string;
  readonly make: string;
}

/** Why there is none that could be used. */
export const unread = (
  check: string,
  { path, make }: Made,
  { why, problem }: Extract<ReadRegistration, { ok: false }>,
): Checked =>
  why === "absent"
    ? failed(
        check,
        `There is no registration at ${path}.`,
        `Run ${make}, which also prints the lines for the homeserver.`,
      )
    : split(check, problem);

/** A problem as the registration's reader tells it: its first sentence says what, the rest what to do. */
const split = (check: string, problem: string): Checked => {
  const [says = problem, ...fix] = problem.replace(/ {2}/, ": ").split(/(?<=\.) /);
  return failed(check, says, fix.join(" "));
};

/** Whether nobody else reads its tokens. */
export const modeOf = (check: string, path: string): Checked => {
  const mode = statSync(path).mode & 0o777;
  const shown = mode.toString(8).padStart(4, "0");
  if ((mode & 0o007) !== 0)
    return failed(
      check,
      `Everybody on this machine can read ${path} (mode ${shown}), and it holds both tokens.`,
      `Run \`chmod 600 ${path}\`; a homeserver that runs as another user gets a copy of its own.`,
    );
  if ((mode & 0o070) !== 0)
    return warning(
      check,
      `A group can read ${path} (mode ${shown}), and it holds both tokens.`,
      `Run \`chmod 600 ${path}\`, unless that group is the homeserver's own.`,
    );
  return ok(check, `Only its owner can read it (mode ${shown}).`);
};

/** `changes`: what stands between the file and what the config asks for. */
export const matchOf = (
  check: string,
  { path, make }: Made,
  changes: readonly string[],
): Checked => {
  if (changes.length === 0) return ok(check, "It is what the config asks for.");
  return failed(
    check,
    `${path} is not what the config asks for: ${changes.join("; ")}.`,
    `Run ${make}, then restart the homeserver and the box.`,
  );
};

/** Without it ephemeral events, to-device messages and acting as a device fail for the bot on some servers. */
const botOf = (config: BoxConfig, file: string, registration: Registration): Checked => {
  const bot = `@${registration.sender_localpart}:${config.homeserver.domain}`;
  const inside = (registration.namespaces?.users ?? []).some(
    ({ regex, exclusive }) => exclusive && matches(regex, bot),
  );
  if (inside) return ok("bot", `${bot} is in a namespace of its own.`);
  return failed(
    "bot",
    `The bot ${bot} is in no exclusive namespace of the registration.`,
    `Run ${command("register", file)}; if appservice.bot.username was changed, put ${registration.sender_localpart} back.`,
  );
};

/** A pattern for another language may be none for this one. */
const matches = (regex: string, mxid: string): boolean => {
  try {
    return new RegExp(regex).test(mxid);
  } catch {
    return false;
  }
};

const legacy = "de.sorunome.msc2409.push_ephemeral";

const ephemeralOf = (registration: Registration, file: string): Checked => {
  const check = "ephemeral";
  const missing = ["receive_ephemeral", legacy].filter((key) => registration[key] !== true);
  if (missing.length === 0) return ok(check, "The homeserver is asked for typing and receipts.");
  return failed(
    check,
    `The homeserver is not asked for typing and receipts: ${missing.join(" and ")} is not set.`,
    `Run ${command("register", file)}, then restart the homeserver.`,
  );
};

/** Encrypted rooms need it; without them nothing is lost. */
const toDeviceOf = (registration: Registration): Checked =>
  registration["org.matrix.msc3202"] === true
    ? ok("to-device", "The homeserver is asked for device messages.")
    : skipped("to-device", "Device messages are for encrypted rooms, which this version has not.");
