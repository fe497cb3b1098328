export type { Organization, Site, UniquenessPolicy } from './organization.ts';
export type { Organizations } from './organizations.ts';
export { createOrganizations } from './organizations.ts';
