import { BridgeError } from "@bridgebox/core/adapter";
import type { ErrorCode } from "@bridgebox/core/adapter";

export const what = "Nothing goes to or comes from Discord at the moment";

/** The bot's application was not given an intent that was asked for. */
export const disallowed = 4014;

/** Close codes after which a person has to act (docs.discord.com/developers/topics/opcodes-and-status-codes). */
export const finalCodes: Readonly<
  Record<number, { readonly code: ErrorCode; readonly why: string }>
> = {
  4004: {
    code: "auth",
    why: "Discord does not know the bot's token – make a new one on the developer page",
  },
  4010: { code: "forbidden", why: "Discord refused the shard" },
  4011: {
    code: "forbidden",
    why: "the bot is in more than 2500 servers, and this bridge takes one shard only",
  },
  4012: {
    code: "forbidden",
    why: "Discord does not speak this version of its gateway any more",
  },
  4013: { code: "forbidden", why: "Discord does not know the intents" },
  [disallowed]: {
    code: "forbidden",
    why: "the bot was not given an intent that it needs – switch on the Message Content Intent and the Server Members Intent on the developer page, page Bot, and the Presence Intent where presence is true, and restart",
  },
};

/** Why it is over, for a person; `code` is the close code. */
export const closedWith = (code: number, cause: unknown): BridgeError => {
  const known = finalCodes[code];
  if (known === undefined) {
    return new BridgeError("network", `${what}: the connection ended. It is tried again.`, {
      reached: "no",
      scope: "login",
      cause: cause ?? { close: code },
    });
  }
  const facts = { reached: "no", scope: "login", cause: { close: code } } as const;
  return new BridgeError(known.code, `${what}: ${known.why}.`, facts);
};

/** It answers no heartbeat. */
export const silence = (): BridgeError =>
  new BridgeError("network", `${what}: it answers no more. It is tried again.`, {
    reached: "no",
    scope: "login",
  });

/** It goes on without what Discord does not allow. */
export const lessTold = (): BridgeError =>
  new BridgeError(
    "network",
    `${what}: an intent of the bot was switched off. It is begun anew without it.`,
    { reached: "no", scope: "login" },
  );
