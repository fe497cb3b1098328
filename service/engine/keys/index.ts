export type { KeyCustody, KeyCustodyDeps, MasterState } from './key-custody.ts';
export { createKeyCustody } from './key-custody.ts';
export {
  createKeyPlaces,
  KeyPlace,
  type KeyPlaceReport,
  type KeyPlaces,
  type KeyPlacesDeps,
} from './key-places.ts';
export {
  createTemplateRenewals,
  type RenewalPages,
  type TemplateRenewal,
  type TemplateRenewals,
  type TemplateRenewalsDeps,
} from './template-renewal.ts';
