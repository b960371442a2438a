import type { Json } from "../adapter/index.ts";

/** What is JSON by contract, as the store gives it back: fields that are `undefined` are gone. */
export const asJson = (value: object): Json => {
  const json: unknown = JSON.parse(JSON.stringify(value));
  return json as Json;
};
