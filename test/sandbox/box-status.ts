import { setTimeout as sleep } from "node:timers/promises";
import { asBody, listOf, type Body } from "./client.ts";

/** What the box says of one event on one network. */
export interface BoxOutcome {
  readonly origin: string;
  readonly network: string;
  readonly direction: string;
  readonly state: string;
  readonly sentence: string | null;
  readonly until: number | null;
}

export interface BoxLogin {
  readonly network: string;
  readonly login: string;
  readonly state: string;
  readonly since: number;
  readonly why: string | null;
}

export interface BoxQueue {
  readonly network: string;
  readonly direction: string;
  readonly count: number;
}

export type BoxNews =
  | { readonly what: "reachable"; readonly yes: boolean }
  | { readonly what: "logins"; readonly logins: readonly BoxLogin[] }
  | { readonly what: "login"; readonly login: BoxLogin }
  | { readonly what: "queues"; readonly queues: readonly BoxQueue[] }
  | { readonly what: "outcome"; readonly outcome: BoxOutcome };

export interface BoxStatusOptions {
  readonly url: string;
  readonly token: string;
  readonly signal: AbortSignal;
  readonly tell: (news: BoxNews) => void;
}

const betweenTriesMs = 150;
const caughtUp = 1000;

/** Follows the box's public status API as any client would, and comes back whenever the box does. */
export const followBox = async (options: BoxStatusOptions): Promise<void> => {
  const { signal, tell } = options;
  while (!signal.aborted) {
    const seen = await follow(options).catch(() => false);
    if (seen) tell({ what: "reachable", yes: false });
    await sleep(betweenTriesMs, undefined, { signal }).catch(() => undefined);
  }
};

const follow = async ({ url, token, signal, tell }: BoxStatusOptions): Promise<boolean> => {
  const init = { headers: { authorization: `Bearer ${token}` }, signal };
  const reply = await fetch(`${url}/_bridgebox/v1/events`, init);
  if (reply.status !== 200 || !reply.body) {
    await reply.body?.cancel();
    return false;
  }
  tell({ what: "reachable", yes: true });
  const missed = await fetch(`${url}/_bridgebox/v1/outcomes?limit=${caughtUp}`, init);
  for (const outcome of listOf(asBody(await missed.json()), "outcomes").toReversed()) {
    tell({ what: "outcome", outcome: outcomeOf(outcome) });
  }
  try {
    await readEvents(reply.body, (event, data) => {
      for (const news of newsOf(event, data)) tell(news);
    });
  } catch {
    return true;
  }
  return true;
};

const newsOf = (event: string, data: Body): BoxNews[] => {
  if (event === "outcome") return [{ what: "outcome", outcome: outcomeOf(data) }];
  if (event === "login") return [{ what: "login", login: loginOf(data) }];
  if (event === "queue") return [{ what: "queues", queues: listOf(data, "queues").map(queueOf) }];
  if (event !== "status") return [];
  const networks = listOf(data, "networks");
  const logins = networks.flatMap((network) => listOf(network, "logins").map(loginOf));
  return [
    { what: "logins", logins },
    { what: "queues", queues: listOf(data, "queues").map(queueOf) },
  ];
};

const text = (body: Body, key: string): string => {
  const value = body[key];
  return typeof value === "string" ? value : "";
};
const textIf = (body: Body, key: string): string | null => text(body, key) || null;
const numberIf = (body: Body, key: string): number | null => {
  const value = body[key];
  return typeof value === "number" ? value : null;
};

const outcomeOf = (body: Body): BoxOutcome => ({
  origin: text(body, "origin"),
  network: text(body, "network"),
  direction: text(body, "direction"),
  state: text(body, "state"),
  sentence: textIf(body, "sentence"),
  until: numberIf(body, "until"),
});

const loginOf = (body: Body): BoxLogin => ({
  network: text(body, "network"),
  login: text(body, "login"),
  state: text(body, "state"),
  since: numberIf(body, "since") ?? 0,
  why: textIf(body, "why"),
});

const queueOf = (body: Body): BoxQueue => ({
  network: text(body, "network"),
  direction: text(body, "direction"),
  count: numberIf(body, "count") ?? 0,
});

/** Server-sent events as they come; comments and other fields are skipped. */
const readEvents = async (
  body: ReadableStream<Uint8Array>,
  tell: (event: string, data: Body) => void,
): Promise<void> => {
  let rest = "";
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const blocks = `${rest}${chunk}`.split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const field = (name: string): string =>
        block
          .split("\n")
          .find((line) => line.startsWith(`${name}: `))
          ?.slice(name.length + 2) ?? "";
      const data = field("data");
      if (data !== "") tell(field("event"), asBody(JSON.parse(data)));
    }
  }
};
