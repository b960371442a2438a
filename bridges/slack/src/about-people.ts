import type { Member, RemoteEvent, Role } from "@bridgebox/core/adapter";
import { happenedAt } from "./api/message.ts";
import { objectIn, textIn, textsIn, type Wire } from "./api/shapes.ts";
import { isPerson, userOf, workspaceRef } from "./ids.ts";
import type { View } from "./message.ts";
import { roleEvents } from "./own-role.ts";
import { infoOf } from "./people.ts";
import { roleOf } from "./ranks.ts";

/** What belongs to no conversation: people, groups, emoji, the workspace itself. */
export const aboutPeople = async (event: Wire, view: View): Promise<readonly RemoteEvent[]> => {
  if (event["type"] === "emoji_changed") {
    view.people.forgetEmoji();
    return [];
  }
  if (event["type"] === "team_rename") return workspaceRenamed(event, view);
  if (textIn(event, "type")?.startsWith("subteam_") === true) view.people.forgetGroups();
  if (event["type"] === "presence_change") return presenceEvents(event, view);
  if (event["type"] !== "user_change" && event["type"] !== "team_join") return [];
  const user = objectIn(event, "user");
  const id = textIn(user, "id");
  if (user === undefined || id === undefined || !isPerson(id)) return [];
  const info = infoOf(user);
  view.people.learn(id, info.name);
  const at = happenedAt(event);
  const told: RemoteEvent = { kind: "user", user: userOf(id), info, at };
  const shown = view.people.statuses.learn(user);
  const role = view.people.ranks.learn(user);
  if (id !== view.self.user)
    return [told, ...shown, ...(role === undefined ? [] : await rankEvents(id, role, view))];
  const list: Member[] = [{ user: userOf(id), state: "join", role: roleOf(user) }];
  return [told, ...(await roleEvents(list, view, at))];
};

/** Somebody became an owner or admin, or is none any more: in the channels of theirs that the core has. */
const rankEvents = async (
  user: string,
  role: Role,
  view: View,
): Promise<readonly RemoteEvent[]> => {
  const { people, log } = view;
  try {
    const theirs = await people.channelsOf(user);
    const chats = (await view.chats()).filter(({ id }) => theirs.has(id));
    return people.ranks.tell(chats, user, role);
  } catch (error) {
    // It is told where they speak, and when the members are listed.
    log.warn("Somebody's level was not changed in their channels", { why: String(error) });
    return [];
  }
};

/** docs.slack.dev/reference/events/team_rename */
const workspaceRenamed = (event: Wire, view: View): readonly RemoteEvent[] => {
  const name = textIn(event, "name");
  if (name === undefined) return [];
  return [
    { kind: "chat", chat: workspaceRef(view.workspace), at: happenedAt(event), info: { name } },
  ];
};

/** One person, or many at once (docs.slack.dev/reference/events/presence_change). */
const presenceEvents = (event: Wire, { people }: View): readonly RemoteEvent[] => {
  const state = event["presence"] === "active" ? "online" : "away";
  const users = [textIn(event, "user") ?? [], ...textsIn(event, "users")].flat().filter(isPerson);
  return users.flatMap((user) => people.statuses.appeared(user, state));
};
