import type { PersonalData } from '../personal-data/index.ts';
import { forgetErrorsNaming } from './forget-errors-store.ts';

/** Jobs hold ids and no values; what a receiver or mail server answered may name a person. */
export const jobData: PersonalData = {
  tables: {
    job: {
      columns: ['last_error'],
      record: { leftOut: 'Work that waits, by ids: a delivery’s job is the delivery.' },
    },
  },
  forget: forgetErrorsNaming,
};
