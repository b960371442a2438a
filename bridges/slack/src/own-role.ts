import type { Member, RemoteEvent, Session } from "@bridgebox/core/adapter";
import { patient } from "./api/patient.ts";
import type { SlackAccount } from "./config.ts";
import { selfIn, type Directory } from "./directory.ts";
import { isConversation, isDirect } from "./ids.ts";
import type { View } from "./message.ts";

const key = "role";
/** In milliseconds. */
const patience = 15_000;

/** The account's role in the workspace, for each channel of it that the core has. */
export const roleEvents = async (
  list: readonly Member[],
  { chats }: Pick<View, "chats">,
  at: number,
): Promise<readonly RemoteEvent[]> =>
  (await chats())
    .filter(({ id }) => isConversation(id) && !isDirect(id))
    .map((chat) => ({ kind: "members", chat, at, list, complete: false }));

/** It may have become another one while nobody listened: then it is told anew. */
export const tellOwnRole = async (
  { directory, view }: { readonly directory: Directory; readonly view: View },
  session: Pick<Session<SlackAccount>, "store" | "source">,
  signal: AbortSignal,
): Promise<void> => {
  const until = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
  const { api, self } = directory;
  const { members = [] } = await selfIn({ api: { call: patient(api.call) }, self }, until);
  const role = members[0]?.role;
  if (role === undefined || (await session.store.get(key)) === role) return;
  const events = await roleEvents(members, view, Date.now());
  if (events.length > 0) await session.source("role").accept({ events, seenBy: [directory.login] });
  await session.store.set(key, role);
};
