import { sql } from 'kysely';
import { systemTimer, type Timer } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { createRecurring } from '../../lib/recurring.ts';
import type { Database } from '../connection.ts';
import { makeOwn } from '../postgres/make-own.ts';

/** Which keys the nodes of a record use: none is destroyed with which one of them may yet write. */
export interface KeysInUse {
  /**
   * Says again and again how far this node is: `read` gives the revision of the key store that it has followed, as soon as it uses
   * nothing that was older then.
   */
  report(read: () => Promise<number>): void;
  /**
   * Resolves when every other node has followed the key store to this revision and uses nothing older. One that is removed writes nothing more,
   * and is not waited for. Throws CONFLICT, and names the nodes, after half a minute.
   */
  past(revision: number): Promise<void>;
  close(): Promise<void>;
}

/** Of the one service of a record. */
export const usedAlone: KeysInUse = { report: () => {}, past: async () => {}, close: async () => {} };

/** Beside the tables of the migrations, as the rows of the nodes. In the record, whose transactions a removed node cannot begin. */
const TABLE = `create table if not exists service_keys_in_use (
  token text primary key references service_node on delete cascade,
  revision bigint not null
)`;

/** Milliseconds between two reports, and between two looks at those of the others. */
const EVERY = 1_000;
const PATIENCE = 30_000;

interface KeysInUseDeps {
  database: Pick<Database, 'db' | 'inTransaction' | 'token'>;
  log: Log;
  timer?: Timer;
  /** Milliseconds for which others are waited for. */
  patience?: number;
}

/** Of a node among several. */
export async function openKeysInUse({
  database: { db, inTransaction, token },
  log,
  timer = systemTimer,
  patience = PATIENCE,
}: KeysInUseDeps): Promise<KeysInUse> {
  await sql.raw(makeOwn(TABLE)).execute(db);
  const recurring = createRecurring({ log, timer });
  let reported = -1;

  async function report(read: () => Promise<number>): Promise<void> {
    const revision = await read();
    if (revision === reported) return;
    await inTransaction((tx) =>
      sql`insert into service_keys_in_use (token, revision) values (${token}, ${revision})
        on conflict (token) do update set revision = excluded.revision`.execute(tx),
    );
    reported = revision;
  }

  return {
    report: (read) => void recurring.every('keys in use', EVERY, () => report(read)),
    async past(revision) {
      for (const since = performance.now(); ; ) {
        const { rows } = await sql<{ holder: string }>`
          select holder from service_node left join service_keys_in_use using (token)
          where token <> ${token} and coalesce(revision, -1) < ${revision} order by holder`.execute(db);
        if (rows.length === 0) return;
        if (performance.now() - since > patience) throw behind(rows.map(({ holder }) => holder));
        const { promise, resolve } = Promise.withResolvers<void>();
        timer.after(EVERY, resolve);
        await promise;
      }
    },
    close: () => recurring.stop(),
  };
}

const behind = (holders: readonly string[]): Problem =>
  new Problem(
    'CONFLICT',
    `The old secrets stay for now, because nodes may still use them: ${holders.join('; ')}. Look whether they reach the key store, stop those that do not, and begin again: what was begun goes on.`,
  );
