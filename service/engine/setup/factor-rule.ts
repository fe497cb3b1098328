import { Problem } from '../../lib/problem.ts';
import type { Db, InTransaction } from '../../storage/transaction.ts';
import type { Administrators } from '../administrators/index.ts';
import type { Organizations } from '../organizations/index.ts';
import { deleteSetup, type SetupIntegrity, selectSetup } from './setup-store.ts';

/** Rule of a box that was set up by the assistant: its owner needs a second factor before the first person is enrolled. */
export interface FactorRule {
  /** Throws SECOND_FACTOR_REQUIRED. */
  requireOwnersFactor(): Promise<void>;
}

export interface FactorRuleDeps {
  db: Db;
  inTransaction: InTransaction;
  integrity: SetupIntegrity;
  organizations: Pick<Organizations, 'list'>;
  administrators: Pick<Administrators, 'list' | 'ownersExist'>;
}

export function createFactorRule(deps: FactorRuleDeps): FactorRule {
  const { db, inTransaction, integrity, organizations, administrators } = deps;
  let met = false;

  async function hasFactor(): Promise<boolean> {
    for (const { id } of await organizations.list()) {
      const there = await administrators.list(id);
      if (there.some(({ applianceOwner, passkeys }) => applianceOwner && passkeys > 0)) return true;
    }
    return false;
  }

  return {
    async requireOwnersFactor() {
      if (met || !(await administrators.ownersExist())) return;
      const row = await selectSetup(db, integrity);
      if (row?.factorOwed && !(await hasFactor())) {
        throw new Problem(
          'SECOND_FACTOR_REQUIRED',
          'No person can be enrolled yet: the owner of this box has to add a passkey first, in the console under "Security" or on the page "Add a passkey".',
        );
      }
      met = true;
      if (row) await inTransaction((tx) => deleteSetup(tx));
    },
  };
}
