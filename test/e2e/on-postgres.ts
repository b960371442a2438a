import { after, before, describe } from "node:test";
import { startPostgres, whyNoPostgres } from "./servers/postgres.ts";
import type { Postgres } from "./servers/postgres.ts";
import type { StorePlace } from "../faults/place-of-store.ts";

const reason = await whyNoPostgres();

/** Suites that run beside one another: a killed box is waited for most of the time, so others can work. */
const atOnce = 3;

/** Suites by name on one PostgreSQL server, on which every box has a database of its own. */
export const onPostgres = (
  name: string,
  suitesOn: (store: StorePlace, server: () => Postgres) => Readonly<Record<string, () => void>>,
): void => {
  describe(name, { skip: reason ?? false, concurrency: atOnce }, () => {
    let running: Postgres | undefined;
    let boxes = 0;
    before(async () => {
      running = await startPostgres();
    });
    after(() => running?.close());
    const server = (): Postgres => {
      if (running === undefined) throw new Error("PostgreSQL has not started");
      return running;
    };
    const store: StorePlace = async () => {
      boxes += 1;
      const uri = await server().database(`box_${boxes}`);
      return { database: { uri, key_file: "box.key" } };
    };
    // Within one suite one test comes after the other: they share a box.
    for (const [suite, tests] of Object.entries(suitesOn(store, server)))
      describe(suite, { concurrency: 1 }, tests);
  });
};
