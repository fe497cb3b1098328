export type { Organization, Site, UniquenessPolicy } from './organization.ts';
export type { Organizations, OrganizationsDeps } from './organizations.ts';
export { createOrganizations } from './organizations.ts';
