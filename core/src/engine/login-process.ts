import { BridgeError, loginId } from "../adapter/index.ts";
import type { Field, Json, LoginContext, LoginUi, NewLogin } from "../adapter/index.ts";
import type { Login } from "../store/types.ts";
import type { LiveLogin, LiveNetwork } from "./box.ts";
import type { Trip } from "./returns.ts";
import type { Supervisor } from "./supervisor.ts";
import { accountOf } from "./session.ts";
import type { Works } from "./works.ts";

/** What the person is to see or do next. */
export type Step =
  | { readonly kind: "ask"; readonly say: string | undefined; readonly fields: readonly Field[] }
  | {
      readonly kind: "show";
      readonly what: Parameters<LoginUi["show"]>[0];
      readonly expiresAt: number | undefined;
    }
  /** A page of the network to be opened in a browser, which comes back to the box by itself. */
  | { readonly kind: "redirect"; readonly url: string; readonly expiresAt: number }
  /** `says`: what to tell instead of the names of the logins. */
  | { readonly kind: "done"; readonly logins: readonly Login[]; readonly says?: string }
  /** `isWhole`: the sentence says itself what did not happen. */
  | { readonly kind: "failed"; readonly sentence: string; readonly isWhole?: boolean };

/** How long a whole login may take, in milliseconds: longer than one trip to a network's page. */
const patience = 15 * 60_000;

/** Expects somebody back from a network's page. */
type Depart = (signal: AbortSignal) => Trip;

/**
 * One login under way. The flow is the adapter's straight-line function; this turns what it asks into
 * steps that a chat, an API or a page can show. Not durable: a restart ends it.
 */
export class LoginProcess {
  readonly #stop = new AbortController();
  readonly #steps: Step[] = [];
  #arrived = Promise.withResolvers<void>();
  #answer: ((values: Readonly<Record<string, string>>) => void) | undefined;
  #fields: readonly Field[] = [];
  readonly #depart: Depart;

  constructor(depart: Depart) {
    this.#depart = depart;
  }

  /** The next step, in order; after `done` or `failed` there is none. */
  async next(): Promise<Step> {
    for (;;) {
      const step = this.#steps.shift();
      if (step) return step;
      await this.#arrived.promise;
      this.#arrived = Promise.withResolvers<void>();
    }
  }

  /** The fields that an answer is waited for; none: nothing is asked. */
  get asked(): readonly Field[] {
    return this.#answer ? this.#fields : [];
  }

  /** The sentence that says what is wrong with that answer alone; nothing: it is as it should be. */
  wrongWith(field: Field, value: string | undefined): string | undefined {
    return problemOf(field, value);
  }

  /** The sentence that says what is wrong with the answer; nothing if it was taken. */
  answer(values: Readonly<Record<string, string>>): string | undefined {
    for (const field of this.#fields) {
      const wrong = this.wrongWith(field, values[field.key]);
      if (wrong) return wrong;
    }
    const take = this.#answer;
    this.#answer = undefined;
    take?.(values);
    return undefined;
  }

  cancel(): void {
    this.#stop.abort(cancelled());
  }

  /** Nobody answered for too long. */
  expire(): void {
    this.#stop.abort(tooLate());
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  push(step: Step): void {
    this.#steps.push(step);
    this.#arrived.resolve();
  }

  /** What the flow is given. */
  readonly ui: LoginUi = {
    ask: async (fields, say) => {
      const given = await this.#ask(fields, say);
      return given as { [K in (typeof fields)[number]["key"]]: string };
    },
    show: (what, options) => {
      const done = new AbortController();
      this.push({ kind: "show", what, expiresAt: options?.expiresAt });
      return { done: done.signal, close: () => done.abort() };
    },
    redirect: async (url) => {
      this.#stop.signal.throwIfAborted();
      const { callback, state, expiresAt, returned } = this.#depart(this.#stop.signal);
      this.push({ kind: "redirect", url: url(callback, state), expiresAt });
      return returned;
    },
    cookies: () => Promise.reject(noBrowser()),
  };

  #ask(
    fields: readonly Field[],
    say: string | undefined,
  ): Promise<Readonly<Record<string, string>>> {
    return new Promise((resolve, reject) => {
      this.#fields = fields;
      this.#answer = resolve;
      const { signal } = this.#stop;
      const end = (): void => {
        this.#answer = undefined;
        reject(signal.reason);
      };
      if (signal.aborted) return end();
      signal.addEventListener("abort", end, { once: true });
      this.push({ kind: "ask", say, fields });
    });
  }
}

const problemOf = (field: Field, value: string | undefined): string | undefined => {
  if (value === undefined || value === "") return `${field.label} is missing.`;
  if (field.pattern !== undefined && !new RegExp(`^(?:${field.pattern})$`, "u").test(value))
    return `${field.label} does not look right.${field.help === undefined ? "" : ` ${field.help}`}`;
  return field.check?.(value);
};

const cancelled = (): BridgeError =>
  new BridgeError("cancelled", "The login was cancelled.", { reached: "no", scope: "item" });

const tooLate = (): BridgeError =>
  new BridgeError(
    "cancelled",
    "The login was ended: it was not done within a quarter of an hour. Start it again.",
    { reached: "no", scope: "item" },
  );

const noBrowser = (): BridgeError =>
  new BridgeError("unsupported", "This way to log in needs a browser; choose another.", {
    reached: "no",
    scope: "item",
  });

interface Starting {
  readonly live: LiveNetwork;
  readonly flow: string;
  readonly owner: string;
  /** The login that is made again: another account is refused. */
  readonly relogin?: Login | undefined;
}

/** Runs a flow for that Matrix user; its steps come out of the returned process. */
export const startLogin = (
  works: Works,
  supervisor: Supervisor,
  { live, flow, owner, relogin }: Starting,
): LoginProcess => {
  const process = new LoginProcess((signal) =>
    works.returns.depart({ network: live.settings.id, owner }, signal),
  );
  const found = live.settings.adapter.logins[flow];
  const run = async (): Promise<readonly Login[]> => {
    if (!found)
      throw new BridgeError("not_found", `There is no way to log in called ${flow}.`, {
        reached: "no",
        scope: "item",
      });
    const limit = AbortSignal.any([works.box.signal, process.signal]);
    if (relogin === undefined) await demandRoom(works, owner);
    const made = await found.run(process.ui, {
      config: live.settings.config,
      ...(relogin && reloginOf(live, relogin)),
      signal: limit,
    });
    const logins: Login[] = [];
    for (const login of made)
      logins.push(await keep(works, supervisor, { live, login, owner, relogin }));
    return logins;
  };
  const over = new AbortController();
  const { clock, signal } = works.box;
  const ends = AbortSignal.any([signal, process.signal, over.signal]);
  void clock.sleep(patience, ends).then(() => ends.aborted || process.expire());
  run()
    .then(
      (logins) => process.push({ kind: "done", logins }),
      (error: unknown) =>
        process.push({
          kind: "failed",
          sentence: error instanceof Error ? error.message : String(error),
        }),
    )
    .finally(() => over.abort());
  return process;
};

/** What the flow may know of it; nothing where what is stored cannot be read any more. */
const reloginOf = (live: LiveNetwork, row: Login): Pick<Context, "relogin"> => {
  const id = loginId(row.id.slice(live.settings.id.length + 1));
  try {
    return { relogin: { id, account: accountOf(live, row) } };
  } catch {
    return {};
  }
};

type Context = LoginContext<unknown, Json>;

/** @throws BridgeError where one person has as many logins as they may. */
const demandRoom = async ({ box }: Works, owner: string): Promise<void> => {
  const { length } = await box.store.read.logins.ofOwner(owner);
  if (length < box.settings.loginsMost) return;
  throw new BridgeError(
    "forbidden",
    `you have as many logins as one person may have here, ${length}. Log out of one first, or ask the admin of this box.`,
    { reached: "no", scope: "item" },
  );
};

interface Keeping extends Omit<Starting, "flow"> {
  readonly login: NewLogin<Json>;
}

/** One remote account belongs to one Matrix user. */
const keep = async (
  works: Works,
  supervisor: Supervisor,
  { live, login, owner, relogin }: Keeping,
): Promise<Login> => {
  const { store, clock } = works.box;
  const id = loginId(`${live.settings.id}:${login.id}`);
  const before = await store.read.logins.get(id);
  if (before && before.owner !== owner) {
    throw new BridgeError(
      "forbidden",
      `${login.name} was not logged in: somebody else of this box is logged in with that account. They have to log out first.`,
      { reached: "no", scope: "item" },
    );
  }
  if (relogin && relogin.id !== id) {
    throw new BridgeError(
      "forbidden",
      `${login.name} is another account than ${relogin.name}, which stays as it was. To have both, say: login ${live.settings.id}`,
      { reached: "no", scope: "item" },
    );
  }
  if (!before) await demandRoom(works, owner);
  const row: Login = {
    id,
    network: live.settings.id,
    owner,
    user: login.user,
    name: login.name,
    role: login.role,
    account: login.account,
    accountVersion: live.settings.adapter.account.version,
    since: clock.now(),
  };
  await store.commit((tx) => tx.logins.put(row));
  const made = await supervisor.add(live, row);
  const refused = await refusal(works, made);
  if (refused === undefined) return row;
  await supervisor.disconnect(id);
  if (before) {
    await store.commit((tx) => tx.logins.put(before));
    await supervisor.add(live, before);
    throw refused;
  }
  await store.commit(async (tx) => {
    await tx.logins.remove(id);
    await tx.keys.forgetScope(id);
  });
  const { network } = row;
  works.box.observe({ what: "login", network, login: id, state: "logged-out", ended: true });
  throw refused;
};

/** How long a new login is waited for before it is left to connect when it can, in milliseconds. */
const firstConnect = 10_000;

/** Why the network does not take the account, if it says so at once. */
const refusal = async (works: Works, login: LiveLogin): Promise<BridgeError | undefined> => {
  const { clock, signal } = works.box;
  const end = clock.now() + firstConnect;
  while (login.state !== "connected" && login.why === undefined && clock.now() < end) {
    if (signal.aborted) return undefined;
    await clock.sleep(20, signal);
  }
  return login.state === "needs-login" ? login.why : undefined;
};
