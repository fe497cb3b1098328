export {
  Agreement,
  type AgreementsDeps,
  createAgreements,
  type PublishedFacts,
} from './agreement.ts';
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
  ConsentReceipt,
  type ConsentReceipts,
  createConsentReceipts,
  ListedConsent,
} from './consent-receipt.ts';
export {
  type ConsentStatus,
  endedAt,
  keptUntil,
  type LegalBasis,
  readConsentStatus,
} from './consent-status.ts';
export { consentStates } from './consent-store.ts';
export {
  type ConsentText,
  daysIn,
  type KeptTerms,
  readIn,
  refuseOthers,
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
  ownWords,
  PublishedText,
  type TextOwner,
  type VersionedText,
} from './own-text.ts';
export { type ConsentDataDeps, createConsentData } from './personal-data.ts';
