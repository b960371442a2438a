import { isVisible, peersOf, seconds, shownPrefix } from "../channels.ts";
import type { Channel, Connection } from "../connection.ts";
import { asMiddle } from "../line.ts";
import { whoisServices } from "../services.ts";
import { fold, matchesMask } from "../names.ts";
import type { Command, World } from "./command.ts";
import { findClient } from "./command.ts";

function whoLine(
  world: World,
  me: Connection,
  shown: { client: Connection; channel?: Channel | undefined },
): void {
  const { client, channel } = shown;
  const held = channel?.members.get(client) ?? new Set<string>();
  const flags = `${client.away === undefined ? "H" : "G"}${shownPrefix(held, me.caps.has("multi-prefix"))}`;
  const middle = [
    channel?.name ?? "*",
    client.user,
    client.host,
    world.settings.name,
    client.nick,
    flags,
  ];
  me.numeric("352", middle.join(" "), `0 ${client.realName}`);
}

const who: Command = {
  min: 0,
  max: 2,
  run(world, me, { params: [mask = "*"] }) {
    const channel = world.channels.get(fold(mask));
    const client = findClient(world, mask);
    if (channel !== undefined && isVisible(channel, me)) {
      for (const member of channel.members.keys()) whoLine(world, me, { client: member, channel });
    } else if (client !== undefined) whoLine(world, me, { client });
    me.numeric("315", asMiddle(mask), "End of /WHO list");
  },
};

function whoisLines(world: World, me: Connection, client: Connection): void {
  const { name, network, secure } = world.settings;
  me.numeric("311", `${client.nick} ${client.user} ${client.host} *`, client.realName);
  const rooms = [...client.channels.values()]
    .filter((channel) => isVisible(channel, me))
    .map((channel) => {
      const held = channel.members.get(client) ?? new Set<string>();
      return shownPrefix(held, me.caps.has("multi-prefix")) + channel.name;
    });
  if (rooms.length > 0) me.numeric("319", client.nick, rooms.join(" "));
  me.numeric("312", `${client.nick} ${name}`, network);
  if (client.away !== undefined) me.numeric("301", client.nick, client.away);
  if (client.account !== undefined) {
    me.numeric("330", `${client.nick} ${client.account}`, "is logged in as");
  }
  if (secure) me.numeric("671", client.nick, "is using a secure connection");
  const idle = Math.floor((Date.now() - client.lastSpoke) / 1000);
  const since = Math.floor(client.since / 1000);
  me.numeric("317", `${client.nick} ${idle} ${since}`, "seconds idle, signon time");
}

const whois: Command = {
  min: 1,
  max: 2,
  missing: (me) => me.numeric("431", "", "No nickname given"),
  run(world, me, { params }) {
    const nick = params.at(-1) ?? "";
    const client = findClient(world, nick);
    if (whoisServices(world, me, nick)) return me.numeric("318", nick, "End of /WHOIS list");
    if (client === undefined) me.numeric("401", asMiddle(nick), "No such nick/channel");
    else whoisLines(world, me, client);
    return me.numeric("318", asMiddle(nick), "End of /WHOIS list");
  },
};

/** Which channels a condition of LIST picks: names, or by ISUPPORT ELIST a mask or a number of people. */
function pick(
  world: World,
  me: Connection,
  asked: string | undefined,
): (channel: Channel) => boolean {
  if (asked === undefined) return () => true;
  const { elist } = world.settings;
  const [, sign, number] = /^([<>])(\d+)$/.exec(asked) ?? [];
  if (sign !== undefined) {
    if (!elist.includes("U")) world.violation(me, "LIST by people without ELIST=U");
    const most = sign === "<";
    return ({ members }) => (most ? members.size < Number(number) : members.size > Number(number));
  }
  if (/[*?]/.test(asked)) {
    if (!elist.includes("M")) world.violation(me, "LIST by a mask without ELIST=M");
    return ({ name }) => matchesMask(asked, name);
  }
  const names = asked.split(",").map(fold);
  return ({ name }) => names.includes(fold(name));
}

const list: Command = {
  min: 0,
  max: 2,
  run(world, me, { params: [asked] }) {
    const { listing } = world.settings;
    if (listing === "busy")
      return me.numeric("263", "LIST", "Server load is temporarily too heavy. Please wait a while");
    me.numeric("321", "Channel", "Users  Name");
    if (listing === "later") me.numeric("322", "#made-up 10", "A trap");
    const wanted = pick(world, me, asked);
    for (const channel of world.channels.values()) {
      if (listing === "later" || !isVisible(channel, me) || !wanted(channel)) continue;
      me.numeric("322", `${channel.name} ${channel.members.size}`, channel.topic?.text ?? "");
    }
    me.numeric("323", "", "End of /LIST");
    if (listing !== "later") return undefined;
    const rest = `NOTICE ${me.nick} :*** You have to be connected for 60 seconds to be able to /LIST, ignore the output above`;
    return me.send({ source: world.settings.name, rest });
  },
};

const lusers: Command = {
  min: 0,
  max: 2,
  run(world, me) {
    const { clients, channels, settings } = world;
    me.numeric("251", "", `There are ${clients.size} users and 0 services on 1 servers`);
    const count = settings.claims ?? channels.size;
    if (count > 0) me.numeric("254", String(count), "channels formed");
    me.numeric("255", "", `I have ${clients.size} clients and 1 servers`);
  },
};

const away: Command = {
  min: 0,
  max: 1,
  run(_world, me, { params: [text = ""] }) {
    me.away = text === "" ? undefined : text.slice(0, 307);
    const note = me.says(me.away === undefined ? "AWAY" : `AWAY :${me.away}`);
    for (const peer of peersOf(me)) if (peer.caps.has("away-notify")) peer.send(note);
    if (me.away === undefined) me.numeric("305", "", "You are no longer marked as being away");
    else me.numeric("306", "", "You have been marked as being away");
  },
};

const motd: Command = {
  min: 0,
  max: 1,
  run: (_world, me) => me.numeric("422", "", "MOTD File is missing"),
};

const ison: Command = {
  min: 1,
  max: 15,
  run(world, me, { params }) {
    const nicks = params.flatMap((param) => param.split(" "));
    const online = nicks.map((nick) => findClient(world, nick)?.nick).filter(Boolean);
    me.numeric("303", "", online.join(" "));
  },
};

const userhost: Command = {
  min: 1,
  max: 5,
  run(world, me, { params }) {
    const shown = params.flatMap((nick) => {
      const client = findClient(world, nick);
      if (client === undefined) return [];
      return [
        `${client.nick}=${client.away === undefined ? "+" : "-"}${client.user}@${client.host}`,
      ];
    });
    me.numeric("302", "", shown.join(" "));
  },
};

const time: Command = {
  min: 0,
  max: 1,
  run: (world, me) =>
    me.numeric("391", `${world.settings.name} ${seconds()}`, new Date().toISOString()),
};

/** Commands that ask or tell about people and channels. */
export const queries = {
  WHO: who,
  WHOIS: whois,
  LIST: list,
  LUSERS: lusers,
  AWAY: away,
  MOTD: motd,
  ISON: ison,
  USERHOST: userhost,
  TIME: time,
} as const;
