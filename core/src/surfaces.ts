import { networkId } from "./adapter/index.ts";
import type { Log } from "./adapter/index.ts";
import type { BoxConfig } from "./config/index.ts";
import { openMatrix } from "./engine/index.ts";
import type { Engine } from "./engine/index.ts";
import { createListener } from "./http/listener.ts";
import type { Listener, Listening } from "./http/listener.ts";
import { mediaRoute } from "./http/media-route.ts";
import { metricsRouter } from "./http/metrics-route.ts";
import { networkRouter } from "./http/network-routes.ts";
import { statusRouter } from "./http/status.ts";
import type { AppserviceIngress, ConnectedHomeserver } from "./matrix/index.ts";
import { metricsOf } from "./observe/index.ts";
import type { Activity, CallCounter, NetworkCallCounter } from "./observe/index.ts";
import { readinessOf } from "./readiness.ts";
import type { Condition } from "./readiness.ts";
import { statusOf } from "./status-source.ts";

interface Told {
  readonly version: string;
  readonly config: Pick<BoxConfig, "appservice">;
  readonly log: Log;
}

/** What the answers are made of. */
export interface Surfaces {
  readonly engine: Engine;
  readonly ingress: AppserviceIngress;
  readonly homeserver: ConnectedHomeserver;
  readonly calls: CallCounter;
  readonly remoteCalls: NetworkCallCounter;
  readonly activity: Activity;
  /** The bot or a ghost. */
  readonly isInNamespace: (mxid: string) => boolean;
  readonly activeUsers: () => number;
  readonly phase: () => Condition["phase"];
  readonly signal: AbortSignal;
}

/** Opens the one port of the box, with everything that is answered there. */
export const listen = async (
  { config, log, version }: Told,
  surfaces: Surfaces,
): Promise<Listening> => {
  const { engine, ingress, homeserver, phase, signal } = surfaces;
  const listener = createListener({
    log,
    appservice: ingress.router,
    ready: async () =>
      readinessOf({
        phase: phase(),
        storeAway: engine.works.box.store.away,
        heard: ingress.lastContact !== undefined,
        networks: [...engine.works.box.networks.values()].map(({ settings, gate }) => ({
          id: settings.id,
          closure: gate.closure?.why,
        })),
      }),
  });
  mountMetrics(listener, version, surfaces);
  mountNetworks(listener, engine, config.appservice);
  mountMedia(listener, engine);
  const token = config.appservice.adminToken;
  if (token !== undefined) {
    const source = statusOf({ engine, gate: homeserver.gate });
    listener.mount("/_bridgebox/v1", statusRouter({ source, token, signal }));
  }
  return listener.listen({ host: config.appservice.hostname, port: config.appservice.port });
};

/** What the networks themselves and people's browsers call. */
const mountNetworks = (
  listener: Listener,
  { works }: Engine,
  { publicAddress, address }: BoxConfig["appservice"],
): void =>
  listener.mount(
    "/network",
    networkRouter({
      network: (id) => {
        const live = works.box.networks.get(networkId(id));
        if (live === undefined) return undefined;
        const { name } = live.settings.adapter;
        return { name, webhooks: live.network ? live.network.webhooks : "not-open" };
      },
      returns: works.returns,
      address: publicAddress ?? address,
      log: works.box.log,
    }),
  );

/** Files for networks that fetch them by a link. Without a public address nobody has such a link. */
const mountMedia = (listener: Listener, { works }: Engine): void =>
  listener.mount(
    "/media",
    mediaRoute({
      read: (path) => works.links.read(path, works.box.clock.now()),
      open: (mxc, signal) => openMatrix(works, { locator: { mxc } }, signal),
      log: works.box.log,
    }),
  );

/** Numbers for Prometheus: no names of people, no texts. */
const mountMetrics = (
  listener: Listener,
  version: string,
  { engine, calls, remoteCalls, activity, isInNamespace, activeUsers }: Surfaces,
): void => {
  const { store, networks } = engine.works.box;
  const metrics = metricsOf({
    version,
    networkOf: async (portal) => (await engine.works.portals.get(portal))?.network,
    queueDepth: () => store.read.items.depthByNetwork(),
    census: async () => {
      const [bridged, ghosts] = await Promise.all([
        store.read.portals.bridged(),
        store.read.ghosts.count(),
      ]);
      const accounts = [...networks.values()].reduce((sum, it) => sum + it.logins.size, 0);
      return { ...bridged, ghosts, accounts, active: activeUsers() };
    },
    calls: calls.read,
    remoteCalls: remoteCalls.read,
    activity,
    isOurs: isInNamespace,
  });
  engine.subscribe((happening) => metrics.observe(happening));
  listener.mount("/metrics", metricsRouter(metrics));
};
