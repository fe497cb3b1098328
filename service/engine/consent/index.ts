export {
  Attestation,
  type Consent,
  ConsentRecord,
  channels,
  type Person,
  type Purpose,
  purposes,
  WithdrawalRecord,
} from './consent.ts';
export {
  Agreement,
  type AgreementsDeps,
  ConsentReceipt,
  type ConsentReceipts,
  createAgreements,
  createConsentReceipts,
  ListedConsent,
  type PublishedFacts,
} from './consent-receipt.ts';
export {
  type ConsentStatus,
  endedAt,
  keptUntil,
  type LegalBasis,
  readConsentStatus,
  StoredConsentStatus,
} from './consent-status.ts';
export { consentStates } from './consent-store.ts';
export {
  type ConsentText,
  consentTextOf,
  daysIn,
  factsOf,
  type KeptTerms,
  nameVersion,
  OwnConsentText,
  ownWords,
  PublishedText,
  readIn,
  refuseOthers,
  requireText,
  requireTextOfDevice,
  type TextLanguage,
  type TextOwner,
  textLanguages,
  type VersionedText,
  versionRead,
} from './consent-text.ts';
export { type ConsentState, type Consents, createConsents, legalBasisOf } from './consents.ts';
export { damagedHolds, isHeld, listHeld, oldestHeld } from './hold-store.ts';
export { createHolds, type Holds } from './holds.ts';
export { type ConsentDataDeps, createConsentData } from './personal-data.ts';
