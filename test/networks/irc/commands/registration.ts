import { isIP } from "node:net";
import type { Connection } from "../connection.ts";
import { peersOf } from "../channels.ts";
import { asMiddle } from "../line.ts";
import { listLength } from "../modes.ts";
import { channelLength, fold, isNick } from "../names.ts";
import { isHeld } from "../services.ts";
import type { IrcCap } from "../settings.ts";
import { capValues } from "../settings.ts";
import type { Command, World } from "./command.ts";
import { departs } from "./command.ts";
import { authenticate } from "./sasl.ts";

/** Mode changes with a parameter that one MODE may carry. */
export const modesPerLine = 4;
/** Bytes of a topic; longer ones are cut. */
export const topicLength = 390;
/** Targets one PRIVMSG or NOTICE may name. */
export const targetsPerLine = 4;

/** Bytes of a line where LINELEN says nothing. */
const plainLine = 512;

function isupport(world: World): string {
  const { nickLength, network, elist, lists: kept } = world.settings;
  const ranks = kept.includes("q") ? "(ov)@+" : "(qaohv)~&@%+";
  const also = kept.includes("e") ? " EXCEPTS INVEX" : "";
  const extra = kept.includes("q") ? `${also} EXTBAN=$,a` : also;
  const limits = `NICKLEN=${nickLength} CHANNELLEN=${channelLength} TOPICLEN=${topicLength} KICKLEN=307 AWAYLEN=307`;
  const lists = `MODES=${modesPerLine} MAXLIST=${kept}:${listLength} TARGMAX=PRIVMSG:${targetsPerLine},NOTICE:${targetsPerLine}`;
  const { caps, historyLimit, maxLine, tagDeny } = world.settings;
  const history = caps.has("draft/chathistory")
    ? ` CHATHISTORY=${historyLimit} MSGREFTYPES=msgid,timestamp`
    : "";
  const deny = tagDeny === undefined ? "" : ` CLIENTTAGDENY=${tagDeny}`;
  const conditions = elist === "" ? "" : ` ELIST=${elist} SAFELIST`;
  const longer = maxLine === plainLine ? "" : ` LINELEN=${maxLine}`;
  return `NETWORK=${network} CASEMAPPING=rfc1459 CHANTYPES=# CHANMODES=${kept},k,l,imnpst PREFIX=${ranks} STATUSMSG=${ranks.replace(/^.*\)/, "")}${extra} ${limits} ${lists}${history}${deny}${longer}${conditions}`;
}

function welcome(world: World, me: Connection): void {
  const { name, network } = world.settings;
  me.registered = true;
  me.numeric("001", "", `Welcome to the ${network} IRC Network ${me.prefix}`);
  me.numeric("002", "", `Your host is ${name}, running version bridgebox-test`);
  me.numeric("003", "", "This server was created for a test");
  me.numeric("004", `${name} bridgebox-test iw bklimnpstqaohv bklqaohv`);
  const tokens = isupport(world).split(" ");
  for (let at = 0; at < tokens.length; at += 12) {
    me.numeric("005", tokens.slice(at, at + 12).join(" "), "are supported by this server");
  }
  me.numeric("422", "", "MOTD File is missing");
}

export function tryWelcome(world: World, me: Connection): void {
  if (me.registered || me.negotiating || me.identifying) return;
  if (me.nick === "" || me.user === "") return;
  me.user = me.identified ?? me.user;
  const { password } = world.settings;
  if (password === undefined || me.password === password) return welcome(world, me);
  me.numeric("464", "", "Password incorrect");
  me.close(`Closing Link: ${me.host} (Bad password)`);
  departs(world, me, "Bad password");
}

const refused: Command["missing"] = (me) => me.numeric("431", "", "No nickname given");

const nick: Command = {
  min: 1,
  max: 1,
  early: true,
  missing: refused,
  run(world, me, { params: [wanted = ""] }) {
    if (wanted === "") return me.numeric("431", "", "No nickname given");
    if (!isNick(wanted, world.settings.nickLength)) {
      return me.numeric("432", asMiddle(wanted), "Erroneous nickname");
    }
    if (isHeld(world, wanted)) return me.numeric("432", asMiddle(wanted), "Reserved for services");
    const holder = world.clients.get(fold(wanted));
    if (holder !== undefined && holder !== me) {
      return me.numeric("433", wanted, "Nickname is already in use");
    }
    if (wanted === me.nick) return undefined;
    if (me.registered) {
      const change = me.says(`NICK :${wanted}`);
      me.send(change);
      for (const peer of peersOf(me)) peer.send(change);
    }
    world.clients.delete(fold(me.nick));
    me.nick = wanted;
    world.clients.set(fold(wanted), me);
    return tryWelcome(world, me);
  },
};

const user: Command = {
  min: 4,
  max: 4,
  early: true,
  run(world, me, { params: [name = "", , , realName = ""] }) {
    if (me.registered) return me.numeric("462", "", "You may not reregister");
    if (!/^[^\0\r\n @!]+$/.test(name)) return me.numeric("461", "USER", "Not a user name");
    me.user = `~${name.slice(0, 10)}`;
    me.realName = realName;
    return tryWelcome(world, me);
  },
};

const webirc: Command = {
  min: 4,
  max: 5,
  early: true,
  run(world, me, { params: [password, , , address = ""] }) {
    if (me.registered || me.nick !== "" || me.user !== "")
      world.violation(me, "WEBIRC after something else");
    if (isIP(address) === 0) world.violation(me, "WEBIRC with no address");
    if (world.settings.webirc === password) me.host = address;
    else me.close("Closing Link: (Invalid WebIRC password)");
  },
};

const pass: Command = {
  min: 1,
  max: 1,
  early: true,
  run(_world, me, { params }) {
    if (me.registered) me.numeric("462", "", "You may not reregister");
    else me.password = params[0];
  },
};

/** As many names as a line takes with ease; a client that can has them in several. */
const capsPerLine = 8;

const capValue = (world: World, name: string): string | undefined =>
  name === "sasl" ? world.settings.mechanisms.join(",") : capValues[name];

function listCaps(world: World, me: Connection): void {
  const modern = me.capVersion >= 302;
  const names = [...world.settings.caps].map((name) => {
    const value = modern ? capValue(world, name) : undefined;
    return value === undefined ? name : `${name}=${value}`;
  });
  const all = modern ? [...names, "cap-notify"] : names;
  const source = world.settings.name;
  const to = me.nick || "*";
  const per = modern ? capsPerLine : Math.max(all.length, 1);
  for (let at = 0; at === 0 || at < all.length; at += per) {
    const more = at + per < all.length ? " *" : "";
    me.send({ source, rest: `CAP ${to} LS${more} :${all.slice(at, at + per).join(" ")}` });
  }
}

function requestCaps(world: World, me: Connection, list: string): void {
  const wanted = list.split(" ").filter((name) => name !== "");
  const known = [...world.settings.caps, "cap-notify"] as const;
  const changes = wanted.map((name) => {
    const cap = known.find((offer) => offer === name.replace(/^-/, ""));
    return cap === undefined ? undefined : { cap, off: name.startsWith("-") };
  });
  const source = world.settings.name;
  const verdict = changes.includes(undefined) ? "NAK" : "ACK";
  me.send({ source, rest: `CAP ${me.nick || "*"} ${verdict} :${wanted.join(" ")}` });
  if (verdict === "NAK") return;
  for (const change of changes) if (change !== undefined) applyCap(me, change.cap, change.off);
}

function applyCap(me: Connection, cap: IrcCap, off: boolean): void {
  if (off) me.caps.delete(cap);
  else me.caps.add(cap);
}

const cap: Command = {
  min: 1,
  max: 2,
  early: true,
  run(world, me, { params: [verb = "", rest = ""] }) {
    const source = world.settings.name;
    const name = me.nick || "*";
    const sub = verb.toUpperCase();
    if (!me.registered && (sub === "LS" || sub === "REQ")) me.negotiating = true;
    if (sub === "LS") {
      me.capVersion = Math.max(me.capVersion, Number(rest) || 0);
      if (me.capVersion >= 302) me.caps.add("cap-notify");
      return listCaps(world, me);
    }
    if (sub === "LIST") {
      return me.send({ source, rest: `CAP ${name} LIST :${[...me.caps].join(" ")}` });
    }
    if (sub === "REQ") return requestCaps(world, me, rest);
    if (sub !== "END") return me.numeric("410", asMiddle(verb), "Invalid CAP command");
    me.negotiating = false;
    return tryWelcome(world, me);
  },
};

const quit: Command = {
  min: 0,
  max: 1,
  early: true,
  run(world, me, { params: [reason] }) {
    const why = reason === undefined ? "Client Quit" : `Quit: ${reason}`;
    me.close(`Closing Link: ${me.host} (${why})`);
    departs(world, me, why);
  },
};

const setname: Command = {
  min: 1,
  max: 1,
  run(_world, me, { params: [realName = ""] }) {
    if (!me.caps.has("setname")) return me.numeric("421", "SETNAME", "Unknown command");
    me.realName = realName;
    const line = me.says(`SETNAME :${realName}`);
    me.send(line);
    for (const peer of peersOf(me)) if (peer.caps.has("setname")) peer.send(line);
    return undefined;
  },
};

const ping: Command = {
  min: 1,
  max: 2,
  early: true,
  missing: (me) => me.numeric("409", "", "No origin specified"),
  run(world, me, { params: [token = ""] }) {
    const source = world.settings.name;
    me.send({ source, rest: `PONG ${source} :${token}` });
  },
};

const pong: Command = { min: 1, max: 2, early: true, run: () => undefined };

/** Commands that bring a client in, keep it and let it go. */
export const registration = {
  NICK: nick,
  USER: user,
  PASS: pass,
  WEBIRC: webirc,
  CAP: cap,
  AUTHENTICATE: authenticate,
  QUIT: quit,
  SETNAME: setname,
  PING: ping,
  PONG: pong,
} as const;
