import type { Selectable } from "kysely";
import { ItemGone } from "../errors.ts";
import type { Queries } from "../query.ts";
import type { ItemTable } from "../tables.ts";
import type { Item, ItemId, Items, Lane, NewItem } from "../types.ts";
import * as statements from "./item-queries.ts";
import { parsed, parsedDraft, textIf } from "./json.ts";
import type { Setting } from "./setting.ts";

type Row = Selectable<ItemTable>;

const toItem = (row: Row): Item => ({
  id: row.id,
  lane: { portal: row.portal, direction: row.direction },
  shard: row.shard,
  epoch: row.epoch,
  rank: row.rank,
  sub: row.sub,
  origin: row.origin,
  kind: row.kind,
  payload: parsed(row.payload),
  draft: row.draft === null ? undefined : parsedDraft(row.draft),
  at: row.at,
  key: row.key,
  state: row.state,
  attempt: row.attempt,
  firstAt: row.first_at ?? undefined,
  until: row.until ?? undefined,
  waitKey: row.wait_key ?? undefined,
  notes: row.notes === null ? null : parsed(row.notes),
  why: row.why ?? undefined,
});

const toItemIf = (row: Row | undefined): Item | undefined => row && toItem(row);

const inOrder = (a: Row, b: Row): number =>
  a.rank - b.rank ||
  (a.ord ?? a.id) - (b.ord ?? b.id) ||
  (a.place < b.place ? -1 : Number(a.place > b.place));

const eachOnce = (lanes: readonly Lane[]): readonly Lane[] => [
  ...new Map(lanes.map((lane) => [`${lane.portal} ${lane.direction}`, lane])).values(),
];

/** Where an item stands: by its own id, or in the place of the one it was expanded from. */
interface Standing {
  readonly ord: number | null;
  readonly place: string;
}

const ownStanding: Standing = { ord: null, place: "" };

const inPlaceOf = (row: Row, index: number): Standing => ({
  ord: row.ord ?? row.id,
  place: row.place + String(index).padStart(5, "0"),
});

export const items = (queries: Queries, { shard, clock }: Setting): Items => {
  const insert = async (item: NewItem, standing: Standing, index: number): Promise<ItemId> => {
    const row = await queries.one(statements.insert, {
      ...item.lane,
      ...standing,
      shard,
      epoch: 0,
      rank: item.rank,
      sub: item.sub ?? index,
      origin: item.origin,
      kind: item.kind,
      payload: JSON.stringify(item.payload),
      draft: textIf(item.draft),
      at: item.at,
      key: item.key,
      state: item.claimed ? "trying" : "ready",
      attempt: (item.tried?.attempt ?? 0) + (item.claimed ? 1 : 0),
      first_at: item.tried?.firstAt ?? (item.claimed ? clock() : null),
      until: null,
      wait_key: null,
      notes: textIf(item.tried?.notes ?? undefined),
      why: null,
    });
    if (!row) throw new Error("The database gave no id for a new item.");
    return row.id;
  };
  return {
    add: (item) => insert(item, ownStanding, 0),
    get: async (id) => toItemIf(await queries.one(statements.byId, { id })),
    byKey: async (key) => toItemIf(await queries.one(statements.byKey, { key })),
    head: async (lane) =>
      toItemIf(
        await queries.one(statements.firstOf, {
          portal: lane.portal,
          direction: lane.direction,
          limit: 1,
        }),
      ),
    heads: async ({ portal, direction }, limit) =>
      (await queries.all(statements.firstOf, { portal, direction, limit })).map(toItem),
    lanes: (ofShard) => queries.all(statements.lanesOf, { shard: ofShard }),
    ofOrigin: async (origin) => (await queries.all(statements.byOrigin, { origin })).map(toItem),
    async expand(id, into) {
      const row = await queries.one(statements.byId, { id });
      if (!row) throw new ItemGone(id);
      await queries.run(statements.remove, { id });
      const ids: ItemId[] = [];
      for (const [index, item] of into.entries()) {
        ids.push(await insert(item, inPlaceOf(row, index), index));
      }
      return ids;
    },
    claim: async (id, at, draft) =>
      (await queries.run(statements.claim, { id, at, draft: textIf(draft) })) > 0,
    wait: async (id, { until, why, sure }) =>
      void (await queries.run(statements.wait, {
        id,
        until,
        why,
        state: sure ? "waiting" : "trying",
      })),
    goOn: async (id) => void (await queries.run(statements.goOn, { id })),
    park: async (id, waitKey, until) =>
      void (await queries.run(statements.park, { id, waitKey, until })),
    wake: async (waitKey) => eachOnce(await queries.all(statements.wake, { waitKey })),
    wakeExpired: async (now) => eachOnce(await queries.all(statements.wakeExpired, { now })),
    parkedKeys: async () =>
      (await queries.all(statements.parkedKeys, {})).flatMap((row) => row.wait_key ?? []),
    parkedFor: async (kind) =>
      (await queries.all(statements.parkedFor, { like: `${kind}%` })).map(({ until, ...row }) => ({
        ...row,
        until: until ?? 0,
      })),
    nextExpiry: async () => (await queries.one(statements.nextExpiry, {}))?.until ?? undefined,
    async move({ portal, direction }, to) {
      const rows = [
        ...(await queries.all(statements.untriedOf, { portal, direction })),
        ...(await queries.all(statements.parkedIn, { portal, direction })),
      ];
      for (const { id, ord, ...row } of rows) {
        await queries.run(statements.remove, { id });
        await queries.one(statements.insert, { ...row, ord: ord ?? id, portal: to });
      }
      return rows.length;
    },
    note: async (id, notes) =>
      void (await queries.run(statements.note, { id, notes: JSON.stringify(notes) })),
    replacePayload: async (id, payload) =>
      void (await queries.run(statements.replacePayload, { id, payload: JSON.stringify(payload) })),
    done: async (id) => void (await queries.run(statements.remove, { id })),
    depth: () => queries.all(statements.depth, {}),
    depthByNetwork: () => queries.all(statements.depthByNetwork, {}),
    async list(lane, limit) {
      const where = { portal: lane.portal, direction: lane.direction, limit };
      const rows = [
        ...(await queries.all(statements.firstOf, where)),
        ...(await queries.all(statements.parkedOf, where)),
      ];
      return rows.sort(inOrder).slice(0, limit).map(toItem);
    },
  };
};
