import { time } from '../../../lib/time.ts';
import type { Db, RowIntegrity } from '../../../storage/transaction.ts';
import type { PersonalData } from '../../audit/index.ts';
import { approvalsAbout, removePerson } from './approval-store.ts';

/** Requests to a second administrator. */
export const createApprovalData = ({ db, integrity }: { db: Db; integrity: RowIntegrity }): PersonalData => ({
  tables: {
    approval: {
      columns: ['subject'],
      record: { in: 'approvals' },
    },
  },
  // The row stays without the person: who asked and who confirmed.
  forget: (tx, subjects) => removePerson(tx, integrity, subjects),
  exportOf: async (person) => ({
    approvals: (await approvalsAbout(db, person)).map((approval) => ({
      id: approval.id,
      action: approval.action,
      requestedBy: approval.requestedBy,
      requestedAt: time(approval.requestedAt),
      decision: approval.decision,
      decidedBy: approval.decidedBy,
      decidedAt: approval.decidedAt === undefined ? undefined : time(approval.decidedAt),
    })),
  }),
  auditTargets: async (person) => (await approvalsAbout(db, person)).map(({ id }) => id),
});
