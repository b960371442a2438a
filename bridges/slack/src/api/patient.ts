import { setTimeout as sleep } from "node:timers/promises";
import { BridgeError } from "@bridgebox/core/adapter";
import type { Call } from "./web.ts";

/** A call that waits as long as Slack asks to. */
export const patient =
  (call: Call): Call =>
  async (method, args, asking) => {
    for (;;) {
      try {
        return await call(method, args, asking);
      } catch (error) {
        if (!(error instanceof BridgeError) || error.code !== "rate_limit") throw error;
        await sleep(error.retryAfter ?? 1000, undefined, { signal: asking.signal });
      }
    }
  };
