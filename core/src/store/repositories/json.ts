import type { ChatInfo, Draft, Json } from "../../adapter/index.ts";

/** What the store itself wrote as JSON. */
export const parsed = (text: string): Json => JSON.parse(text) as Json;

export const parsedInfo = (text: string): ChatInfo => JSON.parse(text) as ChatInfo;

export const parsedDraft = (text: string): Draft => JSON.parse(text) as Draft;

export const parsedOffers = (text: string): Readonly<Record<string, string>> =>
  JSON.parse(text) as Readonly<Record<string, string>>;

/** JSON text of it, or null for nothing. */
export const textIf = (value: unknown): string | null =>
  value === undefined ? null : JSON.stringify(value);
