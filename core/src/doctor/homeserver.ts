import { randomBytes } from "node:crypto";
import type { Json } from "../adapter/index.ts";
import type { BoxConfig } from "../config/index.ts";
import { tame } from "../matrix/index.ts";
import type { JsonObject } from "../matrix/index.ts";
import { whyNothing } from "./ask.ts";
import type { Answer, Asking } from "./ask.ts";
import { command } from "./context.ts";
import type { Context } from "./context.ts";
import { failed, ok, skipped, warning } from "./finding.ts";
import type { Checked } from "./finding.ts";
import type { Made } from "./registration.ts";

type Got = Extract<Answer, { got: "answer" }>;

export interface Reached {
  /** The homeserver answers as one. */
  readonly up: boolean;
  /** What it says that it has, among what a check asks for by its stable path. */
  readonly claims: { readonly ping: boolean; readonly media: boolean };
  readonly checks: readonly Checked[];
}

/** Whether a homeserver answers, what it can do, and how far its clock is from ours. */
export const lookAtHomeserver = async ({ config, asking }: Context): Promise<Reached> => {
  const { address } = config.homeserver;
  const answer = await asking.ask(`${address}/_matrix/client/versions`);
  if (answer.got === "nothing") {
    const says = `The homeserver was not reached: ${whyNothing(answer.code, address)}.`;
    const plain = await plainAt(address, asking);
    const fix = plain && `It answers without TLS: put ${plain} into homeserver.address.`;
    return down(failed("homeserver", says, fix ?? remedy(answer.code)));
  }
  const versions = textsIn(answer.body["versions"]);
  if (answer.status !== 200 || versions.length === 0)
    return down(
      failed(
        "homeserver",
        `At ${address} there is no homeserver: /_matrix/client/versions is answered with HTTP ${answer.status}.`,
        "Put the address of the homeserver's client API into homeserver.address.",
      ),
    );
  const newest = versions.toSorted(byVersion).at(-1) ?? "";
  return {
    up: true,
    claims: {
      ping: has(pinging, versions, answer.body["unstable_features"]),
      media: has(authenticatedMedia, versions, answer.body["unstable_features"]),
    },
    checks: [
      ok("homeserver", `${address} answers, and speaks Matrix up to ${tame(newest, 20)}.`),
      featuresOf(versions, answer.body["unstable_features"]),
      clockOf(answer),
    ],
  };
};

/** Where it answers by http, if that is not what was asked: most homeservers leave TLS to a proxy before them. */
const plainAt = async (address: string, asking: Asking): Promise<string | undefined> => {
  if (!address.startsWith("https:")) return undefined;
  const plain = address.replace(/^https:/, "http:");
  const answer = await asking.ask(`${plain}/_matrix/client/versions`, { patience: 3000 });
  return answer.got === "answer" && Array.isArray(answer.body["versions"]) ? plain : undefined;
};

const down = (first: Checked): Reached => ({
  up: false,
  claims: { ping: false, media: false },
  checks: [first, ...["features", "clock"].map((it) => skipped(it, unreached))],
});

export const unreached = "The homeserver cannot be asked.";

export const remedy = (code: string): string => {
  if (/CERT|SSL|TLS|SIGNED|SIGNATURE/.test(code))
    return "Give it a certificate that this machine trusts, name yours in NODE_EXTRA_CA_CERTS, or use its http address on this machine.";
  return "Start the homeserver, or put the address of its client API into homeserver.address.";
};

const textsIn = (value: Json | undefined): readonly string[] =>
  Array.isArray(value) ? value.filter((it): it is string => typeof it === "string") : [];

/** `v1.12` as [1, 12]; what is older than the specification's own numbers comes first. */
const numbers = (version: string): readonly [number, number] => {
  const [, major = "0", minor = "0"] = /^v(\d+)\.(\d+)$/.exec(version) ?? [];
  return [Number(major), Number(minor)];
};

const byVersion = (a: string, b: string): number => {
  const [one, two] = [numbers(a), numbers(b)];
  return one[0] - two[0] || one[1] - two[1];
};

interface Feature {
  readonly what: string;
  /** The minor number of the first version of the specification that has it. */
  readonly since: number;
  readonly flags: readonly string[];
  /** What does not work without it. */
  readonly without?: string;
}

/** spec.matrix.org, change logs; flags as the proposals name them. */
const features: readonly Feature[] = [
  {
    what: "appservice ping",
    since: 7,
    flags: ["fi.mau.msc2659.stable", "fi.mau.msc2659"],
    without: "after an outage the homeserver may keep its events for minutes",
  },
  { what: "media places", since: 7, flags: ["fi.mau.msc2246.stable"] },
  { what: "authenticated media", since: 11, flags: ["org.matrix.msc3916.stable"] },
  { what: "typing for appservices", since: 13, flags: [] },
  { what: "acting as a device", since: 17, flags: ["org.matrix.msc4326"] },
];

const pinging = { since: 7, flags: ["fi.mau.msc2659.stable"] };
const authenticatedMedia = { since: 11, flags: ["org.matrix.msc3916.stable"] };

const has = (
  { since, flags: names }: Pick<Feature, "since" | "flags">,
  versions: readonly string[],
  unstable: Json | undefined,
): boolean => {
  const flags: JsonObject =
    typeof unstable === "object" && unstable !== null && !Array.isArray(unstable)
      ? (unstable as JsonObject)
      : {};
  return (
    versions.some((it) => byVersion(it, `v1.${since}`) >= 0) ||
    names.some((name) => flags[name] === true)
  );
};

const featuresOf = (versions: readonly string[], unstable: Json | undefined): Checked => {
  const isThere = (it: Feature): boolean => has(it, versions, unstable);
  const there = features.filter(isThere).map(({ what }) => what);
  const missing = features.filter((it) => !isThere(it));
  const listed = [
    there.length > 0 ? `It says that it has ${there.join(", ")}` : "",
    missing.length > 0 ? `it does not say so of ${missing.map(({ what }) => what).join(", ")}` : "",
  ];
  const says = `${listed.filter(Boolean).join("; ")}.`;
  const lack = missing.find(({ without }) => without !== undefined);
  if (lack === undefined) return ok("features", says);
  return warning("features", `${says} So ${lack.without}.`, "Bring the homeserver up to date.");
};

const slight = 5;
const severe = 60;

/** The header is exact to the second. */
const clockOf = ({ date, at }: Got): Checked => {
  const check = "clock";
  if (date === undefined) return skipped(check, "The homeserver does not say what time it is.");
  const ahead = Math.round((at - date - 500) / 1000);
  const seconds = Math.abs(ahead);
  if (seconds <= slight) return ok(check, "This machine and the homeserver agree on the time.");
  const says = `This machine's clock is ${seconds} s ${ahead > 0 ? "ahead of" : "behind"} the homeserver's.`;
  const fix =
    "Turn on time synchronisation on both machines (`timedatectl set-ntp true`), or messages get wrong times.";
  return seconds > severe ? failed(check, says, fix) : warning(check, says, fix);
};

/** Whether the homeserver knows the as_token, and as whom. */
export const lookAtToken = async (context: Context): Promise<Checked> => {
  const check = "as_token";
  const { config, registration, asking, path, file } = context;
  const { address, domain } = config.homeserver;
  const bot = `@${registration.sender_localpart}:${domain}`;
  const answer = await asking.ask(`${address}/_matrix/client/v3/account/whoami`, {
    token: registration.as_token,
  });
  if (answer.got === "nothing")
    return failed(
      check,
      `It was not asked: ${whyNothing(answer.code, address)}.`,
      remedy(answer.code),
    );
  const { status, body } = answer;
  if (status === 401) return unknownToken(context);
  if (status === 403)
    return failed(
      check,
      `The homeserver knows the as_token, and refuses it to ${bot}.`,
      `Start the box once, which registers its bot; if that does not help, let the homeserver read ${path} as it is now: restart it.`,
    );
  const user = body["user_id"];
  if (status !== 200 || typeof user !== "string")
    return failed(
      check,
      `The homeserver did not say whose token it is (HTTP ${status}).`,
      `Look into the homeserver's log, and check that ${address} leads to its client API.`,
    );
  if (user === bot) return ok(check, `It is the bot's, ${bot}.`);
  const server = user.slice(user.indexOf(":") + 1);
  if (server !== domain)
    return failed(
      check,
      `The homeserver is called ${tame(server)}, and homeserver.domain is ${domain}.`,
      `Put ${tame(server)} into homeserver.domain, then run ${command("register", file)}.`,
    );
  return failed(
    check,
    `It belongs to ${tame(user)}, and the bot is ${bot}.`,
    `Let the homeserver read ${path} as it is now: restart it.`,
  );
};

/** A name that the homeserver keeps for an appservice tells that it has read some registration of ours. */
const unknownToken = async (context: Context): Promise<Checked> => {
  const { config, asking, path, file } = context;
  const { address, software } = config.homeserver;
  const prefix = config.networks[0]?.ghostPrefix ?? "";
  const username = `${prefix}doctor${randomBytes(6).toString("hex")}`;
  const query = new URLSearchParams({ username }).toString();
  const asked = await asking.ask(`${address}/_matrix/client/v3/register/available?${query}`);
  if (asked.got === "answer" && asked.body["errcode"] === "M_EXCLUSIVE")
    return failed(
      "as_token",
      "The homeserver does not take the as_token, though it keeps names for this box: it has read a registration with another token.",
      `Restart the homeserver so that it reads ${path} as it is now; if it reads a copy, make the copy again first.`,
    );
  return notRead("as_token", { path, make: command("register", file) }, software);
};

/** The homeserver knows nothing of that file, or of what stands in it now. */
export const notRead = (
  check: string,
  { path, make }: Made,
  software: BoxConfig["homeserver"]["software"],
): Checked =>
  failed(
    check,
    `The homeserver does not know the as_token: it has not read ${path} as it is now.`,
    software === "conduit"
      ? `Send the registration to its admin room: ${make} prints the message.`
      : `Put the lines that ${make} prints into the homeserver's config, and restart it.`,
  );

/** A 404 for what the homeserver says that it has: a homeserver names the error, what stands before it does not. */
export const heldBack = (check: string, path: string, { body }: Got): Checked => {
  if (body["errcode"] === "M_UNRECOGNIZED")
    return warning(
      check,
      `The homeserver says that it has ${path}, and then that it does not know it.`,
      `Bring the homeserver up to date; if it has workers, let ${path} lead to one that takes it.`,
    );
  return failed(
    check,
    `The way to the homeserver does not pass on ${path}: HTTP 404.`,
    "Let the proxy before the homeserver pass on /_matrix/client/v1, with the Authorization header.",
  );
};

/** Files: asked for with a token, as homeservers have done since 2024. `claimed`: it says that it does. */
export const lookAtMedia = async (
  { config, registration, asking }: Context,
  claimed: boolean,
): Promise<Checked> => {
  const check = "media";
  const { address } = config.homeserver;
  const answer = await asking.ask(`${address}/_matrix/client/v1/media/config`, {
    token: registration.as_token,
  });
  if (answer.got === "answer" && answer.status === 200) {
    const most = answer.body["m.upload.size"];
    const limit = typeof most === "number" ? `; it takes files up to ${mebi(most)} MiB` : "";
    return ok(check, `The homeserver has authenticated media${limit}.`);
  }
  if (answer.got === "answer" && answer.status === 404 && claimed)
    return heldBack(check, "/_matrix/client/v1/media", answer);
  if (answer.got === "answer" && answer.status === 404)
    return warning(
      check,
      "The homeserver has no authenticated media, so the older way is used.",
      "Bring the homeserver up to date.",
    );
  const why = answer.got === "answer" ? `HTTP ${answer.status}` : whyNothing(answer.code, address);
  return failed(
    check,
    `The homeserver's media could not be asked (${why}).`,
    "Let the proxy before the homeserver pass on /_matrix/client/v1/media, with the Authorization header.",
  );
};

const mebi = (bytes: number): number => Math.floor(bytes / 1024 / 1024);
