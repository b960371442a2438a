import type { Attempt, Draft, Json } from "@bridgebox/core/adapter";
import { BridgeError } from "@bridgebox/core/adapter";
import type { Body } from "./body.ts";
import { parseBody } from "./body.ts";
import type { ConnectionContext } from "./context.ts";

/** How long a link to a file works, in milliseconds. */
export const linkMs = 7 * 24 * 3_600_000;

const notedIn = (notes: Json | null): string | undefined =>
  typeof notes === "object" &&
  notes !== null &&
  "paste" in notes &&
  typeof notes["paste"] === "string"
    ? notes["paste"]
    : undefined;

const ending = (body: Body, url: string): Body => {
  const [{ text, joined }] = body.rows;
  return { ...body, rows: [{ text: text + url, joined }] };
};

/** A body as an earlier attempt wrote it: with the link, if there was one. */
export const bodyWritten = ({ body }: Draft, { notes }: Pick<Attempt, "notes">): Body => {
  const written = parseBody(body);
  const url = written.paste === undefined ? undefined : notedIn(notes);
  return url === undefined ? written : ending(written, url);
};

/** A body as it is written now; a link is noted before it is said, so that it is found again by its words. */
export async function bodyToWrite(
  { session: { media } }: Pick<ConnectionContext, "session">,
  draft: Draft,
  attempt: Attempt,
): Promise<Body> {
  const body = parseBody(draft.body);
  if (body.paste === undefined) return body;
  if (notedIn(attempt.notes) !== undefined) return bodyWritten(draft, attempt);
  const file = await media.keep(body.paste, "text.txt", attempt.signal);
  const url = media.publicUrl(file, linkMs);
  if (url === undefined) throw noLink();
  await attempt.note({ paste: url });
  return ending(body, url);
}

const noLink = (): BridgeError =>
  new BridgeError(
    "unsupported",
    "The rest of the text was not sent – it is too long for lines of IRC, and the box has no public address any more for a link to it. Send it again.",
    { reached: "no", scope: "item" },
  );
