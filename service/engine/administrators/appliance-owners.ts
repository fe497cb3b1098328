import { Problem } from '../../lib/problem.ts';
import type { Tx } from '../../storage/transaction.ts';
import type { Actor } from '../audit/index.ts';
import { type Account, selectAccount } from './administrator-store.ts';
import type { Parts } from './parts.ts';

/**
 * An owner of an organization is not one of the appliance: they may not make an appliance owner, nor change, reset or remove one, since
 * the one-time code of a reset would give them the account. Throws INSUFFICIENT_SCOPE.
 */
export async function requireRightOver(
  { integrity }: Pick<Parts, 'integrity'>,
  tx: Tx,
  who: Actor,
  ...accounts: readonly Pick<Account, 'applianceOwner'>[]
): Promise<void> {
  if (!accounts.some(({ applianceOwner }) => applianceOwner)) return;
  if (who.is === 'operator' || who.is === 'appliance') return;
  const actor =
    who.is === 'administrator'
      ? await selectAccount(tx, integrity, who.administrator as Account['id'])
      : undefined;
  if (actor?.applianceOwner && !actor.altered) return;
  throw new Problem(
    'INSUFFICIENT_SCOPE',
    'Only an appliance owner, or the operator with "gatehouse admin", can create, change, reset or remove an appliance owner.',
  );
}
