import type { IrcMessage } from "irc-framework";
import type { Batch } from "./api/batches.ts";
import { isBatch } from "./api/batches.ts";
import type { Client } from "./api/client.ts";
import { command } from "./api/line.ts";
import { stripCodes } from "./format.ts";
import { usableMsgid } from "./ids.ts";
import type { Names } from "./ids.ts";
import { signedIn, timeOf } from "./message.ts";
import type { Reading } from "./reading.ts";

const sentence =
  "This is a bridge: it carries what is said in channels, and private messages to it reach nobody. Say it in a channel, or write to the person whom it is for.";

/** For each person. */
const onceMs = 3_600_000;
/** For all, so that nobody can make us flood. */
const seldomMs = 2_000;
const most = 1000;

/** Said by a person, as far as can be seen: services, servers and bots are never answered. */
function byPerson({ nick, ident, hostname, tags }: IrcMessage): boolean {
  if (nick === "" || nick.includes(".") || tags["bot"] !== undefined) return false;
  return !/serv$/i.test(nick) && !/service/i.test(ident) && !/\bservices?\b/i.test(hostname);
}

/** Answers private messages that are not carried: by a notice, which nothing answers in turn. */
export function asides(
  clock: () => number = Date.now,
): (client: Pick<Client, "submit">, nick: string, names: Names) => void {
  const told = new Map<string, number>();
  let last = -Infinity;
  return (client, nick, names) => {
    const now = clock();
    const id = names.fold(nick);
    if (now - last < seldomMs || now - (told.get(id) ?? -Infinity) < onceMs) return;
    if (!client.submit(2, command.notice(nick, sentence))) return;
    last = now;
    told.delete(id);
    told.set(id, now);
    const [oldest] = told.keys();
    if (told.size > most && oldest !== undefined) told.delete(oldest);
  };
}

/** What has no place here: said to a client whose queries are not carried, a person is told so. */
export function unheard(reading: Reading, head: IrcMessage, item: IrcMessage | Batch): void {
  const [line] = isBatch(item) ? item.items : [item];
  const said = line !== undefined && !isBatch(line) && line.command === "PRIVMSG";
  const { fold } = reading.names;
  const toUs = fold(head.params[0] ?? "") === fold(reading.nick());
  if (reading.queries || !said || !toUs) return;
  if (!byPerson(head) || reading.isOurs(head.nick)) return;
  const text = stripCodes(line.params[1] ?? "");
  const chat = reading.names.query(head.nick, reading.login);
  const known = signedIn(reading, head);
  reading.emit({
    kind: "aside",
    chat,
    at: timeOf(head),
    key: usableMsgid(head.tags["msgid"]) ?? reading.nextKey(),
    sender: reading.userOf(head.nick),
    ...known,
    name: known.account === undefined ? head.nick : (head.tags["account"] ?? head.nick),
    text,
  });
  if (!isForBox.test(text.trim())) reading.aside(head.nick);
}

/** Words that the box itself answers. */
const isForBox = /^(?:(?:un)?link\b|[a-z2-9]{5}-[a-z2-9]{5}$)/i;
