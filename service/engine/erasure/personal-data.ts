import type { PersonalData } from '../personal-data/index.ts';

export const erasureData: PersonalData = {
  tables: {
    erasure: {
      columns: ['subject', 'receipt'],
      record: { in: 'erasures' },
      keepsId: 'The signed receipt says who was erased.',
    },
  },
};
