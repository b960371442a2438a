import type { Draft, Json, Outgoing, Target } from "@bridgebox/core/adapter";
import { BridgeError } from "@bridgebox/core/adapter";
import { plainStyle, stripCodes } from "./format.ts";
import type { Spelling, StyledLine } from "./render.ts";
import { renderPart } from "./render.ts";
import { split } from "./split.ts";

export interface Body {
  readonly as: "say" | "notice" | "action";
  readonly text: string;
}

export interface PlanContext extends Spelling {
  /** Bytes of `COMMAND target :text`. */
  readonly budget: number;
  readonly target: string;
}

/** The body of a draft as the store gave it back. */
export function parseBody(body: Json): Body {
  if (typeof body === "object" && body !== null && "as" in body && "text" in body) {
    const { as, text } = body;
    const known = (["say", "notice", "action"] as const).find((verb) => verb === as);
    if (known !== undefined && typeof text === "string") return { as: known, text };
  }
  throw new BridgeError("internal", "The message was not sent – its stored form is not of IRC.", {
    reached: "no",
    scope: "item",
  });
}

/** IRC has no replies: the nick in front pings the person; who has none is quoted. */
function replyPrefix(reply: Target | undefined, spelling: Spelling): string {
  if (reply === undefined) return "";
  const nick = reply.sender === undefined ? undefined : spelling.nick(reply.sender);
  if (nick !== undefined) return `${nick}: `;
  const excerpt = (reply.excerpt ?? "").replace(/\s+/g, " ").trim();
  const short = excerpt.length > 60 ? `${excerpt.slice(0, 60)}…` : excerpt;
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

/** The lead stands before each piece, so that nothing else can look like one. */
function splitLed(
  line: StyledLine,
  { lead, reply, budget }: { lead: string; reply: StyledLine; budget: number },
): readonly string[] {
  const left = budget - Buffer.byteLength(lead);
  const said = withoutLead(line, lead);
  if (said !== undefined) return split([...reply, ...said], left).map((text) => lead + text);
  return split([...reply, ...line], left).map((text, at) => (at === 0 ? text : lead + text));
}

/** One draft for each line that goes out. */
export function planMessage(
  { content, lead = "" }: Outgoing,
  context: PlanContext,
): readonly Draft[] {
  const prefix = replyPrefix(content.replyTo, context);
  let first = true;
  const drafts = content.parts.flatMap((part) => {
    const as = part.kind === "text" ? toneOf(part.tone) : "say";
    const around = as === "action" ? 9 : 0;
    const verb = as === "notice" ? "NOTICE" : "PRIVMSG";
    const frame = Buffer.byteLength(`${verb} ${context.target} :`) + around;
    return renderPart(part, context)
      .flatMap((line) => {
        const reply: StyledLine =
          first && as !== "action" && prefix !== ""
            ? [{ text: prefix.replace(/\p{Cc}/gu, ""), style: plainStyle }]
            : [];
        first = false;
        return splitLed(line, { lead, reply, budget: context.budget - frame });
      })
      .map((text) => ({ part: part.id, body: { as, text }, plain: stripCodes(text) }));
  });
  if (drafts.length > 0) return drafts;
  throw new BridgeError("invalid", "The message was not sent – IRC can show nothing of it.", {
    reached: "no",
    scope: "item",
  });
}
