import type { ConnectingLogin, Session } from "@bridgebox/core/adapter";
import type { IrcAccount } from "./config.ts";
import type { Link } from "./link.ts";
import type { Shared } from "./shared.ts";

/** What the methods of one login's connection work with. */
export interface ConnectionContext {
  readonly link: Link;
  readonly shared: Shared;
  readonly login: ConnectingLogin<IrcAccount>;
  readonly session: Session<IrcAccount>;
  closed(): void;
}
