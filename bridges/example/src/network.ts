import type { Host, Network } from "@bridgebox/core/adapter";
import type { Account, Config } from "./config.ts";
import { connect } from "./connection.ts";
import { receive } from "./receive.ts";
import { EchoServer } from "./server.ts";

/** Once per configured network: what its logins share would live here. */
export const open = async (_host: Host, config: Config): Promise<Network<Account>> => {
  const server = EchoServer.at(config.server);
  return {
    connect: async (login, session) => {
      const stop = new AbortController();
      const signal = AbortSignal.any([session.signal, stop.signal]);
      void receive(server, login, { ...session, signal });
      return connect(server, login.account.name, stop);
    },
    close: async () => {},
  };
};
