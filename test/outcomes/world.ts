import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dump, load } from "js-yaml";
import { register } from "prom-client";
import { chatId, defineAdapter, networkId } from "@bridgebox/core/adapter";
import type { Connection } from "@bridgebox/core/adapter";
import { loadConfig } from "@bridgebox/core/config";
import type { AnyAdapter, Happening } from "@bridgebox/core/engine";
import { startLogin } from "@bridgebox/core/engine";
import { runBox } from "@bridgebox/core/run";
import type { Running } from "@bridgebox/core/run";
import type { Outcome, PortalId } from "@bridgebox/core/store";
import { example } from "@bridgebox/example";
import { EchoServer } from "@bridgebox/example/server";
import { buildRegistration, writeRegistration } from "@bridgebox/registration";
import { MatrixUser, until } from "../sandbox/client.ts";
import { SandboxHomeserver } from "../sandbox/homeserver/index.ts";
import { freePort } from "../free-port.ts";

/** The two networks of the world: the second cannot be asked whether it has a message. */
export const networks = ["cave", "den"] as const;

let worlds = 0;

/** What the box has just written. */
type Known = Parameters<SandboxHomeserver["addAppservice"]>[0] &
  Parameters<typeof runBox>[0]["registration"];

/** A network in this process that anybody can bridge to; `asked`: it can say whether it has a message. */
const echoing = (id: string, asked: boolean): AnyAdapter => {
  const ableOf = (connection: Connection): Connection => {
    const resolve = (name: string) => Promise.resolve({ name, chat: { id: chatId(name) } });
    const able: Connection = { ...connection, resolve };
    if (!asked) delete able.find;
    return able;
  };
  const adapter = defineAdapter({
    ...example,
    id,
    open: async (host, config) => {
      const network = await example.open(host, config);
      return {
        ...network,
        connect: async (login, session) => ableOf(await network.connect(login, session)),
      };
    },
  });
  return adapter;
};

/** What became of an event, in the order in which it was told. */
type Told = readonly Outcome["state"][];

/** (live) A homeserver, two networks, and a box between them, all in this process. */
export interface World {
  readonly homeserver: SandboxHomeserver;
  readonly servers: readonly EchoServer[];
  readonly ana: MatrixUser;
  /** Has no login anywhere. */
  readonly bob: MatrixUser;
  readonly room: string;
  /** The next `times` that anything comes by that place of the box, it fails as if by a mistake of ours. */
  strike(place: string, times: number): void;
  /** The box stops and starts again. */
  restart(): Promise<void>;
  /** Everything is connected, nothing is queued, and the homeserver has handed over all it has. */
  calm(): Promise<void>;
  outcome(origin: string, portal: PortalId): Promise<Outcome | undefined>;
  told(origin: string, portal: PortalId): Told;
  /** The portals of the room, by network. */
  portals(): Promise<readonly { readonly id: PortalId; readonly network: string }[]>;
  close(): Promise<void>;
}

let starting: Promise<unknown> = Promise.resolve();

/** The appservice library counts in one place per process, which is meant to be one box: one starts at a time. */
const startAlone = (options: Parameters<typeof runBox>[0]): Promise<Running> => {
  const started = starting.then(() => {
    register.clear();
    return runBox(options);
  });
  starting = started.catch(() => undefined);
  return started;
};

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

export const openWorld = async (): Promise<World> => {
  worlds += 1;
  const names = networks.map((id) => `${id}-${worlds}`);
  const dir = mkdtempSync(join(tmpdir(), "bridgebox-outcomes-"));
  const homeserver = await SandboxHomeserver.listen({ serverName: "sandbox.test" });
  const adapters = new Map(networks.map((id) => [id as string, echoing(id, id === "cave")]));
  const servers = names.map((name) => EchoServer.at(name));
  const port = await freePort();
  const file = join(dir, "config.yaml");
  const config = {
    homeserver: { address: homeserver.url, domain: homeserver.serverName },
    appservice: { address: `http://127.0.0.1:${port}`, port },
    registration: join(dir, "registration.yaml"),
    database: { path: join(dir, "box.db"), key_file: join(dir, "box.key") },
    permissions: { "*": "relay", [homeserver.serverName]: "user" },
    networks: Object.fromEntries(networks.map((id, at) => [id, { type: id, server: names[at] }])),
    status: { events: true, receipts: true },
    limits: { call: 1 },
  };
  writeFileSync(file, dump(config), { mode: 0o600 });
  const known = Object.fromEntries(
    [...adapters].map(([id, adapter]) => [id, () => Promise.resolve(adapter)]),
  );
  const loaded = await loadConfig({ path: file, env: {}, adapters: known });
  if (!loaded.ok) throw new Error(loaded.problems.join("\n"));
  writeRegistration(loaded.config.registration, buildRegistration(loaded.config));
  const registration = load(readFileSync(loaded.config.registration, "utf8")) as Known;
  homeserver.addAppservice(registration);

  const struck = new Map<string, number>();
  const happenings = new Map<string, Outcome["state"][]>();
  const note = (happening: Happening): void => {
    if (happening.what !== "outcome") return;
    const { origin, portal, state } = happening.outcome;
    const key = `${portal} ${origin}`;
    happenings.set(key, [...(happenings.get(key) ?? []), state]);
  };
  const start = async (): Promise<Running> => {
    const running = await startAlone({
      version: "test",
      config: loaded.config,
      registration,
      adapters,
      log: quiet,
      failpoint: async (name) => {
        const left = struck.get(name) ?? 0;
        if (left === 0) return;
        struck.set(name, left - 1);
        throw new Error(`struck at ${name}`);
      },
    });
    running.engine.subscribe(note);
    return running;
  };
  let running = await start();

  const person = (name: string): MatrixUser =>
    new MatrixUser({ url: homeserver.url, ...homeserver.addUser(name) });
  const ana = person("ana");
  const bob = person("bob");
  for (const id of networks) await logIn(running, id, ana.userId);
  const bot = `@bridgebox:${homeserver.serverName}`;
  const room = await ana.createRoom({ preset: "public_chat", invite: [bot] });
  await bob.join(room);
  await ana.until(
    ({ type, state_key, content }) =>
      type === "m.room.member" && state_key === bot && content["membership"] === "join",
  );
  for (const id of networks) {
    await ana.send(room, `!bridgebox bridge ${id} lobby`);
    await ana.untilText(room, `This room is bridged to ${id} lobby now.`);
  }

  return {
    homeserver,
    servers,
    ana,
    bob,
    room,
    strike: (place, times) => void struck.set(place, times),
    restart: async () => {
      await running.stop();
      running = await start();
    },
    calm: async () => {
      struck.clear();
      homeserver.retryNow();
      await until("the world is calm", () => isCalm(running, homeserver), 60_000);
    },
    outcome: (origin, portal) => running.engine.works.box.store.read.outcomes.get(origin, portal),
    told: (origin, portal) => happenings.get(`${portal} ${origin}`) ?? [],
    portals: () => running.engine.works.portals.ofRoom(room),
    close: async () => {
      await running.stop();
      await homeserver.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
};

const logIn = async ({ engine }: Running, network: string, owner: string): Promise<void> => {
  const { works, supervisor } = engine;
  const live = await until(`${network} is open`, () => {
    const one = works.box.networks.get(networkId(network));
    return one?.network === undefined ? false : one;
  });
  const login = startLogin(works, supervisor, { live, flow: "code", owner });
  for (;;) {
    const step = await login.next();
    if (step.kind === "done") return;
    if (step.kind !== "ask") throw new Error(`The login came to ${step.kind}.`);
    login.answer(
      Object.fromEntries(step.fields.map(({ key }) => [key, key === "code" ? "1234" : "ana"])),
    );
  }
};

const isCalm = async ({ engine }: Running, homeserver: SandboxHomeserver): Promise<boolean> => {
  const { store, networks: all } = engine.works.box;
  const logins = [...all.values()].flatMap((live) => [...live.logins.values()]);
  if (logins.length < networks.length || logins.some(({ state }) => state !== "connected"))
    return false;
  return (
    homeserver.outbox().waiting === 0 &&
    (await store.read.inbox.count()) === 0 &&
    (await store.read.items.depth()).length === 0
  );
};
