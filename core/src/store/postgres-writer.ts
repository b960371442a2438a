import type { Client, QueryResult } from "pg";
import { StoreBroken } from "./errors.ts";
import type { Writer } from "./group-commit.ts";
import type { Activity } from "./postgres-activity.ts";
import { isLost, lost, postgresQueries, translated } from "./postgres-connection.ts";
import type { Asked } from "./postgres-connection.ts";
import type { Link } from "./postgres-link.ts";
import type { Queries } from "./query.ts";
import type { Repositories } from "./types.ts";

export interface WriterParts {
  readonly link: Link;
  readonly activity: Activity;
  readonly repositories: (queries: Queries) => Repositories;
  readonly markName: string;
}

const gaveUp = (): StoreBroken =>
  new StoreBroken(
    "Nothing was stored – the database gave the transaction up – its own log says more.",
  );

const notStored = (thrown: unknown): unknown =>
  isLost(thrown) ? lost(thrown) : translated(thrown);

/**
 * The connection that writes, as the group commit wants it. Savepoints are sent with the statement
 * that comes next and the end of a transaction in one go, so that a work costs a round trip for each
 * of its statements and none besides.
 */
export const postgresWriter = ({
  link,
  activity,
  repositories,
  markName,
}: WriterParts): Writer<Repositories> => {
  /** Undefined: no transaction. */
  let client: Client | undefined;
  /** There is a savepoint that is let go of when the next one is made, or with the transaction. */
  let marked = false;
  /** Why the work that runs now cannot be kept: after an error, a server takes no more of it. */
  let spoiled: { readonly why: unknown } | undefined;
  /** Why nothing of this transaction can be kept. */
  let doomed: { readonly why: unknown } | undefined;

  const ask = async (on: Client, asked: Asked | string): Promise<QueryResult> => {
    link.together(on);
    try {
      return await activity.during(on.query(asked));
    } catch (thrown) {
      if (isLost(thrown)) link.drop(on, thrown);
      throw notStored(thrown);
    }
  };

  /** Sent without waiting for the answer: if it fails, so does all that follows. */
  const sent = (asked: string): void => {
    if (!client) return;
    ask(client, asked).catch((why: unknown) => {
      doomed ??= { why };
    });
  };

  const inWork = async (asked: Asked): Promise<QueryResult> => {
    if (!client) throw gaveUp();
    if (!link.holds(client)) throw link.loss;
    try {
      return await ask(client, asked);
    } catch (why) {
      spoiled ??= { why };
      throw why;
    }
  };

  const rollback = async (): Promise<void> => {
    const on = client;
    client = undefined;
    if (on && link.holds(on)) await ask(on, "rollback").catch(() => undefined);
  };

  /**
   * The transaction is over either way; resolves if it is kept. Both names are ours and plain, so
   * they may stand in the statement, which then takes one round trip.
   */
  const end = async (on: Client, mark: string): Promise<void> => {
    try {
      await ask(on, `update meta set value = '${mark}' where name = '${markName}'; commit`);
    } catch (thrown) {
      if (link.holds(on)) await ask(on, "rollback").catch(() => undefined);
      else if (await link.holdsCommit(mark)) return;
      throw thrown;
    }
  };

  return {
    get open() {
      return client !== undefined && link.holds(client);
    },
    async begin() {
      spoiled = undefined;
      doomed = undefined;
      marked = false;
      for (;;) {
        const ready = await link.ready();
        try {
          await ask(ready, "begin");
          client = ready;
          return;
        } catch (thrown) {
          // A connection that died unnoticed: nothing was asked of it, so the next one will do.
          if (link.holds(ready)) throw thrown;
        }
      }
    },
    async commit() {
      const on = client;
      const { why } = doomed ?? spoiled ?? {};
      if (why !== undefined) {
        await rollback();
        throw why;
      }
      client = undefined;
      if (!on) throw gaveUp();
      const mark = link.nextMark();
      await end(on, mark);
      link.marked(mark);
    },
    rollback,
    mark() {
      sent(`${marked ? "release savepoint work; " : ""}savepoint work`);
      marked = true;
    },
    release() {
      if (spoiled) throw spoiled.why;
    },
    async undo() {
      if (client) await ask(client, "rollback to savepoint work; release savepoint work");
      marked = false;
      spoiled = undefined;
    },
    session() {
      let revoked = false;
      const queries = postgresQueries((asked) => {
        if (!revoked && client) return inWork(asked);
        const sentence =
          "Nothing was stored – the transaction is over – use its repositories only inside its work.";
        return Promise.reject(new StoreBroken(sentence));
      });
      return { tx: repositories(queries), revoke: () => void (revoked = true) };
    },
    watch: (stalled) => activity.watch(stalled),
  };
};
