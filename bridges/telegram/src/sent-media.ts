import { createHash } from "node:crypto";
import type { Json, KeyValue, MediaRef } from "@bridgebox/core/adapter";
import { Pages } from "./pages.ts";

/**
 * Which file each of our messages was sent with, so that an edit of the caption does not send the
 * file again. Durable, and bounded to the last messages of each numbering.
 */
export class SentMedia {
  readonly #store: KeyValue;
  readonly #lines = new Map<string, Pages>();

  constructor(store: KeyValue) {
    this.#store = store;
  }

  async remember(line: string, message: number, media: MediaRef): Promise<void> {
    const pages = this.#line(line);
    await pages.remember(message, printOf(media.locator));
    await pages.save();
  }

  async isSame(line: string, message: number, media: MediaRef): Promise<boolean> {
    return (await this.#line(line).find(message)) === printOf(media.locator);
  }

  #line(line: string): Pages {
    const known = this.#lines.get(line) ?? new Pages(this.#store, `sent:${line}`);
    this.#lines.set(line, known);
    return known;
  }
}

const printOf = (locator: Json): string =>
  createHash("sha256").update(JSON.stringify(locator)).digest("base64url").slice(0, 16);
