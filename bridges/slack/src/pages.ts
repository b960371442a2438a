import { listedIn, nextOf } from "./api/answers.ts";
import { only, type Wire } from "./api/shapes.ts";
import type { Asking, Call } from "./api/web.ts";

/** Pages of a list, by Slack's cursors. */
export const pagesOf = async function* (
  call: Call,
  { method, args, key }: { readonly method: string; readonly args: Wire; readonly key: string },
  asking: Asking,
): AsyncGenerator<readonly unknown[]> {
  const nextAfter = nextOf(asking.what);
  let cursor: string | undefined;
  do {
    const answer = await call(method, { ...args, ...only("cursor", cursor) }, asking);
    const next = nextAfter(answer);
    yield listedIn(answer, key, asking.what);
    cursor = next;
  } while (cursor !== undefined);
};
