import type { OrganizationId } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import {
  type ProtectedName,
  protectAsItIs,
  type RowContent,
  readContent,
  specOf,
} from '../../storage/keys/protected-tables.ts';
import type { Db, InTransaction, Tx } from '../../storage/transaction.ts';
import type { Actor, Audit } from '../audit/index.ts';
import { findIntegrityFaults, type IntegrityChecksDeps, type IntegrityFault } from './checks.ts';

/** Rows that an operator may accept as they are. A receipt, a key or a sign-in never: those are made again. */
export const acceptable = [
  'organization',
  'profile',
  'destination_grant',
  'webhook_endpoint',
] as const satisfies readonly ProtectedName[];
export type Acceptable = (typeof acceptable)[number];

export interface RecordIntegrity {
  /** Everything that is signed or carries a MAC, looked at now. Gives way to other work. */
  check(): Promise<IntegrityFault[]>;
  /** Looks at the rows with a MAC that stay, and the deliveries that wait, for `found`; called by the running service. */
  tend(): Promise<void>;
  /** What the last look found; of one organization with what belongs to none. */
  found(organization?: OrganizationId): readonly IntegrityFault[];
  /** What a row of an acceptable table holds now. Throws NOT_FOUND. */
  look(table: Acceptable, id: string): Promise<RowContent>;
  /**
   * Gives the row of an acceptable table a MAC as it is, audited. `seen`: the digest of what was looked at. Throws NOT_FOUND, and CONFLICT where
   * it was changed since.
   */
  accept(row: { table: Acceptable; id: string; seen: string }, actor: Actor): Promise<void>;
}

export interface RecordIntegrityDeps extends IntegrityChecksDeps {
  inTransaction: InTransaction;
  audit: Audit;
  log: Log;
  /** What is in memory of the row is read again. */
  changed(table: Acceptable, id: string): Promise<void>;
}

export function createRecordIntegrity(deps: RecordIntegrityDeps): RecordIntegrity {
  const { inTransaction, integrity, audit, log } = deps;
  let last: readonly IntegrityFault[] = [];

  async function tend(): Promise<void> {
    const faults = await findIntegrityFaults({ ...deps, standing: true }, ['rows']);
    const known = new Set(last.map(({ table, id }) => `${table}/${id}`));
    const fresh = faults.filter(({ table, id }) => !known.has(`${table}/${id}`));
    for (const { table, id } of fresh)
      log.error({ table, row: id }, 'a row of the record was written or changed by another program');
    last = faults;
  }

  async function look(table: Acceptable, id: string, from: Db | Tx = deps.db): Promise<RowContent> {
    const content = await readContent(from, integrity, table, id);
    if (content) return content;
    throw new Problem('NOT_FOUND', `${table} has no row with the ${specOf(table).key} ${id}.`);
  }

  return {
    check: () => findIntegrityFaults(deps),
    tend,
    found: (organization) =>
      organization === undefined
        ? last
        : last.filter((one) => one.organization === undefined || one.organization === organization),
    look,
    async accept({ table, id, seen }, actor) {
      await inTransaction(async (tx) => {
        if ((await look(table, id, tx)).digest !== seen)
          throw new Problem(
            'CONFLICT',
            `The row ${id} of ${table} is not as you saw it: it was changed since. Look at it again.`,
          );
        await protectAsItIs(tx, integrity, table, id);
        await audit.add(tx, { actor, action: 'rows.accept', target: id, details: { table, seen } });
      });
      await deps.changed(table, id);
      await tend();
    },
  };
}
