import { fold } from "./names.ts";
import type { Connection } from "./connection.ts";
import type { World } from "./commands/command.ts";
import { departs, findClient } from "./commands/command.ts";
import { peersOf } from "./channels.ts";
import type { Services } from "./settings.ts";

const nick = "NickServ";
const server = "services.test";
const source = `${nick}!${nick}@${server}`;

interface Words {
  /** After `{}`, the account. */
  readonly right: string;
  readonly wrong: string;
  readonly unknown: string;
}

const words: Readonly<Record<Services["like"], Words>> = {
  atheme: {
    right: "You are now identified for \x02{}\x02.",
    wrong: "Invalid password for \x02{}\x02.",
    unknown: "\x02{}\x02 is not a registered nickname.",
  },
  anope: {
    right: "Password accepted - you are now recognized.",
    wrong: "Password incorrect.",
    unknown: "Nick \x02{}\x02 isn't registered.",
  },
  oftc: {
    right: "You are successfully identified as \x02{}\x02.",
    wrong: "Identify failed as \x02{}\x02. You may have entered wrong credentials.",
    unknown: "\x02{}\x02 is not registered.",
  },
};

/** Nobody else is called so while they are there. */
export const isHeld = ({ settings: { services } }: World, wanted: string): boolean =>
  services !== undefined && services.state !== "away" && fold(wanted) === fold(nick);

const says = (me: Connection, text: string): void =>
  me.sendNow({ source, rest: `NOTICE ${me.nick} :${text}` });

function logIn(world: World, me: Connection, account: string): void {
  me.account = account;
  const like = world.settings.services?.like;
  const text = `${me.prefix} ${account}`;
  if (like === "atheme") me.numeric("900", text, `You are now logged in as ${account}`);
  else me.sendNow({ source, rest: `MODE ${me.nick} :+${like === "oftc" ? "R" : "r"}` });
  const told = me.says(`ACCOUNT ${account}`);
  for (const peer of peersOf(me)) if (peer.caps.has("account-notify")) peer.send(told);
}

function identify(world: World, me: Connection, params: readonly string[]): void {
  const like = world.settings.services?.like ?? "atheme";
  const [first = "", second] = params;
  const [account, password] =
    second === undefined ? [me.nick, first] : like === "oftc" ? [second, first] : [first, second];
  const right = world.settings.accounts.get(account);
  const said = (text: string): void => says(me, text.replace("{}", account));
  if (right === undefined) return said(words[like].unknown);
  if (right !== password) return said(words[like].wrong);
  logIn(world, me, account);
  return said(words[like].right);
}

type Freeing = "GHOST" | "REGAIN" | "RECOVER";

const called = (world: World, me: Connection, wanted: string): void => {
  const change = me.says(`NICK :${wanted}`);
  for (const client of [me, ...peersOf(me)]) client.sendNow(change);
  world.clients.delete(fold(me.nick));
  me.nick = wanted;
  world.clients.set(fold(wanted), me);
};

/** Whoever holds a nick of one's account goes, or is called otherwise by RECOVER; but for GHOST one is called so at once. */
function free(
  world: World,
  me: Connection,
  { verb, wanted }: { readonly verb: Freeing; readonly wanted: string },
): void {
  const holder = findClient(world, wanted);
  if (me.account === undefined || fold(me.account) !== fold(wanted)) {
    return says(me, `Access denied to \x02${wanted}\x02.`);
  }
  if (holder !== undefined && holder !== me && verb === "RECOVER") {
    says(holder, `This nickname has been recovered by ${me.nick}.`);
    called(world, holder, "Guest56175");
  } else if (holder !== undefined && holder !== me) {
    const why = `Killed (${nick} (${verb} command used by ${me.nick}))`;
    holder.close(`Closing Link: ${holder.host} (${why})`);
    departs(world, holder, why);
  }
  if (verb !== "GHOST") called(world, me, wanted);
  return says(me, `\x02${wanted}\x02 has been ${verb === "GHOST" ? "ghosted" : "regained"}.`);
}

function obey(world: World, me: Connection, text: string): void {
  const [verb = "", ...params] = text.split(" ").filter((word) => word !== "");
  const command = verb.toUpperCase();
  if (command === "IDENTIFY") return identify(world, me, params);
  if (command === "GHOST" || command === "REGAIN" || command === "RECOVER") {
    return free(world, me, { verb: command, wanted: params[0] ?? "" });
  }
  return says(me, "Invalid command. Use \x02/msg NickServ help\x02 for a command listing.");
}

/**
 * Who is meant by a target: `nick@server` is somebody of that nick on that server and nobody else (RFC 2812, 2.3.1).
 * What is said to services is dealt with here.
 */
export function addressed(
  world: World,
  me: Connection,
  { target, text }: { readonly target: string; readonly text: string },
): Connection | "services" | undefined {
  const [name = "", at] = target.split("@");
  const { services, name: here } = world.settings;
  const there = at === undefined || at.toLowerCase() === server;
  if (services !== undefined && isHeld(world, name) && there) {
    if (text === "") return "services";
    if (me.caps.has("echo-message")) me.send(me.says(`PRIVMSG ${nick} :${text}`));
    if (services.state === "there") obey(world, me, text);
    return "services";
  }
  return at === undefined || at.toLowerCase() === here ? findClient(world, name) : undefined;
}

/** WHOIS of them; false where somebody else is meant. */
export function whoisServices(world: World, me: Connection, wanted: string): boolean {
  if (!isHeld(world, wanted)) return false;
  me.numeric("311", `${nick} ${nick} ${server} *`, "Nickname Services");
  me.numeric("312", `${nick} ${server}`, "Services");
  me.numeric("313", nick, "is a Network Service");
  return true;
}
