import type {
  Attempt,
  ChatRef,
  Json,
  Order,
  SendResult,
  Sent,
  UserId,
} from "@bridgebox/core/adapter";
import { asBridgeError, BridgeError, messageId, userId } from "@bridgebox/core/adapter";
import { randomUUID } from "node:crypto";
import type { Client } from "./api/client.ts";
import type { Confirmation } from "./api/answers.ts";
import type { Line, Tags } from "./api/line.ts";
import { command, tagged } from "./api/line.ts";
import type { Body, Row } from "./body.ts";
import { parseBody } from "./body.ts";
import type { ConnectionContext } from "./context.ts";
import { asOne, crumbsOf, rowKey, saidBy } from "./crumbs.ts";
import { withdrawn } from "./errors.ts";
import { tag } from "./features.ts";
import { isChannel, messageBy, msgidOf, usableMsgid } from "./ids.ts";
import { headOf } from "./message.ts";
import { relayNick, relayPrefix } from "./relay-name.ts";

export const isQuery = ({ id }: ChatRef): boolean => !isChannel(id);

/** What somebody is called now. */
export const nickOf = ({ shared, link }: ConnectionContext, user: UserId): string | undefined =>
  shared.own.nickOf(user) ?? link.roster.spelling(user);

/** The name to write on the wire for a chat. */
export const targetOf = (context: ConnectionContext, { id }: ChatRef): string =>
  isChannel(id)
    ? (context.link.roster.channel(id)?.name ?? id)
    : (nickOf(context, userId(id)) ?? id);

/** In the channel, or a reason that says for sure that the message was not written. */
export async function entered(
  { link }: ConnectionContext,
  chat: ChatRef,
  signal: AbortSignal,
): Promise<void> {
  if (isQuery(chat)) return;
  try {
    await link.membership.join(chat.id, signal);
  } catch (thrown) {
    const { code, message, scope } = asBridgeError(thrown);
    throw new BridgeError(code, message, { reached: "no", scope, cause: thrown });
  }
}

function lineOf(as: Body["as"], target: string, text: string): Line {
  if (as === "action") return command.action(target, text);
  return as === "notice" ? command.notice(target, text) : command.privmsg(target, text);
}

/** One message as its lines: several are one batch, which its receivers see as one. */
function linesOf({ as, rows }: Body, target: string): readonly [Line, ...Line[]] {
  const [only, ...more] = rows;
  if (more.length === 0) return [lineOf(as, target, only.text)];
  const id = `m${randomUUID().slice(0, 8)}`;
  const inside = ({ text, joined }: Row) =>
    tagged(lineOf(as, target, text), {
      batch: id,
      ...(joined ? { "draft/multiline-concat": "" } : {}),
    });
  return [command.multiline(id, target), ...rows.map(inside), command.endBatch(id)];
}

/** Where it cannot be one message any more, each line is one; `before` are those that are done. */
async function separately(
  rows: Body["rows"],
  before: readonly Sent[],
  how: {
    readonly say: (row: Row, at: number) => Promise<Sent>;
    readonly note: (said: readonly Sent[]) => Promise<void>;
  },
): Promise<SendResult> {
  const said = [...before];
  for (const [at, row] of rows.entries()) {
    if (at < before.length) continue;
    if (at > before.length) await how.note(said);
    said.push(await how.say(row, at));
  }
  return { state: "sent", sent: asOne(said) };
}

function tagsOf(client: Client, body: Body, key: string): Tags {
  const sends = (name: string) => client.abilities?.sends(name) === true;
  const reply = body.reply !== undefined && sends(tag.reply) ? body.reply : undefined;
  const both: Tags = reply !== undefined && sends("+reply") ? { "+reply": reply } : {};
  return {
    ...(reply === undefined ? {} : { [tag.reply]: reply, ...both }),
    ...(client.abilities?.history !== undefined && sends(tag.key) ? { [tag.key]: key } : {}),
  };
}

/** What the server made of a message of ours. */
export function sentBy({ line, batch }: Confirmation, key: string): Sent {
  const head = batch === undefined ? line : headOf(batch);
  const msgid = usableMsgid(head?.tags["msgid"]);
  const at = Date.parse(head?.tags["time"] ?? "");
  return {
    id: msgid === undefined ? messageId(key) : messageBy(msgid),
    at: Number.isFinite(at) ? at : Date.now(),
  };
}

/** Writes a message; with labels the server gives it back, and with it its id. */
export async function send(
  context: ConnectionContext,
  order: Order,
  attempt: Attempt,
): Promise<SendResult> {
  const { link, shared } = context;
  const { chat, draft, speaker } = order;
  const { signal, key } = attempt;
  if (signal.aborted) throw withdrawn();
  const body = parseBody(draft.body);
  await entered(context, chat, signal);
  const target = targetOf(context, chat);
  const client = link.client("The message was not sent");
  const say = (lines: readonly [Line, ...Line[]], tags: Tags, as = key) =>
    client.say({ lines, tags, lane: chat.id, target, key: as, signal });
  const tags = tagsOf(client, body, key);
  const done = (confirmation: Confirmation): SendResult => {
    const sent = sentBy(confirmation, key);
    if (msgidOf(sent.id) !== undefined)
      link.recent.add(sent.id, { nick: client.nick, text: draft.plain });
    return { state: "sent", sent };
  };
  const [{ text }] = body.rows;
  if (body.named === false && speaker.as === "relay") {
    const separator = client.abilities?.relay?.separator;
    if (separator !== undefined && link.relaysIn(chat)) {
      const nick = relayNick(speaker.name, { separator, mark: shared.config.relay_mark });
      const words = body.as === "action" ? `\x1d${text}\x1d` : text;
      return done(await say([command.relaymsg(target, nick, words)], tags));
    }
    const line = lineOf(
      body.as === "action" ? "say" : body.as,
      target,
      relayPrefix(speaker.name) + text,
    );
    return done(await say([line], tags));
  }
  const before = body.rows.length > 1 ? saidBy(attempt.notes) : [];
  const whole = body.rows.length === 1 || client.abilities?.multiline !== undefined;
  if (before.length === 0 && whole) return done(await say(linesOf(body, target), tags));
  const { as, rows } = body;
  return separately(rows, before, {
    say: async ({ text: words }, at) => {
      const part = rowKey(key, at);
      const own = tagsOf(client, at === 0 ? body : { as, rows }, part);
      return sentBy(await say([lineOf(as, target, words)], own, part), part);
    },
    note: (said) => attempt.note(crumbsOf(said)),
  });
}

/** The message's stored form, for whoever looks for it. */
export const wordsOf = (body: Json): string =>
  parseBody(body)
    .rows.map(({ text, joined }, at) => (joined || at === 0 ? text : `\n${text}`))
    .join("");
