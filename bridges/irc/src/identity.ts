import { isIPv4 } from "node:net";
import { BridgeError } from "@bridgebox/core/adapter";
import type { ClientOptions } from "./api/client.ts";
import type { ClientCertificate } from "./certificate.ts";
import { fromStored } from "./certificate.ts";
import type { IrcAccount, IrcConfig } from "./config.ts";
import { floodOf, portOf } from "./config.ts";
import { addressOf, usernameOf, type Known } from "./origin.ts";
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
    ...servicesOf(config),
    ...credentialsOf(own, sasl, isSealed(config)),
    flood: floodOf(config),
    silenceMs: config.ping_seconds * 1000,
    registerMs,
  };
}

/**
 * What is said to that server passes nobody else: it stays on this machine, or is encrypted for a server that has
 * shown who it is. Whoever takes any certificate talks to anybody in between.
 */
export const isSealed = ({
  server: host,
  tls,
  tls_insecure: insecure,
}: Pick<IrcConfig, "server" | "tls" | "tls_insecure">): boolean =>
  (tls && !insecure) ||
  host === "localhost" ||
  host === "::1" ||
  (isIPv4(host) && host.startsWith("127."));

/** How long services may take: they are asked by way of other servers. */
const answerMs = 15_000;

const servicesOf = ({ services }: IrcConfig): Pick<ClientOptions, "services"> =>
  services === undefined ? {} : { services: { ...services, answerMs } };

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
