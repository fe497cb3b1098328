import type { PersonalData } from '../personal-data/index.ts';

/** Lines are never changed: an erased person's id stays in them, and what is sealed in them opens no more. */
export const auditData: PersonalData = {
  tables: {
    audit: {
      columns: ['subject', 'personal_sealed', 'target', 'details'],
      record: { in: 'audit' },
      keepsId: 'What was done and by whom; the lines are chained, so none is taken out.',
    },
  },
};
