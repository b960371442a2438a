import type { LoginUi } from "@bridgebox/core/adapter";
import { encodeSession } from "./api/session.ts";
import { Api } from "./api/tl.ts";
import { Entry } from "./authorise.ts";
import { rpcName, toBridgeError } from "./errors.ts";
import {
  askPassword,
  failed,
  newLogin,
  personal,
  refused,
  userIn,
  type Context,
  type Flow,
} from "./signing-in.ts";

/** A code that another device of the account scans (core.telegram.org/api/qr-login). */
export const qr: Flow = {
  label: "QR code",
  gives: personal.gives,
  risk: personal.risk,
  run: async (ui, context) => {
    const scans = new Scans();
    const entry = new Entry(context.config, {
      onUpdates: (updates) => scans.hear(updates),
      onNewSession: () => undefined,
    });
    try {
      const user = await scanned(ui, { entry, scans }, context);
      const { key } = await entry.finish(context.signal);
      return [newLogin(user, { account: { session: encodeSession(key) }, context })];
    } catch (error) {
      throw toBridgeError(error, failed);
    } finally {
      await entry.close();
    }
  },
};

/** A code is good for half a minute; who has not scanned twenty of them does something else. */
const mostCodes = 20;

const scanned = async (
  ui: LoginUi,
  { entry, scans }: { readonly entry: Entry; readonly scans: Scans },
  context: Context,
): Promise<Api.TypeUser> => {
  const { config, signal } = context;
  const request = new Api.auth.ExportLoginToken({
    apiId: config.api_id,
    apiHash: config.api_hash,
    exceptIds: [],
  });
  try {
    for (let left = mostCodes; left > 0; left -= 1) {
      scans.forget();
      const answer = await settled(entry, await entry.call(request, signal), context);
      if (answer instanceof Api.auth.LoginTokenSuccess) return userIn(answer.authorization);
      if (!(answer instanceof Api.auth.LoginToken)) break;
      await shown(ui, { answer, scans }, context);
    }
  } catch (error) {
    if (rpcName(error)?.name !== "SESSION_PASSWORD_NEEDED") throw error;
    return askPassword(ui, entry, context);
  }
  throw refused("nobody scanned the code – start again when your phone is at hand");
};

/** An account may live in another data centre, which takes the same token. */
const settled = async (
  entry: Entry,
  answer: Api.auth.TypeLoginToken,
  { signal }: Context,
): Promise<Api.auth.TypeLoginToken> => {
  if (!(answer instanceof Api.auth.LoginTokenMigrateTo)) return answer;
  await entry.moveTo(answer.dcId, signal);
  return entry.call(new Api.auth.ImportLoginToken({ token: answer.token }), signal);
};

interface Shown {
  readonly answer: Api.auth.LoginToken;
  readonly scans: Scans;
}

/** Resolves when the code was scanned, or has run out and is to be followed by the next one. */
const shown = async (ui: LoginUi, { answer, scans }: Shown, context: Context): Promise<void> => {
  const link = `tg://login?token=${answer.token.toString("base64url")}`;
  const expiresAt = answer.expires * 1000;
  const code = ui.show({ qr: link }, { expiresAt });
  const over = AbortSignal.any([code.done, context.signal]);
  try {
    await scans.next(expiresAt - Date.now(), over);
  } finally {
    code.close();
  }
  context.signal.throwIfAborted();
};

/** Hears that a code was scanned, also when it was before anybody waited for it. */
class Scans {
  #heard = Promise.withResolvers<void>();

  hear(updates: Api.TypeUpdates): void {
    const list = "updates" in updates ? updates.updates : [];
    const all = updates instanceof Api.UpdateShort ? [updates.update] : list;
    if (all.some((update) => update instanceof Api.UpdateLoginToken)) this.#heard.resolve();
  }

  forget(): void {
    this.#heard = Promise.withResolvers<void>();
  }

  async next(within: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const over = Promise.withResolvers<void>();
    const stop = () => over.reject(signal.reason);
    const timer = setTimeout(() => over.resolve(), Math.max(within, 0));
    signal.addEventListener("abort", stop, { once: true });
    try {
      await Promise.race([this.#heard.promise, over.promise]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    }
  }
}
