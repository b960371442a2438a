import type { Attempt, Order, SendResult, Sent } from "@bridgebox/core/adapter";
import { messageId } from "@bridgebox/core/adapter";
import { randomUUID } from "node:crypto";
import { certainly, entered, targetOf } from "./address.ts";
import type { Client } from "./api/client.ts";
import type { Confirmation } from "./api/answers.ts";
import type { Line, Tags } from "./api/line.ts";
import { command, tagged } from "./api/line.ts";
import type { Body, Row } from "./body.ts";
import type { ConnectionContext } from "./context.ts";
import { asOne, crumbsOf, rowKey, saidBy } from "./crumbs.ts";
import { withdrawn } from "./errors.ts";
import { tag } from "./features.ts";
import { look } from "./look.ts";
import { messageBy, msgidOf, usableMsgid } from "./ids.ts";
import { headOf } from "./message.ts";
import { bodyToWrite } from "./paste.ts";
import { relayNick } from "./relay-name.ts";
import type { Wording } from "./wording.ts";
import { wordingOf } from "./wording.ts";

function lineOf(as: Body["as"], target: string, text: string): Line {
  if (as === "action") return command.action(target, text);
  return as === "notice" ? command.notice(target, text) : command.privmsg(target, text);
}

/** One message as its lines: several are one batch, which its receivers see as one. */
function linesOf({ as, rows }: Wording, target: string): readonly [Line, ...Line[]] {
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

/** What an earlier attempt did of it: what that noted, and what the server remembers beyond. */
async function begun(
  context: ConnectionContext,
  order: Order,
  attempt: Attempt,
): Promise<readonly Sent[]> {
  const noted = saidBy(attempt.notes);
  if (attempt.number === 1) return noted;
  const looked = await certainly(() => look(context, order, attempt));
  return looked?.rows ?? noted;
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
  await entered(context, chat, signal);
  const target = targetOf(context, chat);
  const body = await bodyToWrite(context, draft, attempt);
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
  const separator = link.relaysIn(chat) ? client.abilities?.relay?.separator : undefined;
  const wording = wordingOf(body, speaker, separator !== undefined);
  const { as, rows, under } = wording;
  if (under !== undefined && separator !== undefined) {
    const nick = relayNick(under, { separator, mark: shared.config.relay_mark });
    return done(await say([command.relaymsg(target, nick, rows[0].text)], tags));
  }
  const before = rows.length > 1 ? await begun(context, order, attempt) : [];
  const whole = rows.length === 1 || client.abilities?.multiline !== undefined;
  if (before.length === 0 && whole) return done(await say(linesOf(wording, target), tags));
  return separately(rows, before, {
    say: async ({ text }, at) => {
      const part = rowKey(key, at);
      const own = tagsOf(client, at === 0 ? body : { as: body.as, rows }, part);
      return sentBy(await say([lineOf(as, target, text)], own, part), part);
    },
    note: (said) => attempt.note(crumbsOf(said)),
  });
}
