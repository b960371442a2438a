import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { Store } from "../store/index.ts";
import { alice } from "./store-fixture.ts";

/** How a store is opened when the key it was made with is gone. */
export interface LostKey {
  readonly boxKey: Uint8Array;
  readonly key: { readonly forget: () => void };
}

/**
 * A store that is opened with another key and told to forget keeps all but what was sealed, and
 * tells once that it forgot. `open` opens the same store each time.
 */
export const forgetsWhatWasSealed = async (
  t: TestContext,
  open: (lost?: LostKey) => Promise<Store>,
): Promise<void> => {
  const store = await open();
  await store.commit(async (tx) => {
    await tx.keys.set("scope", "sealed", "secret", true);
    await tx.keys.set("scope", "open", "still here", false);
    await tx.logins.put(alice);
  });
  await store.close();
  let told = 0;
  const forget = (): void => void (told += 1);
  const again = await open({ boxKey: new Uint8Array(32).fill(8), key: { forget } });
  t.after(() => again.close());
  assert.equal(told, 1);
  assert.deepEqual(await again.read.logins.all(), [{ ...alice, account: null }]);
  assert.equal(await again.read.keys.get("scope", "sealed"), undefined);
  assert.equal(await again.read.keys.get("scope", "open"), "still here");
};
