import type { Accounts } from "./accounts.ts";
import type { Aliases } from "./aliases.ts";
import type { AppservicePusher } from "./appservice-pusher.ts";
import type { Appservices } from "./appservices.ts";
import type { Clock } from "./clock.ts";
import type { Ephemeral } from "./ephemeral.ts";
import type { Media } from "./media.ts";
import type { Profiles } from "./profiles.ts";
import type { Rooms } from "./rooms.ts";
import type { Stream } from "./stream.ts";
import type { Transactions } from "./transactions.ts";
import type { UserData } from "./user-data.ts";

/** Everything a handler may need: one homeserver's parts, wired together in index.ts. */
export type World = {
  readonly serverName: string;
  readonly clock: Clock;
  readonly stream: Stream;
  readonly appservices: Appservices;
  readonly accounts: Accounts;
  readonly rooms: Rooms;
  readonly profiles: Profiles;
  readonly aliases: Aliases;
  readonly transactions: Transactions;
  readonly ephemeral: Ephemeral;
  readonly userData: UserData;
  readonly media: Media;
  readonly pusher: AppservicePusher;
};
