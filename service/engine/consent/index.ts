export {
  Attestation,
  type Consent,
  ConsentRecord,
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
export {
  type ConsentText,
  requireText,
  type TextLanguage,
  textLanguages,
  versionRead,
} from './consent-text.ts';
export { type ConsentState, type Consents, createConsents, legalBasisOf } from './consents.ts';
export { isHeld, listHeld, oldestHeld } from './hold-store.ts';
export { createHolds, type Holds } from './holds.ts';
export {
  consentTextOf,
  factsOf,
  OwnConsentText,
  PublishedText,
  type TextOwner,
} from './own-text.ts';
export { type ConsentDataDeps, createConsentData } from './personal-data.ts';
