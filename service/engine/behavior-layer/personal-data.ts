import type { PersonalData } from '../personal-data/index.ts';
import { deleteFiguresOfAddress, deleteFiguresOfPeople } from './confirmed-store.ts';

/** Figures of windows of people whose sessions were approved. */
export const createBehaviorData = (): PersonalData => ({
  tables: {
    behavior_confirmed: {
      columns: ['subject', 'email_hash'],
      record: {
        leftOut:
          'one figure for each window of the behavior of an approved session, from which the zero of the score is computed for all people together, for thirty days',
      },
    },
  },
  forget: (tx, subjects) => deleteFiguresOfPeople(tx, subjects),
  async forgetAddress(tx, { organization, world }, emailHash) {
    // The test world teaches nothing.
    if (world === 'live') await deleteFiguresOfAddress(tx, organization, emailHash);
  },
});
