import { isIPv4 } from "node:net";
import type { ConnectingLogin } from "@bridgebox/core/adapter";
import { BridgeError } from "@bridgebox/core/adapter";
import type { ClientOptions } from "./api/client.ts";
import type { ClientCertificate } from "./certificate.ts";
import { fromStored } from "./certificate.ts";
import type { IrcAccount, IrcConfig } from "./config.ts";
import { floodOf, portOf } from "./config.ts";
import type { Shared } from "./shared.ts";

const registerMs = 30_000;

/** Where a login's client connects to and as whom. The relay's account stands in the config. */
export function clientOptions(
  { config, ca, certificate }: Pick<Shared, "config" | "ca" | "certificate">,
  { account, role }: Pick<ConnectingLogin<IrcAccount>, "account" | "role">,
): ClientOptions {
  const isRelay = role === "relay";
  const stored = isRelay ? undefined : account.certificate;
  const own = isRelay ? certificate : stored && fromStored(stored);
  const sasl = isRelay ? config.sasl : account.sasl;
  return {
    address: { host: config.server, port: portOf(config), tls: tlsOf(config, ca, own) },
    nick: account.nick,
    whose: isRelay ? "config" : "person",
    username: config.username,
    realname: config.realname,
    ...(config.password === undefined ? {} : { password: config.password }),
    ...credentialsOf(own, sasl, isSealed(config.server, config.tls)),
    flood: floodOf(config),
    silenceMs: config.ping_seconds * 1000,
    registerMs,
  };
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
