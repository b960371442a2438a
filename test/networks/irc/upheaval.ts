import { peersOf } from "./channels.ts";
import type { World } from "./commands/command.ts";
import type { Connection } from "./connection.ts";
import { capCalled, capValues } from "./settings.ts";

/** What a server does by itself while its clients are on it. */

function announce(world: World, what: string): void {
  for (const client of world.clients.values()) {
    if (!client.caps.has("cap-notify")) continue;
    client.sendNow({ source: world.settings.name, rest: `CAP ${client.nick} ${what}` });
  }
}

/** Offers a capability from now on, and says so to those who listen for it. */
export function offer(world: World, name: string): void {
  world.settings.caps.add(capCalled(name));
  const value = name === "sasl" ? world.settings.mechanisms.join(",") : capValues[name];
  announce(world, `NEW :${value === undefined ? name : `${name}=${value}`}`);
}

/** Takes a capability back, from everybody. */
export function withdraw(world: World, name: string): void {
  const cap = capCalled(name);
  world.settings.caps.delete(cap);
  for (const client of world.clients.values()) client.caps.delete(cap);
  announce(world, `DEL :${name}`);
}

/** Somebody is seen at another address. */
export function chghost(client: Connection, user: string, host: string): void {
  const line = client.says(`CHGHOST ${user} ${host}`);
  for (const peer of [client, ...peersOf(client)]) if (peer.caps.has("chghost")) peer.send(line);
  [client.user, client.host] = [user, host];
}

/** Somebody logs in to an account, or out where there is none. */
export function logIn(client: Connection, account: string | undefined): void {
  client.account = account;
  const mask = `${client.nick}!${client.user}@${client.host}`;
  if (account === undefined) client.numeric("901", mask, "You are now logged out");
  else client.numeric("900", `${mask} ${account}`, `You are now logged in as ${account}`);
  const line = client.says(`ACCOUNT ${account ?? "*"}`);
  for (const peer of peersOf(client)) if (peer.caps.has("account-notify")) peer.send(line);
}

/** Tells of a split between servers; those who are lost are on no channel afterwards. */
export function netsplit(source: string, lost: readonly Connection[]): void {
  const why = ["one.test", "two.test"];
  for (const client of new Set(lost.flatMap((one) => [...peersOf(one)]))) {
    if (lost.includes(client)) continue;
    const gone = lost.filter((one) => peersOf(one).has(client));
    const items = gone.map((one) => one.says(`QUIT :${why.join(" ")}`));
    if (client.caps.has("batch")) {
      client.send({ source, rest: "", batch: { type: "netsplit", params: why, items } });
    } else for (const item of items) client.send(item);
  }
  for (const client of lost) {
    for (const channel of client.channels.values()) channel.members.delete(client);
    client.channels.clear();
  }
}
