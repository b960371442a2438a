import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openPostgresStore } from "../../core/src/store/postgres.ts";
import type { PostgresOptions } from "../../core/src/store/postgres.ts";
import { StoreBroken } from "../../core/src/store/index.ts";
import { portalIn } from "../../core/src/testing/store-fixture.ts";
import { forgetsWhatWasSealed } from "../../core/src/testing/store-lost-key.ts";
import { optionsOf, schemaUri, useServer } from "../../core/src/testing/store-postgres.ts";
import { startPostgres, whyNoPostgres } from "./servers/postgres.ts";
import type { Postgres } from "./servers/postgres.ts";

const reason = await whyNoPostgres();

describe("a store that is opened on PostgreSQL", { skip: reason ?? false }, () => {
  let server: Postgres;
  before(async () => {
    server = await startPostgres();
    useServer(server.uri);
  });
  after(() => server.close());

  const refused = async (uri: string, why: RegExp, more: Partial<PostgresOptions> = {}) => {
    await assert.rejects(openPostgresStore(optionsOf(uri, more)), (error: unknown) => {
      assert.ok(error instanceof StoreBroken);
      assert.match(error.message, why);
      assert.doesNotMatch(error.message, new RegExp(server.password));
      return true;
    });
  };

  test("a second box is refused, and may come when the first has ended", async (t) => {
    const uri = await schemaUri("second");
    const first = await openPostgresStore(optionsOf(uri));
    await refused(uri, /not opened – another bridgebox works with the database .* stop that one/);
    const shard = await openPostgresStore(optionsOf(uri, { shard: 1 }));
    await shard.close();
    await first.close();
    const second = await openPostgresStore(optionsOf(uri));
    t.after(() => second.close());
  });

  test("what cannot be a store's database is refused in one sentence", async () => {
    const at = (database: string): string => server.uri.replace(/postgres$/, database);
    await refused(at("none"), /3D000: .*"none" does not exist – make it with createdb/);
    await refused(server.uri.replace(server.password, "wrong"), /28P01: .* look at the user/);
    await refused(
      "postgres://box@127.0.0.1:1/box",
      /127\.0\.0\.1:1\/box could not be used .* start/,
    );
    await refused(
      "postgres://box:pass/word@host:port/box",
      /database\.uri cannot be read: .* put postgres:/,
    );
    await server.sql("create database latin encoding 'LATIN1' template template0");
    await refused(at("latin"), /encoding LATIN1.* make it with createdb/);
    await server.sql("create role reader login password 'reader'");
    const [user] = server.uri.split("@");
    await refused(server.uri.replace(user ?? "", "postgres://reader:reader"), /42501: .* grant it/);
  });

  test("a newer schema and another box key are refused", async () => {
    const uri = await schemaUri("newer");
    await (await openPostgresStore(optionsOf(uri))).close();
    await refused(uri, /made with the box key .* put the key file/, {
      boxKey: new Uint8Array(32).fill(8),
    });
    await server.sql("update newer.meta set value = '999' where name = 'schema'");
    await refused(uri, /schema is version 999 .* start the newer bridgebox again/);
  });

  test("with its key lost it forgets what was sealed, when told to, and keeps the rest", async (t) => {
    const uri = await schemaUri("lost");
    await forgetsWhatWasSealed(t, (lost) => openPostgresStore(optionsOf(uri, lost)));
  });

  test("secrets are nowhere in the tables", async (t) => {
    const name = "secrets";
    const store = await openPostgresStore(optionsOf(await schemaUri(name)));
    t.after(() => store.close());
    const value = "s3cret-t0ken-of-alice";
    await store.commit((tx) => tx.keys.set("scope", "key", { value }, true));
    const kept = await server.sql(`select value from ${name}.key_value`);
    assert.match(kept, /^v1\./);
    assert.ok(!kept.includes(value));
  });

  test("the way to it is encrypted where the URI says so, and only to who can show its name", async (t) => {
    const certificate = await server.encrypt();
    const uri = await schemaUri("encrypted");
    const trusting = `${uri}&sslmode=verify-full&sslrootcert=${encodeURIComponent(certificate)}`;
    const store = await openPostgresStore(optionsOf(trusting));
    t.after(() => store.close());
    const { id } = await portalIn(store);
    assert.equal((await store.read.portals.get(id))?.id, id);
    const encrypted = "pg_stat_ssl join pg_stat_activity using (pid)";
    const found = await server.sql(
      `select bool_and(ssl) from ${encrypted} where application_name = 'bridgebox'`,
    );
    assert.equal(found, "t");
    await refused(`${await schemaUri("stranger")}&sslmode=verify-full`, /self-signed certificate/);
  });

  test("a box may start before its database", async (t) => {
    const uri = await schemaUri("early");
    await server.stop();
    const opening = openPostgresStore(optionsOf(uri, { startPatience: 20_000 }));
    await server.start();
    const store = await opening;
    t.after(() => store.close());
    await portalIn(store);
  });
});
