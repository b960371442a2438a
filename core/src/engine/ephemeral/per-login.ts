import type { LoginId } from "../../adapter/index.ts";

/**
 * What logins are to be told, each by itself: one call of a login after the other, and no login waits
 * for another's network. Of each key the latest value. `work` must not throw. Never stored.
 */
export const perLogin = <V>(
  work: (login: LoginId, value: V) => Promise<void>,
): ((login: LoginId, key: string, value: V) => void) => {
  /** Of logins that are being told something. */
  const waiting = new Map<LoginId, Map<string, V>>();

  const run = async (login: LoginId, values: Map<string, V>): Promise<void> => {
    for (const [key, value] of values) {
      values.delete(key);
      await work(login, value);
    }
    waiting.delete(login);
  };

  return (login, key, value) => {
    const values = waiting.get(login);
    if (values) {
      values.set(key, value);
      return;
    }
    const first = new Map([[key, value]]);
    waiting.set(login, first);
    void run(login, first);
  };
};
