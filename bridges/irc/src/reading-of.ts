import type { ChatFeatures, ChatRef, ConnectingLogin } from "@bridgebox/core/adapter";
import { randomUUID } from "node:crypto";
import type { Accounts } from "./accounts.ts";
import type { Client } from "./api/client.ts";
import type { Catchup } from "./catchup.ts";
import type { IrcAccount } from "./config.ts";
import type { Keys } from "./keys.ts";
import type { Membership } from "./membership.ts";
import { rulesFrom } from "./modes.ts";
import type { Reading } from "./reading.ts";
import type { Recent } from "./recent.ts";
import type { Channel, Roster } from "./roster.ts";
import type { Shared } from "./shared.ts";
import { remark } from "./tell.ts";

interface Parts {
  readonly login: ConnectingLogin<IrcAccount>;
  readonly client: Client;
  readonly shared: Shared;
  readonly roster: Roster;
  readonly membership: Membership;
  readonly keys: Keys;
  readonly catchup: Catchup;
  readonly recent: Recent;
  readonly accounts: Accounts;
  readonly features: (chat: ChatRef) => ChatFeatures;
  /** Gives the sentence that says what becomes of it. */
  readonly kicked: (channel: Channel, reason: string) => string;
  readonly aside: Reading["aside"];
  readonly ctcp: Reading["ctcp"];
}

/** What the lines of one registered client are read with. */
export function readingOf(parts: Parts): Reading {
  const { login, client, shared, roster, membership, keys, catchup, recent, accounts } = parts;
  const { own } = shared;
  const names = shared.names();
  const connection = randomUUID();
  let lines = 0;
  const reading: Reading = {
    login: login.id,
    queries: login.role !== "relay",
    names,
    roster,
    rules: rulesFrom((name) => client.supports(name)),
    nick: () => client.nick,
    userOf: (nick) => own.userOf(nick, names) ?? names.user(nick),
    isOurs: (nick) => own.userOf(nick, names) !== undefined,
    isTaken: (nick) => own.isTaken(nick, names),
    saidByUs: (nick, mask) => own.said(nick, mask, names),
    tells: (user) => login.role === "relay" || !shared.relaySees(user),
    nextKey: () => `${connection}-${++lines}`,
    emit: (event) => {
      if (event.kind === "message") recent.note(event);
      catchup.hear(event);
    },
    features: (channel) => parts.features(names.channel(channel.name)),
    own: (chat, at, msgid) => catchup.own(chat, at, msgid),
    vouches: () => client.abilities?.accounts === true,
    account: (nick, account, at) => accounts.learn(reading, nick, { account, at }),
    entered: (channel, at) => membership.entered(channel, at),
    key: (channel, key) => keys.learn(names.fold(channel.name), key),
    left: (channel, at) => membership.left(channel, at),
    kicked: (channel, by, reason) => {
      const why = reason === "" ? "" : ` (${reason})`;
      const next = parts.kicked(channel, reason);
      remark(reading, channel, `${client.nick} was kicked by ${by}${why}. ${next}`);
    },
    aside: parts.aside,
    ctcp: parts.ctcp,
  };
  return reading;
}
