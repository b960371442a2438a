import type { Json, LoginId, NetworkId } from "../adapter/index.ts";
import type { PortalId } from "./numbers.ts";

/** Whose rooms a space shows: those of one login, or those of the chats inside of another chat. */
export type SpaceOwner = { readonly login: LoginId } | { readonly chat: PortalId };

export interface Space {
  readonly network: NetworkId;
  readonly owner: SpaceOwner;
  readonly room: string;
  /** What was shown of its look last, for whoever compares. */
  readonly shown: Json;
}

/** Spaces that were made, and the rooms that were put into them. */
export interface Spaces {
  get(network: NetworkId, owner: SpaceOwner): Promise<Space | undefined>;
  ofRoom(room: string): Promise<Space | undefined>;
  put(space: Space): Promise<void>;
  /** With all that is known to stand in it, or it in others. */
  remove(room: string): Promise<void>;
  /** Those of the servers, workspaces and forums that a login is in. */
  shownTo(network: NetworkId, login: LoginId): Promise<readonly Space[]>;
  /** Those of logins and chats that are there no more. */
  orphans(): Promise<readonly Space[]>;
  link(space: string, room: string): Promise<void>;
  unlink(space: string, room: string): Promise<void>;
  /** The spaces in which a room stands. */
  above(room: string): Promise<readonly string[]>;
  /** The rooms that stand in a space. */
  below(space: string): Promise<readonly string[]>;
}
