import type { MessageId, UserId } from "@bridgebox/core/adapter";
import type { ClientCertificate } from "./certificate.ts";
import type { IrcConfig } from "./config.ts";
import type { Ident } from "./ident.ts";
import type { Names } from "./ids.ts";
import type { OwnClients } from "./own.ts";
import type { Said } from "./recent.ts";

/** What the relay and all puppets of one network share. */
export interface Shared {
  readonly config: IrcConfig;
  readonly port: number;
  readonly ca: string | undefined;
  /** The relay's own. */
  readonly certificate: ClientCertificate | undefined;
  readonly ident?: Ident | undefined;
  readonly own: OwnClients;
  /** By the case mapping that this network was first seen with. */
  names(): Names;
  /** What the relay heard lately: what people see in the room bears the ids that it gave. */
  readonly heard: (id: MessageId) => Said | undefined;
  /** The relay tells what happens to that person, so a puppet need not. */
  readonly relaySees: (user: UserId) => boolean;
  /** The key of a channel that the relay knows, by its folded name. */
  readonly relayKey: (id: string) => string | undefined;
  /** What a server said its case mapping is. */
  learn(mapping: unknown): void;
}
