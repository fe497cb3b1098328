export type {
  Attestation,
  Consent,
  ConsentRecord,
  Person,
  Purpose,
  Through,
  Withdrawal,
} from './consent.ts';
export { purposes } from './consent.ts';
export type { ConsentState, Consents, ConsentsDeps, ConsentTerms } from './consents.ts';
export { createConsents, groundOf } from './consents.ts';
export { isHeld, listHeld } from './hold-store.ts';
export type { Hold, Holds, HoldsDeps } from './holds.ts';
export { createHolds } from './holds.ts';
export { createConsentData } from './personal-data.ts';
export type { Ground, Standing } from './standing.ts';
export { endedAt, readStanding } from './standing.ts';
