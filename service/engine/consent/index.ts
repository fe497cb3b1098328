export type {
  Consent,
  Person,
  Purpose,
  Through,
  Withdrawal,
} from './consent.ts';
export { Attestation, ConsentRecord, purposes, WithdrawalRecord } from './consent.ts';
export type { ConsentState, ConsentTerms } from './consent-state.ts';
export { groundOf } from './consent-state.ts';
export { consentText, consentTextVersion } from './consent-text.ts';
export type { Consents, ConsentsDeps } from './consents.ts';
export { createConsents } from './consents.ts';
export { isHeld, listHeld, oldestHeld } from './hold-store.ts';
export type { Hold, Holds, HoldsDeps } from './holds.ts';
export { createHolds } from './holds.ts';
export type { ConsentDataDeps } from './personal-data.ts';
export { createConsentData } from './personal-data.ts';
export type { Ground, Standing } from './standing.ts';
export { endedAt, keptUntil, readStanding } from './standing.ts';
