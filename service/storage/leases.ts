import { AsyncLocalStorage } from 'node:async_hooks';
import { PostgresAdapter, sql } from 'kysely';
import type { Clock } from '../lib/clock.ts';
import { Problem } from '../lib/problem.ts';
import type { InTransaction, LeaseTime, Tx } from './transaction.ts';

/** The right to a recurring work or a role: it is lost when another run takes it, which makes a newer fence. */
export interface Lease {
  /** Key of its row in `recurring_work`. */
  kind: string;
  fence: number;
}

/** Every write of a work carries its lease, in whatever code the transaction is made: none can forget it. */
export interface Leases {
  /** Transactions that `work` begins, itself or in what it calls, are of the lease until it has ended. */
  under<T>(lease: Lease, work: () => Promise<T>): Promise<T>;
  /** Begins each transaction of a lease with its fence: throws CONFLICT where it is lost, and none can take it until the transaction ends. */
  fenced(inTransaction: InTransaction): InTransaction;
}

export function createLeases(): Leases {
  const inside = new AsyncLocalStorage<Lease & { open: boolean }>();

  async function requireLease(tx: Tx): Promise<void> {
    const lease = inside.getStore();
    if (!lease?.open) return;
    const row = tx
      .selectFrom('recurring_work')
      .select('fence')
      .where('kind', '=', lease.kind)
      .where('fence', '=', lease.fence);
    // The fence is no part of a key: a share of the row holds off who would change it.
    const isHeld = tx.getExecutor().adapter instanceof PostgresAdapter ? row.forShare() : row;
    if ((await isHeld.executeTakeFirst()) === undefined) throw lost();
  }

  return {
    async under(lease, work) {
      const state = { ...lease, open: true };
      try {
        return await inside.run(state, work);
      } finally {
        state.open = false;
      }
    },
    fenced: (inTransaction) => (work) =>
      inTransaction(async (tx) => {
        await requireLease(tx);
        return work(tx);
      }),
  };
}

const lost = () =>
  new Problem(
    'CONFLICT',
    'Another run of the program has taken this work over: nothing more of it is written here.',
  );

/** Of the one service of a database. */
export const ownTime =
  ({ now }: Clock): LeaseTime =>
  async () =>
    now();

/** Of several nodes: what one has claimed does not end by the clock of another. */
export const databaseTime: LeaseTime = async (from) => {
  const { rows } = await sql<{
    now: number;
  }>`select (extract(epoch from clock_timestamp()) * 1000)::bigint as now`.execute(from);
  return rows[0]!.now;
};
