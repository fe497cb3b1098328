export { Attestation, type Consent, ConsentRecord, type Person, type Purpose, WithdrawalRecord, consentText, consentTextVersion, purposes } from './consent.ts';
export { type ConsentState, type Consents, createConsents, groundOf } from './consents.ts';
export { isHeld, listHeld, oldestHeld } from './hold-store.ts';
export { type Holds, createHolds } from './holds.ts';
export { type ConsentDataDeps, createConsentData } from './personal-data.ts';
export { type Ground, type Standing, endedAt, keptUntil, readStanding } from './standing.ts';
