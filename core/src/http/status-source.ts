import type { NetworkId } from "../adapter/index.ts";
import type { Box, Happening, LiveLogin } from "../engine/box.ts";
import { liveLogin } from "../engine/box.ts";
import type { Gate } from "../flow/gate.ts";
import type { Direction, Outcome } from "../store/types.ts";
import type {
  HomeserverStatus,
  LoginStatus,
  OutcomeStatus,
  StatusNews,
  StatusSnapshot,
  StatusSource,
} from "./status-types.ts";

export interface StatusFacts {
  readonly box: Box;
  readonly startedAt: number;
  /** Calls back for each of `Box.observe`; the returned function ends it. */
  readonly subscribe: (listener: (happening: Happening) => void) => () => void;
}

/** The status of a running box, from its store and its live logins. */
export const boxStatus = ({ box, startedAt, subscribe }: StatusFacts): StatusSource => {
  let since = startedAt;
  let reachable = true;
  const homeserver = (): HomeserverStatus => {
    const { closure } = box.homeserverGate;
    if ((closure === undefined) !== reachable) {
      reachable = closure === undefined;
      since = box.clock.now();
    }
    return { reachable, since, why: closure?.why ?? null };
  };
  const snapshot = async (): Promise<StatusSnapshot> => ({
    at: box.clock.now(),
    startedAt,
    homeserver: homeserver(),
    networks: [...box.networks.values()].map(({ settings, logins }) => ({
      id: settings.id,
      type: settings.adapter.id,
      logins: [...logins.values()].map(loginStatus),
    })),
    queues: await box.store.read.items.depthByNetwork(),
    outcomes: await box.store.read.outcomes.counts(),
  });
  return {
    snapshot,
    depth: () => box.store.read.items.depthByNetwork(),
    outcomes: async (limit) => {
      const rows = await box.store.read.outcomes.recent(limit);
      const all = await Promise.all(rows.map((row) => outcomeStatus(box, row)));
      return all.filter((outcome) => outcome !== undefined);
    },
    subscribe: (listener) => {
      let told = homeserver().reachable;
      const outcomes = inOrder(box, listener);
      return subscribe((happening) => {
        const now = homeserver();
        if (now.reachable !== told) {
          told = now.reachable;
          listener({ what: "homeserver", homeserver: now });
        }
        if (happening.what === "queued") listener({ what: "queue" });
        if (happening.what === "login") {
          const login = liveLogin(box, happening.login);
          if (login) listener({ what: "login", login: loginStatus(login) });
        }
        if (happening.what === "outcome") {
          outcomes(happening.outcome);
          listener({ what: "queue" });
        }
      });
    },
  };
};

/** An outcome's portal is looked up, and no lookup overtakes an earlier one. */
const inOrder = (box: Box, listener: (news: StatusNews) => void): ((row: Outcome) => void) => {
  let last: Promise<unknown> = Promise.resolve();
  return (row) => {
    const outcome = outcomeStatus(box, row);
    last = last
      .then(() => outcome)
      .then((it) => it && listener({ what: "outcome", outcome: it }))
      .catch(() => undefined);
  };
};

const loginStatus = ({ row, state, since, why }: LiveLogin): LoginStatus => ({
  network: row.network,
  login: row.id,
  owner: row.owner ?? null,
  name: row.name,
  state,
  since,
  why: state === "connected" ? null : (why?.message ?? null),
});

const outcomeStatus = async (box: Box, row: Outcome): Promise<OutcomeStatus | undefined> => {
  const portal = await box.store.read.portals.get(row.portal);
  if (portal === undefined) return undefined;
  const { origin, direction, state, code = null, sentence = null, at } = row;
  const until = state === "retrying" ? await dueAt(box, row, portal.network) : null;
  return {
    origin,
    portal: row.portal,
    network: portal.network,
    direction,
    state,
    code,
    sentence,
    until,
    at,
  };
};

/** What the item itself waits for, or the doors in front of it. */
const dueAt = async (
  box: Box,
  { origin, portal, direction }: Outcome,
  network: NetworkId,
): Promise<number | null> => {
  const items = await box.store.read.items.ofOrigin(origin);
  const own = items.find((it) => it.lane.portal === portal && it.lane.direction === direction);
  const now = box.clock.now();
  if (own?.until !== undefined && own.until > now) return own.until;
  const due = doors(box, direction, network)
    .map(({ closure }) => closure?.until ?? 0)
    .filter((until) => until > now);
  return due.length > 0 ? Math.max(...due) : null;
};

const doors = (box: Box, direction: Direction, network: NetworkId): readonly Gate[] => {
  if (direction === "in") return [box.homeserverGate];
  const live = box.networks.get(network);
  return live ? [live.gate, ...[...live.logins.values()].map(({ gate }) => gate)] : [];
};
