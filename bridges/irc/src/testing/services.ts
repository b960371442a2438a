import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { IrcOptions, IrcServer, Services } from "../../../../test/networks/irc/index.ts";
import type { ClientEvents } from "../api/client.ts";
import { Client } from "../api/client.ts";
import type { IrcAccount } from "../config.ts";
import type { Ending } from "../errors.ts";
import { clientOptions } from "../identity.ts";
import { configured, lined, serverFor } from "./fixture.ts";

export const address = "NickServ@services.test";
export const password = "correct-horse";
const accounts = { carol: password };
export const services = { address };

/** A server without SASL, whose services know carol. */
export const served = async (
  t: TestContext,
  like: Services["like"] = "atheme",
  more: IrcOptions = {},
): Promise<{ server: IrcServer; theirs: Services }> => {
  const theirs: Services = { like, state: "there" };
  const server = await serverFor(t, { accounts, mechanisms: [], services: theirs, ...more });
  return { server, theirs };
};

export const carol = { nick: "carol", sasl: { account: "carol", password } };
export const withServices = { channels: [], services };

/** What clients said to services, wherever they are; a person of the test may be called so too. */
export const told = (server: IrcServer): readonly string[] => lined(server, "PRIVMSG NickServ");

/** A client alone, which does not wait for services as long as others do: what it is called then, or why not. */
export const arrive = (
  server: IrcServer,
  account: IrcAccount,
  answerMs: number,
  hears: Partial<ClientEvents> = {},
) => {
  const config = configured(server, withServices);
  const options = clientOptions(
    { config, ca: undefined, certificate: undefined },
    { account, role: "user" },
  );
  assert.ok(options.services);
  const hasty = { ...options, services: { ...options.services, answerMs } };
  return new Promise<{ readonly nick?: string; readonly ending?: Ending }>((resolve) => {
    const ignore = (): void => undefined;
    const client = new Client(hasty, {
      message: ignore,
      batch: ignore,
      settled: ignore,
      odd: ignore,
      ...hears,
      registered: () => resolve({ nick: client.nick }),
      closed: (ending) => resolve({ ending }),
    });
    void client.open(AbortSignal.timeout(20_000));
  });
};
