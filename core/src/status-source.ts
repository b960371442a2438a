import type { LoginId, NetworkId } from "./adapter/index.ts";
import type { Gate } from "./flow/gate.ts";
import type { Engine, Happening, LiveLogin } from "./engine/index.ts";
import type {
  HomeserverStatus,
  LoginStatus,
  OutcomeStatus,
  QueueDepth,
  StatusNews,
  StatusSource,
} from "./http/status.ts";
import type { Outcome } from "./store/index.ts";

/** What the status API tells, taken from the running engine. */
export const statusOf = ({ engine, gate }: { engine: Engine; gate: Gate }): StatusSource => {
  const { works } = engine;
  const { box } = works;
  const startedAt = box.clock.now();
  let homeserver: HomeserverStatus = { reachable: true, since: startedAt, why: null };
  const homeserverNow = (): HomeserverStatus => {
    const why = gate.closure?.why ?? null;
    if ((why === null) !== homeserver.reachable)
      homeserver = { reachable: why === null, since: box.clock.now(), why };
    return homeserver;
  };

  const outcomeStatus = async (outcome: Outcome): Promise<OutcomeStatus> => {
    const portal = await works.portals.get(outcome.portal);
    return {
      origin: outcome.origin,
      portal: outcome.portal,
      network: portal?.network ?? ("" as OutcomeStatus["network"]),
      direction: outcome.direction,
      state: outcome.state,
      code: outcome.code ?? null,
      sentence: outcome.sentence ?? null,
      until: outcome.state === "retrying" && portal ? await dueAt(outcome, portal.network) : null,
      at: outcome.at,
    };
  };

  /** What the item itself waits for, or the doors in front of it. */
  const dueAt = async (outcome: Outcome, network: NetworkId): Promise<number | null> => {
    const { origin, portal, direction } = outcome;
    const items = await box.store.read.items.ofOrigin(origin);
    const own = items.find(({ lane }) => lane.portal === portal && lane.direction === direction);
    const live = box.networks.get(network);
    const logins = live ? [...live.logins.values()].map((login) => login.gate) : [];
    const doors = direction === "in" ? [gate] : live ? [live.gate, ...logins] : [];
    const untils = [own?.until, ...doors.map(({ closure }) => closure?.until)];
    const due = untils.filter((until) => until !== undefined && until > box.clock.now());
    return due.length > 0 ? Math.max(...due.map(Number)) : null;
  };

  const depth = async (): Promise<readonly QueueDepth[]> => {
    const counts = await box.store.read.items.depthByNetwork();
    return counts;
  };

  /** `known`: what a reader was told of logins last, so that it hears of one that is gone as well. */
  const loginNews = (
    { network, login: id }: Extract<Happening, { what: "login" }>,
    known: Map<LoginId, LoginStatus>,
  ): StatusNews | undefined => {
    const login = box.networks.get(network)?.logins.get(id);
    if (login) {
      const status = loginStatus(login, works);
      known.set(id, status);
      return { what: "login", login: status };
    }
    const before = known.get(id);
    known.delete(id);
    const gone = {
      state: "logged-out",
      since: box.clock.now(),
      catchesUp: false,
      why: null,
    } as const;
    return before && { what: "login", login: { ...before, ...gone } };
  };

  const news = async (
    happening: Happening,
    known: Map<LoginId, LoginStatus>,
  ): Promise<StatusNews | undefined> => {
    switch (happening.what) {
      case "outcome":
        return { what: "outcome", outcome: await outcomeStatus(happening.outcome) };
      case "login":
        return loginNews(happening, known);
      case "queued":
      case "depth":
        return { what: "queue" };
      case "network":
      case "latency":
      case "link":
        return undefined;
      default:
        return happening satisfies never;
    }
  };

  return {
    snapshot: async () => ({
      at: box.clock.now(),
      startedAt,
      homeserver: homeserverNow(),
      networks: [...box.networks.values()].map((live) => ({
        id: live.settings.id,
        type: live.settings.adapter.id,
        logins: [...live.logins.values()].map((login) => loginStatus(login, works)),
      })),
      queues: await depth(),
      outcomes: await box.store.read.outcomes.counts(),
    }),
    outcomes: async (limit) =>
      Promise.all((await box.store.read.outcomes.recent(limit)).map(outcomeStatus)),
    depth,
    subscribe: (listener) => {
      let last: Promise<void> = Promise.resolve();
      const known = new Map<LoginId, LoginStatus>();
      for (const { logins } of box.networks.values())
        for (const [id, login] of logins) known.set(id, loginStatus(login, works));
      /** Nobody waits for the last one, so what cannot be read is said and left out. */
      const readable = async (happening: Happening): Promise<StatusNews | undefined> => {
        try {
          return await news(happening, known);
        } catch (error) {
          const { what } = happening;
          const why = String(error);
          box.log.warn("Readers of the status were not told what happened", { what, why });
          return undefined;
        }
      };
      const inOrder = async (before: Promise<void>, happening: Happening): Promise<void> => {
        const one = await readable(happening);
        await before;
        if (one) listener(one);
      };
      const tell = (happening: Happening): void => {
        last = inOrder(last, happening);
      };
      const end = engine.subscribe(tell);
      const watch = setInterval(() => {
        const before = homeserver;
        if (homeserverNow() !== before) listener({ what: "homeserver", homeserver });
      }, 200);
      return () => {
        clearInterval(watch);
        end();
      };
    },
  };
};

const loginStatus = (
  login: LiveLogin,
  { catchUp }: Pick<Engine["works"], "catchUp">,
): LoginStatus => ({
  network: login.row.network,
  login: login.row.id,
  owner: login.row.owner ?? null,
  name: login.row.name,
  state: login.state,
  since: login.since,
  catchesUp: login.state === "connected" && catchUp.isRunning(login.row.id),
  why: login.why?.message ?? null,
});
