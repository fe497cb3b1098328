import type { Db } from '../../storage/transaction.ts';
import type { PersonalData } from '../personal-data/index.ts';
import { reasonPlace } from './hold-store.ts';

const owned = ['consent', 'consent_withdrawal', 'legal_hold'] as const;

/** What a person agreed to and took back, and the legal holds over them. */
export function createConsentData({ db }: { db: Db }): PersonalData {
  return {
    tables: {
      consent: { columns: ['subject'], record: { in: 'consent.consents' } },
      consent_withdrawal: { columns: ['subject'], record: { in: 'consent.withdrawals' } },
      legal_hold: { columns: ['subject', 'reason_sealed'], record: { in: 'holds' } },
    },
    async forget(tx, subjects) {
      for (const table of owned) await tx.deleteFrom(table).where('subject', 'in', subjects).execute();
    },
    async sealedValues({ organization, subject }) {
      const rows = await db
        .selectFrom('legal_hold')
        .select(['id', 'reason_sealed'])
        .where('subject', '=', subject)
        .execute();
      return rows.map((row) => ({
        place: reasonPlace(organization, subject, row.id),
        sealed: row.reason_sealed,
      }));
    },
  };
}
