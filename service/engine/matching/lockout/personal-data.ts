import { time } from '../../../lib/time.ts';
import { addressNotHeld } from '../../../storage/legal-holds.ts';
import { countRows, deleteRows } from '../../../storage/rows.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import type { PersonalData, Realm } from '../../audit/index.ts';
import { deleteAddressAttempts, selectAddressAttempts } from './address-attempts-store.ts';

/** Old counts of addresses that are not disabled; only an operator removes those of disabled ones. */
const oldAttempts = (from: Db | Tx, { organization, world }: Realm, before: number) =>
  from
    .selectFrom('claim')
    .where('claim.organization', '=', organization)
    .where('claim.world', '=', world)
    .where('claim.last_failed_at', '<', before)
    .where('claim.disabled_at', 'is', null)
    .where(addressNotHeld('claim.claim_hash'));

/** Failed attempts at an address, by its keyed hash. */
export const createLockoutData = ({ db }: { db: Db }): PersonalData => ({
  tables: { claim: { columns: ['claim_hash'], record: { in: 'failedAttempts' } } },
  // A new address has none.
  address: { forget: deleteAddressAttempts, move: deleteAddressAttempts },
  expires: [
    {
      counted: 'claims',
      term: 'verificationDays',
      expire: (tx, realm, before, limit) =>
        deleteRows(
          tx
            .deleteFrom('claim')
            .where('organization', '=', realm.organization)
            .where('world', '=', realm.world)
            .where(
              'claim_hash',
              'in',
              oldAttempts(tx, realm, before).select('claim.claim_hash').limit(limit),
            ),
        ),
      count: (realm, before) => countRows(oldAttempts(db, realm, before)),
    },
  ],
  async exportOf(person, { emailHash }) {
    const claim = emailHash === undefined ? undefined : await selectAddressAttempts(db, person, emailHash);
    return {
      failedAttempts: claim && {
        count: claim.failures,
        lastFailedAt: time(claim.lastFailedAt),
        disabledAt: time(claim.disabledAt),
      },
    };
  },
});
