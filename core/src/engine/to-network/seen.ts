import type { Attempt, Draft, Order } from "../../adapter/index.ts";
import { deadlineWithin } from "../../flow/deadline.ts";
import type { MessageRow, Repositories, Retriable } from "../../store/types.ts";
import { isSeenOnly } from "../again/act.ts";
import { seenOf } from "../again/seen.ts";
import { outPayload, sentRow } from "../sent-row.ts";
import type { Turn } from "../turn.ts";
import type { Works } from "../works.ts";
import { contentFor, isSettlement } from "./content.ts";
import { draftsOf } from "./message.ts";
import { enterChat, voiceOf } from "./speaker.ts";
import type { Voice } from "./speaker.ts";

/**
 * What a message is called on the network that is there by somebody's word alone: asked for once somebody
 * changes or deletes it, where the network can be asked. What is found is in the map from then on.
 */
export const soughtRows = async (
  works: Works,
  turn: Turn,
  event: string,
): Promise<readonly MessageRow[]> => {
  const { store } = works.box;
  const rows: MessageRow[] = [];
  for (const seen of await seenOf(store.read, { event, portal: turn.portal.id })) {
    const row = await sought(works, turn, seen);
    if (row === undefined) continue;
    await store.commit(async (tx) => {
      await tx.messages.add(row);
      await tx.retriables.remove(seen.key);
    });
    rows.push(row);
  }
  return rows;
};

const sought = async (
  works: Works,
  turn: Turn,
  seen: Retriable,
): Promise<MessageRow | undefined> => {
  const { connections, settings } = works.box;
  const { portal } = turn;
  const { key, payload, attempt: number, firstAt, notes, at } = seen;
  const voice = await voiceOf(works, portal, outPayload(seen).event.sender);
  if (!voice) return undefined;
  const { login, speaker } = voice;
  const { id } = login.row;
  await enterChat(works, portal, login, turn.signal);
  if (!connections.can(id, "find")) return undefined;
  const draft = seen.draft ?? (await planned(works, turn, { seen, voice }));
  if (draft === undefined) return undefined;
  const deadline = deadlineWithin(settings.deadline.network, turn.signal);
  const order: Order = { chat: portal.chat, draft, speaker };
  const attempt: Attempt = {
    key,
    number,
    firstAt: firstAt ?? at,
    notes,
    // Nothing is sent, so there is nothing to note.
    note: () => Promise.resolve(),
    signal: deadline.signal,
  };
  const found = await connections.call(id, "find", order, attempt).finally(deadline.end);
  if (found.state !== "sent") return undefined;
  return { ...sentRow({ payload, draft }, portal, found.sent), login: id };
};

/** What was claimed with its event in one commit was planned after it, and is planned the same once more. */
const planned = async (
  works: Works,
  turn: Turn,
  { seen, voice }: { readonly seen: Retriable; readonly voice: Voice },
): Promise<Draft | undefined> => {
  const { event } = outPayload(seen);
  const said = await contentFor(works, turn.portal, { event, body: event.content, voice });
  const [draft, ...more] = isSettlement(said) ? [] : await draftsOf(works, turn, { voice, said });
  return more.length > 0 ? undefined : draft;
};

/** In the commit that ends a deletion: what its author deleted is kept no longer. */
export const forgetSeen = async (
  tx: Repositories,
  { portal }: Turn,
  event: string,
): Promise<void> => {
  for (const { key } of await seenOf(tx, { event, portal: portal.id }))
    await tx.retriables.remove(key);
};

/**
 * Why there is nothing on the network to change or delete; nothing: nobody knows better. A message of
 * which a person said that it had arrived is there, and has no id here.
 */
export const whyUnknown = async (
  { box }: Works,
  { portal }: Turn,
  { event, deed }: { readonly event: string; readonly deed: string },
): Promise<string | undefined> => {
  const outcome = await box.store.read.outcomes.get(event, portal.id);
  return outcome && isSeenOnly(outcome)
    ? `the network never told which message of it that is; it is known to be there because somebody here said so. ${deed} it there.`
    : undefined;
};
