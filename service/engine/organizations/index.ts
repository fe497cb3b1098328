export type { Logo } from '../../inference/pictures/read-logo.ts';
export type { Network } from '../../lib/network.ts';
export { parseNetwork } from '../../lib/network.ts';
export type {
  ConsentLanguage,
  SetupState,
  SetupStep,
  SetupSteps,
  UniquenessPolicy,
} from './organization.ts';
export {
  NewSite,
  Organization,
  OWN_PROFILES,
  Site,
  setupSteps,
} from './organization.ts';
export type { OrganizationLook } from './organization-look.ts';
export type { Organizations, RetentionChange } from './organizations.ts';
export { createOrganizations } from './organizations.ts';
export { refuseErased } from './refuse-erased.ts';
export type { RetentionPolicy } from './retention-settings.ts';
export { RetentionSettings, retentionPolicy } from './retention-settings.ts';
