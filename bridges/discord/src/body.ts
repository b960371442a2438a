import { BridgeError } from "@bridgebox/core/adapter";
import type { Draft, Json } from "@bridgebox/core/adapter";

/** A draft as it is stored: markdown, and what stands beside it. */
export interface Body {
  readonly text: string;
  /** Not the first piece of its message. */
  readonly later?: boolean;
  /** Whether it may reach everybody. */
  readonly everyone?: boolean;
  readonly users?: readonly string[];
  readonly reply?: { readonly id?: string; readonly name?: string; readonly excerpt?: string };
  readonly poll?: {
    readonly question: string;
    readonly answers: readonly string[];
    readonly many: boolean;
    readonly hours: number;
  };
  readonly file?: {
    readonly name: string;
    readonly mime: string;
    readonly voice?: { readonly seconds: number; readonly wave: string };
  };
}

export const bodyToJson = (body: Body): Json => JSON.parse(JSON.stringify(body)) as Json;

/** The body of a draft, which this adapter made; what is empty is refused before it leaves. */
export const bodyOf = (draft: Draft, what: string): Body => {
  const { body } = draft;
  const fits = typeof body === "object" && body !== null && "text" in body;
  const found = fits && typeof body.text === "string" ? (body as unknown as Body) : undefined;
  if (found && (found.text.trim() !== "" || found.file || found.poll)) return found;
  throw new BridgeError("invalid", `${what}: there is nothing in it.`, {
    reached: "no",
    scope: "item",
  });
};
