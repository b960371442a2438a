import { notMatrix } from "./fault.ts";
import { longestId, textAt } from "./parse.ts";
import { type Call, type JsonObject, MatrixError } from "./types.ts";
import type { Ask, Wire } from "./wire.ts";

/** Three ways to make a call: for its answer, for nothing, for one text in its answer. */
export interface Asking {
  readonly ask: (request: Ask, call: Call) => Promise<JsonObject>;
  readonly tell: (request: Ask, call: Call) => Promise<void>;
  readonly text: (key: string, request: Ask, call: Call) => Promise<string>;
}

export const askingOver = (wire: Wire): Asking => {
  const ask: Asking["ask"] = (request, call) => wire.json(request, call);
  return {
    ask,
    tell: async (request, call) => {
      await ask(request, call);
    },
    text: async (key, request, call) => {
      const value = textAt(await ask(request, call), key);
      if (value === undefined || value.length > longestId)
        throw notMatrix(request.does, `the answer has no ${key}`, 200);
      return value;
    },
  };
};

/** `undefined` in place of the answers that mean "there is none". */
export const orNothing = async <T>(
  asked: Promise<T>,
  statuses: readonly number[],
): Promise<T | undefined> => {
  try {
    return await asked;
  } catch (error) {
    if (
      error instanceof MatrixError &&
      statuses.includes(error.status) &&
      (error.errcode === "M_NOT_FOUND" || error.errcode === "M_FORBIDDEN")
    ) {
      return undefined;
    }
    throw error;
  }
};
