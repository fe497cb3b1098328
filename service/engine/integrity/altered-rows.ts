import type { OrganizationId } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { type ProtectedName, protectAsItIs, specOf } from '../../storage/keys/protected-tables.ts';
import type { InTransaction } from '../../storage/transaction.ts';
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
  /** Gives the row of an acceptable table a MAC as it is, audited. Throws NOT_FOUND. */
  accept(table: Acceptable, id: string, actor: Actor): Promise<void>;
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

  return {
    check: () => findIntegrityFaults(deps),
    tend,
    found: (organization) =>
      organization === undefined
        ? last
        : last.filter((one) => one.organization === undefined || one.organization === organization),
    async accept(table, id, actor) {
      await inTransaction(async (tx) => {
        if (!(await protectAsItIs(tx, integrity, table, id)))
          throw new Problem('NOT_FOUND', `${table} has no row with the ${specOf(table).key} ${id}.`);
        await audit.add(tx, { actor, action: 'rows.accept', target: id, details: { table } });
      });
      await deps.changed(table, id);
      await tend();
    },
  };
}
