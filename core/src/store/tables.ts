import type { Generated } from "kysely";
import type {
  ChatId,
  ErrorCode,
  LoginId,
  LoginRole,
  Member,
  MessageId,
  Millis,
  NetworkId,
  PartId,
  Role,
  SourceId,
  UserId,
} from "../adapter/index.ts";
import type {
  Assertion,
  Direction,
  ItemId,
  ItemState,
  MessageRow,
  OutcomeState,
  Portal,
  PortalId,
} from "./types.ts";

/** The columns, as every dialect returns them. JSON and sealed values are text; flags are 0 or 1. */
export interface Tables {
  readonly meta: { name: string; value: string };
  readonly item: ItemTable;
  readonly inbox: { seq: Generated<number>; event_id: string; at: Millis; event: string };
  readonly inbox_taken: { event_id: string; at: Millis };
  readonly inbox_transaction: { id: string; at: Millis };
  readonly portal: PortalTable;
  readonly portal_login: { portal: PortalId; login: LoginId; since: Millis };
  readonly login: LoginTable;
  readonly ghost: GhostTable;
  readonly member: { room: string; mxid: string; membership: string };
  readonly roster: RosterTable;
  readonly space: { network: NetworkId; owner: string; room: string; shown: string };
  readonly space_child: { space: string; room: string };
  readonly message: MessageTable;
  readonly assertion: AssertionTable;
  readonly outcome: OutcomeTable;
  readonly retriable: RetriableTable;
  readonly seen: { portal: PortalId; key: string; at: Millis };
  readonly cursor: { source: SourceId; name: string; value: string };
  readonly link: LinkTable;
  readonly link_offer: LinkOfferTable;
  readonly key_value: { scope: string; key: string; value: string; secret: number };
  readonly lease: { name: string; owner: string; until: Millis; epoch: Generated<number> };
}

export interface ItemTable {
  id: Generated<ItemId>;
  portal: PortalId;
  direction: Direction;
  shard: number;
  epoch: number;
  rank: 0 | 1;
  /** The id of the item it was expanded from at first; absent: its own. */
  ord: number | null;
  /** Where it stands among what came of that one: five digits per expansion, so text sorts it. */
  place: string;
  sub: number;
  origin: string;
  kind: string;
  payload: string;
  draft: string | null;
  at: Millis;
  key: string;
  state: ItemState;
  attempt: number;
  first_at: Millis | null;
  until: Millis | null;
  wait_key: string | null;
  notes: string | null;
  why: string | null;
}

export interface PortalTable {
  id: Generated<PortalId>;
  network: NetworkId;
  chat: ChatId;
  /** `""`: the chat means the same to every login. */
  receiver: LoginId | "";
  room: string | null;
  origin: Portal["origin"];
  info: string | null;
  primary_login: LoginId | null;
  relay_login: LoginId | "off" | null;
  dead: number;
}

export interface LoginTable {
  id: LoginId;
  network: NetworkId;
  owner: string | null;
  user_id: UserId;
  name: string;
  role: LoginRole;
  account: string;
  account_version: number;
  since: Millis;
}

export interface GhostTable {
  network: NetworkId;
  user_id: UserId;
  mxid: string;
  name: string | null;
  info: string;
  registered: number;
  shown_name: string | null;
}

export interface LinkTable {
  network: NetworkId;
  account: string;
  mxid: string;
  name: string;
  login: LoginId;
  chat: string;
  since: Millis;
}

export interface LinkOfferTable {
  network: NetworkId;
  mxid: string;
  selector: string;
  proof: string;
  tries: number;
  until: Millis;
  /** Of the claim. */
  account: string | null;
  claim: string | null;
}

export interface RosterTable {
  portal: PortalId;
  user_id: UserId;
  state: Member["state"];
  role: Role | null;
  by_user: UserId | null;
  reason: string | null;
  dirty: number;
}

export interface MessageTable {
  /** The order in which pieces were written: what "in order" means. */
  seq: Generated<number>;
  portal: PortalId;
  remote: MessageId;
  part: PartId;
  event: string;
  room: string;
  sender: string;
  author: UserId | null;
  came_from: MessageRow["from"];
  at: Millis;
  login: LoginId | null;
  content: string | null;
  /** `""`: the network told that it stands in none. */
  thread: MessageId | "" | null;
}

export interface AssertionTable {
  seq: Generated<number>;
  portal: PortalId;
  kind: Assertion["kind"];
  message: MessageId;
  part: PartId;
  user_id: Assertion["user"];
  name: string;
  /** `""`: the network says it. */
  by_mxid: string;
  value: string | null;
  event: string | null;
  room: string | null;
  dirty: number;
  at: Millis;
}

export interface OutcomeTable {
  origin: string;
  portal: PortalId;
  direction: Direction;
  state: OutcomeState;
  code: ErrorCode | null;
  sentence: string | null;
  at: Millis;
  room: string | null;
  notice: string | null;
  offers: string | null;
}

export interface RetriableTable {
  key: string;
  portal: PortalId;
  origin: string;
  sub: number;
  kind: string;
  payload: string;
  draft: string | null;
  attempt: number;
  first_at: Millis | null;
  notes: string | null;
  doubtful: number;
  at: Millis;
}
