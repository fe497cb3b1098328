import { sql } from 'kysely';
import type { Timer } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { LeasedWorks, WorkProgress } from '../../lib/organization-works.ts';
import { createRecurring } from '../../lib/recurring.ts';
import type { Database } from '../connection.ts';
import { makeOwn } from '../postgres/make-own.ts';

export interface NodeWorks extends LeasedWorks {
  close(): Promise<void>;
}

/** Of the one service of a record. */
export const worksAlone: NodeWorks = {
  lease: async () => ({ note: async () => {}, release: async () => {} }),
  elsewhere: async () => undefined,
  watch: () => {},
  close: async () => {},
};

/** Beside the tables of the migrations, as the rows of the nodes. */
const TABLE = `create table if not exists service_node_work (
  work text primary key,
  token text not null references service_node on delete cascade,
  done bigint not null,
  total bigint not null
)`;

/** Milliseconds between two looks at works that a removed node left. */
const EVERY = 30_000;

interface NodeWorksDeps {
  database: Pick<Database, 'db' | 'inTransaction' | 'token'>;
  log: Log;
  timer?: Timer | undefined;
}

/** Of a node among several. */
export async function openNodeWorks({
  database: { db, inTransaction, token },
  log,
  timer,
}: NodeWorksDeps): Promise<NodeWorks> {
  await sql.raw(makeOwn(TABLE)).execute(db);
  const recurring = createRecurring({ log, timer });

  return {
    async lease(work) {
      const { rows } = await inTransaction((tx) =>
        sql`insert into service_node_work (work, token, done, total) values (${work}, ${token}, 0, 0)
          on conflict (work) do nothing returning work`.execute(tx),
      );
      if (rows.length === 0) return undefined;
      return {
        async note({ done, total }) {
          await sql`update service_node_work set done = ${done}, total = ${total} where work = ${work} and token = ${token}`.execute(
            db,
          );
        },
        async release() {
          await sql`delete from service_node_work where work = ${work} and token = ${token}`.execute(db);
        },
      };
    },
    async elsewhere(work) {
      const { rows } = await sql<WorkProgress>`
        select done, total from service_node_work where work = ${work} and token <> ${token}`.execute(db);
      return rows[0];
    },
    watch: (takeOver) => void recurring.every('works that a node left', EVERY, takeOver),
    close: () => recurring.stop(),
  };
}
