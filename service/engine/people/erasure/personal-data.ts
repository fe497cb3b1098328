import { time } from '../../../lib/time.ts';
import type { Db } from '../../../storage/transaction.ts';
import type { PersonalData } from '../../audit/index.ts';
import { receiptOf } from './ledger.ts';

export const createErasureData = ({ db }: { db: Db }): PersonalData => ({
  tables: {
    erasure: {
      columns: ['subject', 'consents', 'receipt'],
      record: { in: 'erasures' },
      keepsId: 'The signed receipt says who was erased.',
    },
  },
  async exportOf({ organization, subject }) {
    const rows = await db
      .selectFrom('erasure')
      .selectAll()
      .where('organization', '=', organization)
      .where('subject', '=', subject)
      .orderBy('id')
      .execute();
    return {
      erasures: rows.map((row) => ({
        id: row.id,
        state: row.state,
        reason: row.reason,
        by: row.actor,
        intendedAt: time(row.intended_at),
        completedAt: time(row.completed_at),
        receipt: receiptOf(row),
      })),
    };
  },
});
