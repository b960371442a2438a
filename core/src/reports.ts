import type { Log } from "./adapter/index.ts";
import type { BoxConfig } from "./config/index.ts";
import type { Box, Engine } from "./engine/index.ts";
import { systemClock } from "./flow/gate.ts";
import { checkpointReporter, stateReporter } from "./observe/index.ts";
import type { BoxState, StateReporter } from "./observe/index.ts";

interface Reported {
  readonly engine: Engine;
  readonly bot: string;
  readonly signal: AbortSignal;
}

interface Reporting {
  readonly config: Pick<BoxConfig, "status">;
  readonly registration: { readonly as_token: string };
  readonly log: Log;
}

/**
 * For whoever looks after many boxes: posts states and checkpoints, each where the config names a place.
 * To be told when the box has started.
 */
export const startReports = (
  { config, registration, log }: Reporting,
  { engine, bot, signal }: Reported,
): (() => void) => {
  const { endpoint, checkpoints } = config.status;
  const common = { asToken: registration.as_token, clock: systemClock, log, signal };
  if (checkpoints !== undefined)
    postCheckpoints(
      engine,
      checkpointReporter({ ...common, url: checkpoints, key: "status.checkpoints" }),
    );
  if (endpoint === undefined) return () => undefined;
  return postStates(
    engine,
    stateReporter({ ...common, url: endpoint, key: "status.endpoint", bot }),
  );
};

const postStates = (engine: Engine, states: StateReporter): (() => void) => {
  const { box, catchUp } = engine.works;
  const { networks } = box;
  const owners = new Map<string, { readonly name: string; readonly owner: string | undefined }>();
  let said: BoxState = "STARTING";
  states.box(said);
  const tellBox = (): void => {
    const now = stateOfBox(box);
    if (now !== said) states.box(now);
    said = now;
  };
  let started = false;
  engine.subscribe((happening) => {
    if (happening.what !== "login" && happening.what !== "network") return;
    if (started) tellBox();
    if (happening.what === "network") return;
    const { network, login, state } = happening;
    const live = networks.get(network)?.logins.get(login);
    const { name, owner } = live?.row ?? owners.get(login) ?? { name: login, owner: undefined };
    if (state === "logged-out") owners.delete(login);
    else owners.set(login, { name, owner });
    const catchesUp = catchUp.isRunning(login);
    states.login({ network, login, owner, name, state, why: live?.why, catchesUp });
  });
  return () => {
    started = true;
    tellBox();
  };
};

/** A network that is not open yet may bring accounts of the box with it, so nothing is said of it. */
const stateOfBox = ({ networks }: Box): BoxState => {
  const all = [...networks.values()];
  const isKnown = all.every(({ gate }) => gate.closure === undefined);
  return isKnown && all.every(({ logins }) => logins.size === 0) ? "UNCONFIGURED" : "RUNNING";
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
