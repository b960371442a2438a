import { randomBytes } from "node:crypto";
import type { Log } from "../adapter/index.ts";
import { createListener } from "../http/listener.ts";
import type { Listening } from "../http/listener.ts";
import { createIngress } from "../matrix/index.ts";
import { refuse } from "../web/answers.ts";
import type { Context } from "./context.ts";
import { failed, ok } from "./finding.ts";
import type { Checked } from "./finding.ts";

/** Who answers at the box's port while the checks run. */
export interface Door {
  /** `box`: it is running. `doctor`: this process, for the moment. `nobody`: the port cannot be had. */
  readonly who: "box" | "doctor" | "nobody";
  /** Whether the homeserver has come to our own door, with the right token. */
  readonly wasEntered: () => boolean;
  readonly check: Checked;
  close(): Promise<void>;
}

/**
 * The box's port: its own process is there, or nobody, and then this one listens for the moment. What
 * the homeserver brings meanwhile is refused, so that it keeps it for the box.
 */
export const openDoor = async (context: Context): Promise<Door> => {
  const { config, registration } = context;
  const { hostname, port } = config.appservice;
  const ingress = createIngress({
    store: { commit: () => Promise.reject(new Error("the box is not running")) },
    hsToken: registration.hs_token,
    queries: nothing,
    log: silent,
  });
  const listener = createListener({
    log: silent,
    appservice: ingress.router,
    ready: () => Promise.resolve({ ok: false, state: { missing: ["the box is not running"] } }),
  });
  const answer = doctorsAnswer();
  for (const path of ["/network", "/media"])
    listener.mount(path, (_, response) => refuse(response, 404, answer));
  let listening: Listening;
  try {
    listening = await listener.listen({ host: hostname, port });
  } catch (error) {
    return {
      wasEntered: () => false,
      close: async () => undefined,
      ...(await taken(context, error)),
    };
  }
  return {
    who: "doctor",
    wasEntered: () => ingress.lastContact !== undefined,
    check: ok("port", `${hostname}:${port} is free; the box is not running.`),
    close: () => listening.close(100),
  };
};

/** No other door answers the same. */
const doctorsAnswer = () => ({
  errcode: "M_NOT_FOUND",
  error: `The box is not running; its doctor looks whether this address leads to it (${randomBytes(8).toString("hex")}).`,
});

const taken = async (context: Context, error: unknown): Promise<Pick<Door, "who" | "check">> => {
  const { hostname, port } = context.config.appservice;
  const check = "port";
  if (codeOf(error) !== "EADDRINUSE") {
    const [, says = "", ...fix] = (error instanceof Error ? error.message : "").split(" – ");
    return { who: "nobody", check: failed(check, `${capital(says)}.`, capital(fix.join(" "))) };
  }
  const answers = await whoAnswers(context);
  if (answers === "ours")
    return { who: "box", check: ok(check, `The box is running at ${hostname}:${port}.`) };
  if (answers === "older")
    return {
      who: "nobody",
      check: failed(
        check,
        `A box is running at ${hostname}:${port}, with another hs_token than the registration's.`,
        `Restart it so that it reads ${context.path} as it is now; if it is another box, give this one a port of its own in appservice.port.`,
      ),
    };
  return {
    who: "nobody",
    check: failed(
      check,
      `${hostname}:${port} is taken by another program.`,
      "Stop that program, or put another port into appservice.port and register again.",
    ),
  };
};

/** The listener's sentence is about the system's own error. */
const codeOf = (error: unknown): string => {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
};

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** A made-up token first: only what answers it as a box does is shown the real one. */
const whoAnswers = async (context: Context): Promise<"ours" | "older" | "stranger"> => {
  const { asking, registration } = context;
  const ping = (token: string) =>
    asking.ask(`${localAddress(context)}/_matrix/app/v1/ping`, {
      method: "POST",
      token,
      body: {},
    });
  const strange = await ping(randomBytes(32).toString("hex"));
  const isBox =
    strange.got === "answer" && strange.status === 403 && strange.body["errcode"] === "M_FORBIDDEN";
  if (!isBox) return "stranger";
  const right = await ping(registration.hs_token);
  return right.got === "answer" && right.status === 200 ? "ours" : "older";
};

/** Where this machine itself reaches the box. */
export const localAddress = ({ config }: Context): string => {
  const { hostname, port } = config.appservice;
  const near = hostname === "0.0.0.0" ? "127.0.0.1" : hostname === "::" ? "::1" : hostname;
  return `http://${near.includes(":") ? `[${near}]` : near}:${port}`;
};

const nothing = {
  user: () => Promise.resolve(false),
  alias: () => Promise.resolve(false),
  protocol: () => Promise.resolve(undefined),
  location: () => Promise.resolve([]),
  person: () => Promise.resolve([]),
  locationOf: () => Promise.resolve([]),
  personOf: () => Promise.resolve([]),
};

const ignore = (): void => undefined;

const silent: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
