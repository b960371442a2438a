import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, test } from "node:test";
import type { TestContext } from "node:test";
import { openPostgresStore } from "../../core/src/store/postgres.ts";
import type { PostgresOptions } from "../../core/src/store/postgres.ts";
import { StoreBroken, StoreFull } from "../../core/src/store/index.ts";
import type { Store } from "../../core/src/store/index.ts";
import { addItem, newItem, outOf, portalIn } from "../../core/src/testing/store-fixture.ts";
import { optionsOf, schemaUri, useServer } from "../../core/src/testing/store-postgres.ts";
import { smallDisk } from "../stage/small-disk.ts";
import { openCut } from "./servers/cut.ts";
import type { Cut, Moment } from "./servers/cut.ts";
import { postgresDialect, readingSettings } from "../../core/src/store/postgres-connection.ts";
import { compile } from "../../core/src/store/query.ts";
import type { Query, Values } from "../../core/src/store/query.ts";
import {
  firstOf,
  nextExpiry,
  parkedOf,
  wake,
} from "../../core/src/store/repositories/item-queries.ts";
import { startPostgres, whyNoPostgres } from "./servers/postgres.ts";
import type { Postgres } from "./servers/postgres.ts";

const reason = await whyNoPostgres();

describe("the store on PostgreSQL, in trouble", { skip: reason ?? false }, () => {
  let server: Postgres;
  let count = 0;
  before(async () => {
    server = await startPostgres();
    useServer(server.uri);
  });
  after(() => server.close());

  interface Opened {
    readonly store: Store;
    readonly cut: Cut;
    readonly name: string;
    readonly uri: string;
    /** The session that owns it. */
    readonly owner: () => Promise<string>;
  }

  /** A store in a schema of its own, reached by a way that can be cut. */
  const opened = async (t: TestContext, more: Partial<PostgresOptions> = {}): Promise<Opened> => {
    count += 1;
    const name = `trouble_${count}`;
    const uri = await schemaUri(name);
    const cut = await openCut(server.port);
    const through = uri.replace(`:${server.port}/`, `:${cut.port}/`);
    const store = await openPostgresStore(optionsOf(through, more));
    t.after(async () => {
      await store.close();
      await cut.close();
    });
    const owner = (): Promise<string> =>
      server.sql("select pid from pg_locks where locktype = 'advisory' and granted");
    return { store, cut, name, uri, owner };
  };

  test("the queue is asked by index, never by scanning or sorting", async (t) => {
    const { store, name } = await opened(t);
    const { id } = await portalIn(store);
    await store.commit(async (tx) => {
      for (let n = 0; n < 400; n += 1) {
        const item = await tx.items.add(newItem(outOf(id), `k${n}`));
        if (n % 2 === 0) await tx.items.park(item, `wait ${n}`, n);
      }
    });
    await server.sql(`analyze ${name}.item`);
    const planOf = async <P extends Values, Row>(query: Query<P, Row>): Promise<string> => {
      const { sql } = compile(postgresDialect, query);
      const values = Array.from(sql.matchAll(/\$\d+/g), () => "null").join(", ");
      return server.sql(
        `set search_path = ${name}; ${readingSettings}; set plan_cache_mode = force_generic_plan;
        prepare asked as ${sql}; explain execute asked${values && `(${values})`}`,
      );
    };
    const uses: readonly (readonly [string, string])[] = [
      [await planOf(firstOf), "item_head"],
      [await planOf(parkedOf), "item_parked"],
      [await planOf(wake), "item_wait"],
      [await planOf(nextExpiry), "item_expiry"],
    ];
    for (const [plan, index] of uses) {
      assert.match(plan, new RegExp(`Index (?:Only )?Scan using ${index} on`));
      assert.doesNotMatch(plan, /Sort|Seq Scan|Bitmap/);
    }
  });

  for (const [moment, stored] of [
    ["before", false],
    ["during", true],
    ["after", true],
  ] as const satisfies readonly (readonly [Moment, boolean])[]) {
    test(`the connection is cut ${moment} a COMMIT: whoever asked is told the truth`, async (t) => {
      const { store, cut, name } = await opened(t);
      const { id } = await portalIn(store);
      // The server is at this commit for a while, and its session with it.
      await server.sql(`create function ${name}.slow() returns trigger language plpgsql as
        'begin perform pg_sleep(0.3); return null; end'`);
      await server.sql(`create constraint trigger slow after insert on ${name}.item
        deferrable initially deferred for each row execute function ${name}.slow()`);
      const struck = cut.atCommit(moment);
      const works = ["a", "b"].map((key) => addItem(store, newItem(outOf(id), key)));
      await struck;
      const results = await Promise.allSettled(works);
      for (const result of results) {
        assert.equal(result.status, stored ? "fulfilled" : "rejected");
        if (result.status === "rejected") assert.ok(result.reason instanceof StoreBroken);
      }
      const kept = await store.read.items.list(outOf(id), 9);
      assert.deepEqual(
        kept.map(({ key }) => key),
        stored ? ["a", "b"] : [],
      );
      await addItem(store, newItem(outOf(id), "c"));
      assert.ok(await store.read.items.byKey("c"));
    });
  }

  test("a session that is ended in the middle of a work loses that work and no other", async (t) => {
    const { store, owner } = await opened(t);
    const { id } = await portalIn(store);
    const pid = await owner();
    const cutOff = store.commit(async (tx) => {
      await tx.items.add(newItem(outOf(id), "lost"));
      await store.read.items.nextExpiry();
      for (;;) await tx.items.byKey("lost");
    });
    const later = addItem(store, newItem(outOf(id), "later"));
    const told = assert.rejects(cutOff, /connection to the database was lost.* connects again/);
    while ((await server.sql(`select xact_start from pg_stat_activity where pid = ${pid}`)) === "");
    await server.sql(`select pg_terminate_backend(${pid})`);
    await told;
    await later;
    assert.equal(await store.read.items.byKey("lost"), undefined);
    assert.ok(await store.read.items.byKey("later"));
  });

  test("a server that is started again keeps what it had and is gone on with", async (t) => {
    const { store } = await opened(t);
    const { id } = await portalIn(store);
    await addItem(store, newItem(outOf(id), "before"));
    await server.crash();
    const during = addItem(store, newItem(outOf(id), "during"));
    const asked = store.read.items.byKey("before");
    await server.start();
    await during;
    assert.ok(await asked);
    await server.stop();
    await server.start();
    await addItem(store, newItem(outOf(id), "after"));
    const keys = (await store.read.items.list(outOf(id), 9)).map(({ key }) => key);
    assert.deepEqual(keys, ["before", "during", "after"]);
  });

  test("a server that stays away is said, and the store goes on when it is back", async (t) => {
    const { store, cut } = await opened(t, { outagePatience: 200 });
    const { id } = await portalIn(store);
    cut.cutAll();
    await assert.rejects(addItem(store, newItem(outOf(id), "a")), /is away: .* goes on by itself/);
    await assert.rejects(store.read.items.byKey("a"), /Nothing was read .* is away/);
    assert.match(store.away ?? "", /the database at .* is away/);
    cut.mend();
    while (!(await addItem(store, newItem(outOf(id), "b")).catch(() => undefined)));
    assert.ok(await store.read.items.byKey("b"));
    assert.equal(store.away, undefined);
  });

  test("a full disk is said, loses nothing, and is over when there is room", async (t) => {
    const disk = smallDisk(12 * 1024 * 1024);
    if ("why" in disk) return t.skip(disk.why);
    t.after(() => disk.close());
    await server.sql(`create tablespace small location '${await server.folder(disk.dir)}'`);
    const uri = await schemaUri("full_disk");
    const store = await openPostgresStore(optionsOf(`${uri}%20-c%20default_tablespace%3Dsmall`));
    const { id } = await portalIn(store);
    const add = (key: string) => {
      const text = randomBytes(30_000).toString("hex");
      return addItem(store, newItem(outOf(id), key, { payload: { text } }));
    };
    await add("before");
    disk.fill();
    const addAll = async (): Promise<void> => {
      for (let n = 0; n < 100; n += 1) await add(`full ${n}`);
    };
    await assert.rejects(addAll, StoreFull);
    const kept = (await store.read.items.list(outOf(id), 999)).length;
    disk.clear();
    await add("after");
    assert.equal((await store.read.items.list(outOf(id), 999)).length, kept + 1);
    await store.close();
    await server.sql("drop schema full_disk cascade");
    await server.sql("drop tablespace small");
  });

  test("a box that was cut off does not write over the one that took its place", async (t) => {
    const { store, cut, uri } = await opened(t, { outagePatience: 5_000 });
    const { id } = await portalIn(store);
    cut.cutAll();
    const other = await openPostgresStore(optionsOf(uri));
    t.after(() => other.close());
    cut.mend();
    await assert.rejects(
      addItem(store, newItem(outOf(id), "mine")),
      /another bridgebox took it over .* start this one again/,
    );
    assert.ok(await addItem(other, newItem(outOf(id), "yours")));
  });
});
