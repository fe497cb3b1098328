export type { Logo } from '../../inference/pictures/read-logo.ts';
export { type Network, parseNetwork } from '../../lib/network.ts';
export {
  type ConsentLanguage,
  NewSite,
  Organization,
  type OrganizationLook,
  OWN_PROFILES,
  type RetentionPolicy,
  RetentionSettings,
  refuseErased,
  retentionPolicy,
  type SetupState,
  type SetupStep,
  type SetupSteps,
  Site,
  setupSteps,
  type UniquenessPolicy,
} from './organization.ts';
export { createOrganizations, type Organizations, type RetentionChange } from './organizations.ts';
