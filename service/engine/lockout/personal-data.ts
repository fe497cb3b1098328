import type { PersonalData } from '../personal-data/index.ts';
import { deleteClaim } from './claim-store.ts';

/** Failed attempts at an address, by its keyed hash. */
export const lockoutData: PersonalData = {
  tables: { claim: { columns: ['claim_hash'], record: { in: 'failedAttempts' } } },
  forgetAddress: deleteClaim,
};
