import { createHash } from "node:crypto";
import { isIPv4 } from "node:net";
import type { ConnectingLogin } from "@bridgebox/core/adapter";
import { BridgeError } from "@bridgebox/core/adapter";
import type { ClientOptions } from "./api/client.ts";
import type { ClientCertificate } from "./certificate.ts";
import { fromStored } from "./certificate.ts";
import type { IrcAccount, IrcConfig } from "./config.ts";
import { floodOf, portOf } from "./config.ts";
import { namesBy } from "./ids.ts";
import { addressIn, parseRange } from "./range.ts";
import type { Shared } from "./shared.ts";

const registerMs = 30_000;

/** Where a login's client connects to and as whom. The relay's account stands in the config. */
export function clientOptions(
  { config, ca, certificate, ident }: Pick<Shared, "config" | "ca" | "certificate" | "ident">,
  login: Known,
): ClientOptions {
  const { account, role } = login;
  const isRelay = role === "relay";
  const username = usernameOf(config, login);
  const from = isRelay ? undefined : addressOf(config, account);
  const stored = isRelay ? undefined : account.certificate;
  const own = isRelay ? certificate : stored && fromStored(stored);
  const sasl = isRelay ? config.sasl : account.sasl;
  return {
    address: {
      host: config.server,
      port: portOf(config),
      tls: tlsOf(config, ca, own),
      ...(from !== undefined && config.webirc === undefined ? { from } : {}),
      ...(ident === undefined ? {} : { connected: (ends) => ident.claim(ends, username) }),
    },
    ...(from !== undefined && config.webirc !== undefined
      ? { webirc: { password: config.webirc, address: from, secure: config.tls } }
      : {}),
    nick: account.nick,
    whose: isRelay ? "config" : "person",
    username,
    realname: config.realname,
    ...(config.password === undefined ? {} : { password: config.password }),
    ...credentialsOf(own, sasl, isSealed(config.server, config.tls)),
    flood: floodOf(config),
    silenceMs: config.ping_seconds * 1000,
    registerMs,
  };
}

type Known = Pick<ConnectingLogin<IrcAccount>, "account" | "role">;

/** One nick is one person, however it is written. */
const personOf = ({ nick }: IrcAccount): string => namesBy("rfc1459").user(nick);

/**
 * A person's own where the server hears of it from the ident server: the beginning of the nick and what tells
 * it from others like it, nine characters, as more are cut off on old servers.
 */
export function usernameOf(config: IrcConfig, { account, role }: Known): string {
  const told = config.ident !== undefined || config.webirc !== undefined;
  if (role === "relay" || !told) return config.username;
  const person = personOf(account);
  const begin = person.replace(/[^a-z0-9]/g, "").slice(0, 4);
  const digest = createHash("sha256").update(`username:${person}`).digest();
  return `${begin || "u"}${BigInt(`0x${digest.toString("hex")}`)
    .toString(36)
    .slice(-5)}`;
}

function addressOf({ addresses }: IrcConfig, account: IrcAccount): string | undefined {
  const range = addresses === undefined ? undefined : parseRange(addresses);
  return range && addressIn(range, personOf(account));
}

/** What is said to that server passes nobody else: it is encrypted, or stays on this machine. */
export const isSealed = (host: string, tls: boolean): boolean =>
  tls || host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));

function credentialsOf(
  own: ClientCertificate | undefined,
  sasl: IrcAccount["sasl"],
  sealed: boolean,
): Pick<ClientOptions, "credentials"> {
  if (own !== undefined) return { credentials: { by: "certificate" } };
  return sasl === undefined ? {} : { credentials: { by: "password", ...sasl, sealed } };
}

function tlsOf(
  { tls, tls_insecure: insecure }: IrcConfig,
  ca: string | undefined,
  own: ClientCertificate | undefined,
): ClientOptions["address"]["tls"] {
  if (!tls && own !== undefined) throw needsTls();
  if (!tls) return undefined;
  return { insecure, ...(ca === undefined ? {} : { ca }), ...(own && { own }) };
}

/** A certificate is shown by TLS, and by nothing else. */
export const needsTls = (): BridgeError =>
  new BridgeError(
    "invalid",
    "Not logged in to IRC – a certificate is shown on encrypted connections only, and this network is set up without TLS. Ask the admin of this box for TLS, or log in with a password.",
    { reached: "no", scope: "login" },
  );
