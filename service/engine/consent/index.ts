export {
  Attestation,
  type Consent,
  ConsentRecord,
  consentText,
  consentTextVersion,
  type Person,
  type Purpose,
  purposes,
  WithdrawalRecord,
} from './consent.ts';
export {
  type ConsentStatus,
  endedAt,
  keptUntil,
  type LegalBasis,
  readConsentStatus,
} from './consent-status.ts';
export { type ConsentState, type Consents, createConsents, legalBasisOf } from './consents.ts';
export { isHeld, listHeld, oldestHeld } from './hold-store.ts';
export { createHolds, type Holds } from './holds.ts';
export { type ConsentDataDeps, createConsentData } from './personal-data.ts';
