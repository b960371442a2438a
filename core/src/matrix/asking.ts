import { notMatrix } from "./fault.ts";
import { longestId, textAt } from "./parse.ts";
import { type Call, type JsonObject, MatrixError } from "./types.ts";
import type { Ask, Wire } from "./wire.ts";

/** Ways to make a call: for its answer, for one that there may not be, for nothing, for one text in its answer. */
export interface Asking {
  readonly ask: (request: Ask, call: Call) => Promise<JsonObject>;
  /** `undefined` in place of answers with these statuses, by default 404, that mean "there is none". */
  readonly ifThere: (
    request: Ask,
    call: Call,
    statuses?: readonly number[],
  ) => Promise<JsonObject | undefined>;
  readonly tell: (request: Ask, call: Call) => Promise<void>;
  readonly text: (key: string, request: Ask, call: Call) => Promise<string>;
}

export const askingOver = (wire: Wire): Asking => {
  const ask: Asking["ask"] = (request, call) => wire.json(request, call);
  return {
    ask,
    ifThere: (request, call, statuses) => ifThere(wire, request, call, statuses),
    tell: async (request, call) => {
      await ask(request, call);
    },
    text: async (key, request, call) => demandText(key, request, await ask(request, call)),
  };
};

/** An id in an answer. */
export const demandText = (key: string, { does }: Ask, answer: JsonObject): string => {
  const value = textAt(answer, key);
  if (value === undefined || value.length > longestId)
    throw notMatrix(does, `the answer has no ${key}`, 200);
  return value;
};

/** The `ifThere` of `Asking`. */
export const ifThere = async (
  wire: Wire,
  request: Ask,
  call: Call,
  statuses: readonly number[] = [404],
): Promise<JsonObject | undefined> => {
  const isExpected = (error: unknown): boolean =>
    error instanceof MatrixError &&
    statuses.includes(error.status) &&
    (error.errcode === "M_NOT_FOUND" || error.errcode === "M_FORBIDDEN");
  try {
    return await wire.json({ ...request, isExpected }, call);
  } catch (error) {
    if (isExpected(error)) return undefined;
    throw error;
  }
};
