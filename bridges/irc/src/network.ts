import { readFile } from "node:fs/promises";
import type { Host, Network } from "@bridgebox/core/adapter";
import { asBridgeError, BridgeError, loginId } from "@bridgebox/core/adapter";
import type { ClientCertificate } from "./certificate.ts";
import { readCertificate } from "./certificate.ts";
import type { IrcAccount, IrcConfig } from "./config.ts";
import { portOf } from "./config.ts";
import { connectionOf } from "./connection.ts";
import type { CaseMapping } from "./ids.ts";
import { caseMappings, namesBy } from "./ids.ts";
import { openIdent } from "./ident.ts";
import { Link } from "./link.ts";
import { OwnClients } from "./own.ts";
import type { Shared } from "./shared.ts";

export const trusted = ({ tls_ca: path }: IrcConfig): Promise<string | undefined> =>
  path === undefined ? Promise.resolve(undefined) : contents("tls_ca", path);

/** The relay client's own certificate, if the config names one. */
export async function shownBy(config: IrcConfig): Promise<ClientCertificate | undefined> {
  const { tls_cert: cert, tls_key: key } = config;
  if (cert === undefined || key === undefined) return undefined;
  const texts = [await contents("tls_cert", cert), await contents("tls_key", key)];
  try {
    return readCertificate(texts.join("\n"));
  } catch (thrown) {
    const { message } = asBridgeError(thrown);
    const sentence = `IRC was not started: ${message} Check tls_cert and tls_key.`;
    throw new BridgeError("invalid", sentence, { reached: "no", scope: "network", cause: thrown });
  }
}

async function contents(field: string, path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new BridgeError(
      "invalid",
      `IRC was not started – the file in ${field} cannot be read. Check ${path}.`,
      { reached: "no", scope: "network", cause },
    );
  }
}

const storeKey = "case_mapping";

/**
 * Ids are folded names, so the mapping must never change under them: the first one that a server
 * states is kept for good.
 */
async function naming({ store, log }: Host) {
  const kept = await store.get(storeKey);
  let fixed = caseMappings.find((mapping) => mapping === kept);
  let names = namesBy(fixed ?? "rfc1459");
  return {
    names: () => names,
    learn: (stated: unknown) => {
      const mapping: CaseMapping = caseMappings.find((known) => known === stated) ?? "ascii";
      if (fixed === mapping) return;
      if (fixed !== undefined) {
        log.warn("The server compares names in another way than before", { mapping, kept: fixed });
        return;
      }
      fixed = mapping;
      names = namesBy(mapping);
      store.set(storeKey, mapping).catch((error: unknown) => {
        log.error("The case mapping was not stored", { error: String(error) });
      });
    },
  };
}

/** One IRC network: a relay client of its own and a client for each person who logs in. */
export async function openNetwork(host: Host, config: IrcConfig): Promise<Network<IrcAccount>> {
  let relay: Link | undefined;
  const [ca, certificate] = [await trusted(config), await shownBy(config)];
  const names = await naming(host);
  // The last that can fail: its port is given up when the network is closed.
  const ident = config.ident && (await openIdent(config.ident));
  const shared: Shared = {
    heard: (id) => relay?.recent.get(id),
    relayKey: (id) => relay?.keys.of(id),
    relaySees: (person) => relay?.sees(person) === true,
    config,
    port: portOf(config),
    ca,
    certificate,
    ident,
    own: new OwnClients(),
    ...names,
  };
  const links = new Set<Link>();
  const { nick } = config;
  const user = shared.names().user(nick);
  return {
    standing: [{ id: loginId("relay"), user, name: nick, account: { nick }, role: "relay" }],
    connect: async (login, session) => {
      const link = new Link(shared, login, session);
      links.add(link);
      if (login.role === "relay") relay = link;
      await link.start();
      return connectionOf({ link, shared, login, session, closed: () => links.delete(link) });
    },
    close: async () => {
      await Promise.all([...links].map((link) => link.close()));
      await ident?.close();
    },
  };
}
