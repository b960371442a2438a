import type { LoginUi } from "../adapter/index.ts";

/** What the person of a scripted login does. */
export interface LoginScript {
  /** What is typed into each field, by its key; a function is asked when the field is shown. */
  readonly answers?: Readonly<Record<string, string | (() => string | Promise<string>)>>;
  /** Called with what is shown: the place to scan a QR code from another device. */
  readonly onShow?: (what: Parameters<LoginUi["show"]>[0]) => void;
  /** What the OAuth page sends back. */
  readonly returned?: (url: string) => URLSearchParams;
  readonly cookies?: Readonly<Record<string, string>>;
  /** The person gives up at this field. */
  readonly cancelAt?: string;
}

/** (live) A person who answers by script: drives a login flow in a test. */
export interface ScriptedLogin {
  readonly ui: LoginUi;
  /** The keys asked for, in order. */
  readonly asked: readonly string[];
  readonly shown: readonly Parameters<LoginUi["show"]>[0][];
  readonly signal: AbortSignal;
  cancel(): void;
}

export const scriptedLogin = (script: LoginScript): ScriptedLogin => {
  const asked: string[] = [];
  const shown: Parameters<LoginUi["show"]>[0][] = [];
  const stop = new AbortController();
  const answer = async (key: string): Promise<string> => {
    asked.push(key);
    if (key === script.cancelAt) stop.abort(new Error("The person cancelled."));
    stop.signal.throwIfAborted();
    const given = script.answers?.[key];
    if (given === undefined) throw new Error(`The script has no answer to "${key}".`);
    return typeof given === "string" ? given : given();
  };
  const ui: LoginUi = {
    ask: async (fields) => {
      const given: Record<string, string> = {};
      for (const field of fields) {
        const value = await answer(field.key);
        const wrong =
          field.check?.(value) ??
          (field.pattern !== undefined && !new RegExp(`^(?:${field.pattern})$`, "u").test(value)
            ? "it does not match its pattern"
            : undefined);
        if (wrong !== undefined) throw new Error(`"${field.key}" refused the answer: ${wrong}`);
        given[field.key] = value;
      }
      return given as { [K in (typeof fields)[number]["key"]]: string };
    },
    show: (what) => {
      stop.signal.throwIfAborted();
      shown.push(what);
      script.onShow?.(what);
      return { done: stop.signal, close: () => {} };
    },
    redirect: async (url) => {
      stop.signal.throwIfAborted();
      const given = script.returned?.(url("https://box.example/callback", "state-1"));
      if (!given) throw new Error("The script has no answer to the redirect.");
      return given;
    },
    cookies: async () => {
      stop.signal.throwIfAborted();
      if (!script.cookies) throw new Error("The script has no cookies.");
      return script.cookies;
    },
  };
  return { ui, asked, shown, signal: stop.signal, cancel: () => stop.abort() };
};
