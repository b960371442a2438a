import type { Log } from "./adapter/index.ts";
import type { BoxConfig } from "./config/index.ts";
import type { Engine } from "./engine/index.ts";
import { systemClock } from "./flow/gate.ts";
import { checkpointReporter, stateReporter } from "./observe/index.ts";
import type { StateReporter } from "./observe/index.ts";

interface Reported {
  readonly engine: Engine;
  readonly bot: string;
  readonly signal: AbortSignal;
}

interface Reporting {
  readonly config: BoxConfig;
  readonly registration: { readonly as_token: string };
  readonly log: Log;
}

/** For whoever looks after many boxes: posts states and checkpoints, each where the config names a place. */
export const startReports = (
  { config, registration, log }: Reporting,
  { engine, bot, signal }: Reported,
): StateReporter | undefined => {
  const { endpoint, checkpoints } = config.status;
  const common = { asToken: registration.as_token, clock: systemClock, log, signal };
  if (checkpoints !== undefined)
    postCheckpoints(
      engine,
      checkpointReporter({ ...common, url: checkpoints, key: "status.checkpoints" }),
    );
  if (endpoint === undefined) return undefined;
  const states = stateReporter({ ...common, url: endpoint, key: "status.endpoint", bot });
  postStates(engine, states);
  return states;
};

const postStates = (engine: Engine, states: StateReporter): void => {
  const { networks } = engine.works.box;
  const owners = new Map<string, { readonly name: string; readonly owner: string | undefined }>();
  states.box("STARTING");
  engine.subscribe((happening) => {
    if (happening.what !== "login") return;
    const { network, login, state } = happening;
    const live = networks.get(network)?.logins.get(login);
    const { name, owner } = live?.row ?? owners.get(login) ?? { name: login, owner: undefined };
    if (state === "logged-out") owners.delete(login);
    else owners.set(login, { name, owner });
    states.login({ network, login, owner, name, state, why: live?.why });
  });
};

/** Of what Matrix users did; what comes from networks has none. */
const postCheckpoints = (engine: Engine, post: ReturnType<typeof checkpointReporter>): void => {
  const { clock } = engine.works.box;
  engine.subscribe((happening) => {
    if (happening.what === "queued") {
      const { origin: event, room, about } = happening;
      post({ event, room, ...about, state: "accepted", at: clock.now() });
    }
    if (happening.what !== "outcome") return;
    const { outcome, about } = happening;
    const { origin: event, room, state, code, sentence, at } = outcome;
    if (about === undefined || room === undefined || outcome.direction !== "out") return;
    post({ event, room, ...about, state, code, sentence, at });
  });
};
