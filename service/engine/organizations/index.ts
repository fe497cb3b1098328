import type { OrganizationId, SiteId } from '../../lib/id.ts';
import type { Actor } from '../audit/index.ts';
import type { Organization, Site, UniquenessPolicy } from './organization.ts';

export type { Organization, Site, UniquenessPolicy } from './organization.ts';

export interface Organizations {
  create(input: { name: string }, actor: Actor): Promise<Organization>;
  list(): Promise<Organization[]>;
  /** Throws NOT_FOUND. */
  get(id: OrganizationId): Promise<Organization>;
  set(
    id: OrganizationId,
    change: { name?: string; matchOnly?: boolean; uniquenessPolicy?: UniquenessPolicy; consentPolicy?: 'attested' | 'with-call' },
    actor: Actor,
  ): Promise<Organization>;
  addSite(id: OrganizationId, site: Omit<Site, 'id' | 'organization'>, actor: Actor): Promise<Site>;
  listSites(id: OrganizationId): Promise<Site[]>;
  removeSite(id: OrganizationId, site: SiteId, actor: Actor): Promise<void>;
  /** The site whose CIDR holds the address, the narrowest first. */
  siteOf(id: OrganizationId, address: string): Promise<Site | undefined>;
}
