import {
  buildDoublePuppet,
  diffRegistration,
  makingDoublePuppet,
  readRegistration,
} from "@bridgebox/registration";
import { tame } from "../matrix/index.ts";
import { whyNothing } from "./ask.ts";
import { command } from "./context.ts";
import type { Context } from "./context.ts";
import { allSkipped, failed, ok, skipped } from "./finding.ts";
import type { Checked } from "./finding.ts";
import { lookAtHomeserverConfig } from "./homeserver-config.ts";
import { notRead, remedy, unreached } from "./homeserver.ts";
import { matchOf, modeOf, unread } from "./registration.ts";
import type { Made } from "./registration.ts";

const [first, mode, match, named, token] = [
  "double puppet",
  "double puppet mode",
  "double puppet match",
  "double puppet in the homeserver config",
  "double puppet token",
] as const;

interface Puppets {
  /** Whether the homeserver answers. */
  readonly up: boolean;
  /** The homeserver's own config, if it was named. */
  readonly homeserverConfig: string | undefined;
}

/**
 * The second registration: there, closed to others, over the people of the homeserver with nothing
 * pushed to it, and known to the homeserver.
 */
export const lookAtPuppets = async (
  context: Context,
  { up, homeserverConfig }: Puppets,
): Promise<readonly Checked[]> => {
  const { config, file } = context;
  const path = config.doublePuppet.registration;
  if (path === undefined)
    return [
      skipped(
        first,
        "The config has no double_puppet.registration: ghosts speak for everybody but those who gave a token (login-matrix).",
      ),
    ];
  const made = { path, make: command("register", file, " --double-puppet") };
  const read = readRegistration(path, makingDoublePuppet);
  if (!read.ok)
    return [
      unread(first, made, read),
      ...allSkipped([mode, match, token], "There is no second registration to look at."),
    ];
  const { registration } = read;
  const changes = diffRegistration(registration, buildDoublePuppet(config, registration));
  return [
    ok(first, `${path} can be read.`),
    modeOf(mode, path),
    matchOf(match, made, changes),
    ...(homeserverConfig === undefined
      ? []
      : [lookAtHomeserverConfig({ check: named, file: homeserverConfig, path, registration })]),
    up ? await tokenOf(context, made, registration.as_token) : skipped(token, unreached),
  ];
};

/** Asked as the box's own bot, who is of this homeserver like its people: nobody's account is opened. */
const tokenOf = async (context: Context, made: Made, asToken: string): Promise<Checked> => {
  const { config, registration, asking } = context;
  const { address, domain, software } = config.homeserver;
  const bot = `@${registration.sender_localpart}:${domain}`;
  const query = new URLSearchParams({ user_id: bot }).toString();
  const answer = await asking.ask(`${address}/_matrix/client/v3/account/whoami?${query}`, {
    token: asToken,
  });
  if (answer.got === "nothing")
    return failed(
      token,
      `It was not asked: ${whyNothing(answer.code, address)}.`,
      remedy(answer.code),
    );
  const { status, body } = answer;
  if (status === 401) return notRead(token, made, software);
  const user = body["user_id"];
  if (status === 200 && user === bot)
    return ok(token, "The homeserver takes it for people of its own.");
  if (status === 403) return refused(context, made, bot);
  const said = typeof user === "string" ? `, ${tame(user)}` : "";
  return failed(
    token,
    `The homeserver did not say that it may act as ${bot} (HTTP ${status}${said}).`,
    `Look into the homeserver's log, and check that ${address} leads to its client API.`,
  );
};

/** Of an account that is not there yet homeservers say the same as of one that is out of bounds. */
const refused = async (
  { config, registration, asking }: Context,
  { path }: Made,
  bot: string,
): Promise<Checked> => {
  const profile = `${config.homeserver.address}/_matrix/client/v3/profile/${encodeURIComponent(bot)}`;
  const answer = await asking.ask(profile, { token: registration.as_token });
  if (answer.got === "answer" && answer.status === 404)
    return skipped(token, `${bot} is not there yet: start the box once, and look again.`);
  return failed(
    token,
    `The homeserver knows the as_token, and does not let it act as ${bot}, so not as people either.`,
    `Let the homeserver read ${path} as it is now: restart it.`,
  );
};
