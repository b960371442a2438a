import type { ConnectingLogin } from "@bridgebox/core/adapter";
import type { ClientOptions } from "./api/client.ts";
import type { IrcAccount } from "./config.ts";
import { floodOf } from "./config.ts";
import type { Shared } from "./shared.ts";

const registerMs = 30_000;

/** Where a login's client connects to and as whom. The relay's account stands in the config. */
export function clientOptions(
  { config, port, ca }: Shared,
  { account, role }: ConnectingLogin<IrcAccount>,
): ClientOptions {
  const sasl = role === "relay" ? config.sasl : account.sasl;
  const trust = { insecure: config.tls_insecure, ...(ca === undefined ? {} : { ca }) };
  return {
    address: { host: config.server, port, tls: config.tls ? trust : undefined },
    nick: account.nick,
    whose: role === "relay" ? "config" : "person",
    username: config.username,
    realname: config.realname,
    ...(config.password === undefined ? {} : { password: config.password }),
    ...(sasl === undefined ? {} : { sasl }),
    flood: floodOf(config),
    silenceMs: config.ping_seconds * 1000,
    registerMs,
  };
}
