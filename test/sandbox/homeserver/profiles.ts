import { ApiError, badRequest } from "./errors.ts";
import type { Json } from "./json.ts";
import type { Rooms } from "./rooms.ts";

/** The fields of a profile that member events carry. */
export type ProfileField = "displayname" | "avatar_url";

/** Names and pictures of users, carried into the member events of their rooms. */
export class Profiles {
  readonly #rooms: Rooms;
  readonly #profiles = new Map<string, Partial<Record<ProfileField, string>>>();

  constructor(rooms: Rooms) {
    this.#rooms = rooms;
  }

  /** A new account's profile: Synapse names it after the localpart. */
  open(userId: string, displayname: string): void {
    this.#profiles.set(userId, { displayname });
  }

  /** The profile, or 404 (with M_UNKNOWN, as Synapse has it). */
  get(userId: string): Partial<Record<ProfileField, string>> {
    const profile = this.#profiles.get(userId);
    if (profile) return profile;
    throw new ApiError(404, { errcode: "M_UNKNOWN", error: "No row found (profiles)" });
  }

  /** The part of a member event that says who someone is. */
  inMember(userId: string): Json {
    const { displayname, avatar_url } = this.#profiles.get(userId) ?? {};
    return {
      ...(displayname === undefined ? {} : { displayname }),
      ...(avatar_url === undefined ? {} : { avatar_url }),
    };
  }

  /** Sets a field (an empty one removes it) and sends the member events that follow from it. */
  set(by: string, userId: string, change: { field: ProfileField; value: string }): void {
    if (by !== userId) {
      const error = `Cannot set another user's ${change.field}`;
      throw badRequest("M_FORBIDDEN", error);
    }
    if (change.field === "displayname" && change.value.length > 256) {
      throw badRequest("M_INVALID_PARAM", "Displayname is too long (max 256)");
    }
    const { [change.field]: _old, ...rest } = this.#profiles.get(userId) ?? {};
    this.#profiles.set(
      userId,
      change.value === "" ? rest : { ...rest, [change.field]: change.value },
    );
    for (const room of this.#rooms.knownTo(userId)) {
      if (!room.joined.has(userId)) continue;
      const {
        displayname: _name,
        avatar_url: _avatar,
        ...kept
      } = room.stateContent("m.room.member", userId);
      const content = { ...kept, ...this.inMember(userId) };
      this.#rooms.append(room, {
        type: "m.room.member",
        sender: userId,
        stateKey: userId,
        content,
      });
    }
  }
}
