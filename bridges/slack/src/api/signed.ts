import { createHmac, timingSafeEqual } from "node:crypto";
import { asObject, textIn } from "./shapes.ts";

/** docs.slack.dev/authentication/verifying-requests-from-slack: older than this is a repetition. */
const oldest = 5 * 60;
/** Slack's own events are far below this, in bytes. */
const longest = 2_000_000;

interface SignedOptions {
  readonly secret: string;
  /** Resolves when it is on disk. */
  readonly receive: (payload: unknown) => Promise<void>;
  /** Seconds since 1970; the clock of this machine if not given. */
  readonly now?: () => number;
}

const answer = (status: number, text = ""): Response =>
  new Response(text, { status, headers: { "content-type": "text/plain; charset=utf-8" } });

/** Slack's calls with events: refused unless Slack has just signed them, and nobody has sent them before. */
export const signedEvents = ({
  secret,
  receive,
  now = () => Date.now() / 1000,
}: SignedOptions): ((request: Request) => Promise<Response>) => {
  const used = new Map<string, number>();
  const isNew = (signature: string): boolean => {
    // The oldest stand first.
    for (const [known, at] of used) {
      if (now() - at <= 2 * oldest) break;
      used.delete(known);
    }
    if (used.has(signature)) return false;
    used.set(signature, now());
    return true;
  };
  return async (request) => {
    if (request.method !== "POST") return answer(405);
    if (Number(request.headers.get("content-length") ?? 0) > longest) return answer(413);
    const body = await request.text();
    const signature = request.headers.get("x-slack-signature") ?? "";
    const stamp = request.headers.get("x-slack-request-timestamp") ?? "";
    const fresh = /^\d{1,12}$/.test(stamp) && Math.abs(now() - Number(stamp)) <= oldest;
    if (body.length > longest) return answer(413);
    if (!fresh || !isSigned(`v0:${stamp}:${body}`, signature, secret)) return answer(401);
    const payload = parsed(body);
    if (payload === undefined) return answer(400);
    if (payload["type"] === "url_verification") return answer(200, textIn(payload, "challenge"));
    if (!isNew(signature)) return answer(401);
    try {
      await receive(payload);
      return answer(200);
    } catch {
      used.delete(signature);
      return answer(503);
    }
  };
};

const isSigned = (text: string, signature: string, secret: string): boolean => {
  const right = Buffer.from(`v0=${createHmac("sha256", secret).update(text).digest("hex")}`);
  const given = Buffer.from(signature);
  return given.length === right.length && timingSafeEqual(given, right);
};

const parsed = (body: string) => {
  try {
    return asObject(JSON.parse(body));
  } catch {
    return undefined;
  }
};
