export type { Attestation, Consent, ConsentRecord, Person, Purpose, Through, Withdrawal } from './consent.ts';
export { purposes } from './consent.ts';
export { isHeld } from './hold-store.ts';
export type { Hold, Holds, HoldsDeps } from './holds.ts';
export { createHolds, refuseHeld } from './holds.ts';
