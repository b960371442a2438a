import type { Draft, Outgoing, Target } from "@bridgebox/core/adapter";
import { BridgeError } from "@bridgebox/core/adapter";
import { toPlain } from "@bridgebox/core/richtext";
import type { Body, Row } from "./body.ts";
import { storedBody } from "./body.ts";
import { plainStyle, stripCodes } from "./format.ts";
import { msgidOf } from "./ids.ts";
import { relayNick, relayPrefix } from "./relay-name.ts";
import type { Spelling, StyledLine } from "./render.ts";
import { renderPart } from "./render.ts";
import { split } from "./split.ts";

export interface PlanContext extends Spelling {
  /** Bytes of `COMMAND target :text`. */
  readonly budget: number;
  readonly target: string;
  /** What one message of several lines may have; absent: each line is a message. */
  readonly multiline?: { readonly bytes: number; readonly lines: number } | undefined;
  /** A message can name the one that it answers. */
  readonly replies?: boolean;
  /** What stands between a relayed name and the mark of the relay. */
  readonly relay?: { readonly separator: string; readonly mark: string } | undefined;
  /** A text of more lines than that becomes its first line and a link; 0: none does. */
  readonly pasteFrom?: number;
}

/** The nick in front pings the person, and the beginning of what they said tells what is answered. */
function replyPrefix(reply: Target | undefined, spelling: Spelling): string {
  if (reply === undefined) return "";
  const nick = reply.sender === undefined ? undefined : spelling.nick(reply.sender);
  const excerpt = (reply.excerpt ?? "").replace(/\s+/g, " ").trim();
  const short = excerpt.length > 60 ? `${excerpt.slice(0, 60)}…` : excerpt;
  if (nick !== undefined) return short === "" ? `${nick}: ` : `${nick}: "${short}" `;
  const name = reply.senderName ?? reply.sender;
  if (name === undefined) return short === "" ? "" : `"${short}" `;
  return short === "" ? `${name}: ` : `<${name}> "${short}" `;
}

const toneOf = (tone: string | undefined): Body["as"] =>
  tone === "action" || tone === "notice" ? tone : "say";

/** The line without its lead, if it begins with it. */
function withoutLead([head, ...rest]: StyledLine, lead: string): StyledLine | undefined {
  if (head === undefined || !head.text.startsWith(lead)) return undefined;
  return [{ ...head, text: head.text.slice(lead.length) }, ...rest];
}

interface Laying {
  readonly lead: string;
  readonly reply: StyledLine;
  readonly budget: number;
  /** Pieces of one line can be joined again. */
  readonly joins: boolean;
}

/** The lead stands before each piece, so that nothing else can look like one. */
function laid(line: StyledLine, { lead, reply, budget, joins }: Laying): readonly Row[] {
  const left = budget - Buffer.byteLength(lead);
  const said = withoutLead(line, lead);
  const seamless = joins && lead === "";
  const pieces = split([...reply, ...(said ?? line)], left, { seamless });
  return pieces.map((text, at) => ({
    text: said === undefined && at === 0 ? text : lead + text,
    joined: seamless && at > 0,
  }));
}

type Rows = readonly [Row, ...Row[]];

/** As many rows together as one message takes; a first row never goes on with another message. */
function grouped(rows: readonly Row[], { bytes, lines }: { bytes: number; lines: number }): Rows[] {
  const groups: [Row, ...Row[]][] = [];
  let size = 0;
  for (const row of rows) {
    const group = groups.at(-1);
    const cost = Buffer.byteLength(row.text) + 1;
    if (group !== undefined && group.length < lines && size + cost <= bytes) {
      group.push(row);
      size += cost;
    } else {
      groups.push([{ text: row.text.replace(/^ +/, ""), joined: false }]);
      size = cost;
    }
  }
  return groups;
}

const tidy = (prefix: string): StyledLine =>
  prefix === "" ? [] : [{ text: prefix.replace(/\p{Cc}/gu, ""), style: plainStyle }];

/** Bytes that a line loses to a name of somebody without a client of their own. */
function nameBytes({ speaker, lead }: Outgoing, { relay }: PlanContext): number {
  if (speaker.as === "self" || lead !== undefined) return 0;
  const nick = relay === undefined ? "" : relayNick(speaker.name, relay);
  return Math.max(Buffer.byteLength(nick) + 64, Buffer.byteLength(relayPrefix(speaker.name)));
}

/** One draft for each message that goes out. */
export function planMessage(message: Outgoing, context: PlanContext): readonly Draft[] {
  const { content, lead = "", speaker } = message;
  const named = speaker.as === "self" || message.lead !== undefined;
  const msgid = content.replyTo?.id === undefined ? undefined : msgidOf(content.replyTo.id);
  const answers = context.replies === true ? msgid : undefined;
  const prefix = answers === undefined ? replyPrefix(content.replyTo, context) : "";
  const lost = nameBytes(message, context);
  const multiline = named ? context.multiline : undefined;
  let first = true;
  const drafts = content.parts.flatMap((part) => {
    const as = part.kind === "text" ? toneOf(part.tone) : "say";
    const around = as === "action" ? 9 : 0;
    const verb = as === "notice" ? "NOTICE" : "PRIVMSG";
    const frame = Buffer.byteLength(`${verb} ${context.target} :`) + around + lost;
    const together = as === "action" ? undefined : multiline;
    const rows = renderPart(part, context).flatMap((line) => {
      const reply = first && as !== "action" ? tidy(prefix) : [];
      first = false;
      const budget = context.budget - frame;
      return laid(line, { lead, reply, budget, joins: together !== undefined });
    });
    const groups = grouped(rows, together ?? { bytes: 0, lines: 1 });
    const limit = together === undefined ? (context.pasteFrom ?? 0) : 0;
    const pasted = part.kind === "text" && limit > 0 && groups.length > limit;
    const paste = pasted ? toPlain(part.text) : undefined;
    const more: Row = { text: `${lead}… and ${groups.length - 1} more lines: `, joined: false };
    const shown = paste === undefined ? groups : [...groups.slice(0, 1), [more] as const];
    return shown.map((group, at) => {
      const body = {
        as,
        rows: group,
        named,
        ...(answers !== undefined && at === 0 ? { reply: answers } : {}),
        ...(paste !== undefined && at === 1 ? { paste } : {}),
      };
      const plain = group.map(
        ({ text, joined }, row) => `${joined || row === 0 ? "" : " "}${text}`,
      );
      return { part: part.id, body: storedBody(body), plain: stripCodes(plain.join("")) };
    });
  });
  if (drafts.length > 0) return drafts;
  throw new BridgeError("invalid", "The message was not sent – IRC can show nothing of it.", {
    reached: "no",
    scope: "item",
  });
}
