import type { ChatRef, LoginId, Session } from "@bridgebox/core/adapter";
import type { Api } from "./api/web.ts";
import type { View } from "./message.ts";

/** A login that hears by a hub. */
export interface Listener {
  readonly login: LoginId;
  readonly user: string;
  readonly view: View;
  readonly api: Api;
  readonly signal: AbortSignal;
  chats(): Promise<readonly ChatRef[]>;
  readonly state: Session<never>["state"];
}
