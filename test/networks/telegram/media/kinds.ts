import type { Api } from "../tl.ts";

/** What a message carries besides its text, as the network keeps it. */
export type Attachment = Photo | Document | Place | Poll | Fixed;

/** Shown for so many seconds after it was opened, or once. */
interface Fleeting {
  readonly spoiler?: boolean;
  readonly ttlSeconds?: number;
}

export interface Photo extends Fleeting {
  readonly kind: "photo";
  readonly file: StoredFile;
  readonly width: number;
  readonly height: number;
}

export interface Document extends Fleeting {
  readonly kind: "document";
  readonly file: StoredFile;
  readonly mime: string;
  readonly attributes: readonly Api.TypeDocumentAttribute[];
}

/** A live location moves. */
export interface Place {
  readonly kind: "place";
  readonly point: Api.GeoPoint;
  readonly period: number;
}

/** What never changes goes out as it is. */
export interface Fixed {
  readonly kind: "fixed";
  readonly media: Api.TypeMessageMedia;
}

/** A poll with who chose what; the options are known by their bytes. */
export interface Poll {
  readonly kind: "poll";
  readonly id: number;
  readonly question: Api.TextWithEntities;
  readonly answers: readonly Api.PollAnswer[];
  readonly multiple: boolean;
  readonly open: boolean;
  /** By the numbers of those who voted. */
  readonly votes: Map<number, readonly string[]>;
  closed: boolean;
}

/** A file as the network keeps it, on disk so that a test's memory is not the network's. */
export interface StoredFile {
  readonly id: bigint;
  readonly secret: bigint;
  readonly dc: number;
  readonly name: string;
  readonly size: number;
  /** Where its bytes are, by their number. */
  readonly slot: string;
  /** What a client must show to get it; another one after `expire`. */
  reference: Buffer;
  /** A small picture of it. */
  thumb?: StoredFile;
}
