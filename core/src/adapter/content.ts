import type { ChatRef, Json, MessageId, Millis, PartId, UserId } from "./ids.ts";

/** Marks inside a line of text. */
export type Inline =
  | { readonly t: "text"; readonly text: string }
  | {
      readonly t: "bold" | "italic" | "underline" | "strike";
      readonly of: readonly Inline[];
    }
  | { readonly t: "spoiler"; readonly of: readonly Inline[]; readonly reason?: string }
  | { readonly t: "code"; readonly text: string }
  | {
      readonly t: "colour";
      /** `#rrggbb` */
      readonly fg?: string;
      readonly bg?: string;
      readonly of: readonly Inline[];
    }
  | { readonly t: "link"; readonly url: string; readonly of: readonly Inline[] }
  /** A remote person; the core turns it into a pill and a pill into it. `text` is how it was written. */
  | { readonly t: "user"; readonly id: UserId; readonly text: string }
  | { readonly t: "chat"; readonly ref: ChatRef; readonly text: string }
  /** A role or user group. */
  | { readonly t: "group"; readonly id: string; readonly text: string }
  /** Outgoing: the core has checked the sender's power; the adapter must obey `allowed`. */
  | { readonly t: "everyone"; readonly scope: "all" | "here"; readonly allowed: boolean }
  | { readonly t: "emoji"; readonly name: string; readonly media: MediaRef }
  | { readonly t: "time"; readonly at: Millis; readonly text: string }
  | { readonly t: "break" };

export type Block =
  | { readonly t: "para"; readonly of: readonly Inline[] }
  | {
      readonly t: "heading";
      readonly level: 1 | 2 | 3 | 4 | 5 | 6;
      readonly of: readonly Inline[];
    }
  | { readonly t: "quote"; readonly of: readonly Block[]; readonly collapsed?: boolean }
  | { readonly t: "pre"; readonly text: string; readonly lang?: string }
  | {
      readonly t: "list";
      readonly ordered: boolean;
      readonly start?: number;
      readonly items: readonly (readonly Block[])[];
    }
  | {
      readonly t: "table";
      readonly rows: readonly (readonly (readonly Inline[])[])[];
      readonly header: boolean;
    }
  | { readonly t: "rule" };

/** The one tree between Matrix HTML and every network's markup. */
export type RichText = readonly Block[];

/**
 * A storable pointer, never bytes. `locator` is opaque to the core and must stay resolvable after a
 * restart by `Connection.open`, which may refresh an expired link or file reference by `of`.
 */
export interface MediaRef {
  readonly locator: Json;
  readonly of?: { readonly chat: ChatRef; readonly message: MessageId; readonly part: PartId };
  readonly name?: string;
  readonly mime?: string;
  /** bytes */
  readonly size?: number;
  /** pixels */
  readonly width?: number;
  readonly height?: number;
  readonly duration?: Millis;
  readonly thumbnail?: MediaRef;
  readonly hash?: string;
}

/** (live) Bytes, for one reader, ending with the signal it was opened with. `size` absent = unknown. */
export interface MediaStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly size?: number;
  readonly mime?: string;
  readonly name?: string;
}

export interface Preview {
  readonly url: string;
  readonly title?: string;
  readonly text?: string;
  readonly media?: MediaRef;
}

export type Part = { readonly id: PartId } & (
  | {
      readonly kind: "text";
      readonly text: RichText;
      readonly tone?: "normal" | "notice" | "action";
      readonly previews?: readonly Preview[];
    }
  | {
      readonly kind: "media";
      readonly as: "image" | "video" | "audio" | "file" | "sticker" | "gif" | "voice" | "round";
      readonly media: MediaRef;
      readonly caption?: RichText;
      readonly spoiler?: boolean;
      /** How loud it is, over its length: inbound on any scale, outgoing from 0 to 1024. */
      readonly waveform?: readonly number[];
    }
  | {
      readonly kind: "location";
      readonly lat: number;
      readonly lon: number;
      readonly name?: string;
      readonly live?: { readonly until: Millis };
    }
  | { readonly kind: "contact"; readonly name: string; readonly vcard: string }
  | {
      readonly kind: "poll";
      readonly question: string;
      /** The ids are the network's; those of an outgoing poll are its places from "1", also in votes. */
      readonly options: readonly { readonly id: string; readonly text: string }[];
      readonly max: number;
      readonly hidden: boolean;
      readonly closesAt?: Millis;
    }
  /** Something this contract has no word for; shown as `text`, with a link to the original. */
  | {
      readonly kind: "unsupported";
      readonly what: string;
      readonly text: RichText;
      readonly link?: string;
    }
);

export type PartKind = Part["kind"];

export interface Content {
  /** In display order; never empty. */
  readonly parts: readonly Part[];
  readonly replyTo?: Target;
  readonly thread?: { readonly root: Target; readonly alsoInChat?: boolean };
  readonly forwarded?: { readonly from: string; readonly at?: Millis };
  readonly expires?: {
    readonly mode: "timer" | "view-once";
    readonly seconds?: number;
    readonly from: "sent" | "read";
  };
  /** Same value = shown together; each item stays its own message. */
  readonly album?: string;
}

/**
 * A message referred to. Inbound: `id` (and a quote). Outbound: the core fills `ids` for this
 * network, or leaves it out (a room of several networks, a message older than the link) and gives
 * `excerpt`, so that a readable fallback is always possible.
 */
export interface Target {
  readonly id?: MessageId;
  readonly part?: PartId;
  readonly ids?: readonly MessageId[];
  readonly sender?: UserId;
  /** The name to show where `sender` has none on this network. */
  readonly senderName?: string;
  readonly at?: Millis;
  readonly excerpt?: string;
}
