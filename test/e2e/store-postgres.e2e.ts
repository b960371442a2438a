import { after, before, describe } from "node:test";
import { storeSuite } from "../../core/src/testing/store-suite.ts";
import { copy, open, useServer } from "../../core/src/testing/store-postgres.ts";
import { startPostgres, whyNoPostgres } from "./servers/postgres.ts";
import type { Postgres } from "./servers/postgres.ts";

const reason = await whyNoPostgres();

describe("the store on PostgreSQL", { skip: reason ?? false }, () => {
  let server: Postgres | undefined;
  before(async () => {
    server = await startPostgres();
    useServer(server.uri);
  });
  after(() => server?.close());

  const opener = new URL("../../core/src/testing/store-postgres.ts", import.meta.url);
  storeSuite("PostgreSQL", { open, copy, opener });
});
