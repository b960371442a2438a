import { describe } from "node:test";
import { againTests } from "./store-suite-again.ts";
import { assertionTests } from "./store-suite-assertions.ts";
import { commitTests } from "./store-suite-commit.ts";
import { linkTests } from "./store-suite-links.ts";
import { mapTests } from "./store-suite-maps.ts";
import { peopleTests } from "./store-suite-people.ts";
import { queueTests } from "./store-suite-queue.ts";
import { spaceTests } from "./store-suite-spaces.ts";
import type { StoreUnderTest } from "./store-fixture.ts";

/** Every promise of `Store`, one test each: what any implementation must pass unchanged. */
export const storeSuite = (name: string, store: StoreUnderTest): void => {
  describe(`${name} keeps the promises of Store`, () => {
    commitTests(store);
    queueTests(store.open);
    mapTests(store);
    assertionTests(store.open);
    againTests(store);
    peopleTests(store.open);
    spaceTests(store.open);
    linkTests(store.open);
  });
};
