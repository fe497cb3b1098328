import type { Clock } from '../../lib/clock.ts';
import type { Ids, OrganizationId, SiteId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { Db, InTransaction, Tx } from '../../storage/transaction.ts';
import { type Actor, type Audit, describeActor } from '../audit/index.ts';
import type { Attestation } from '../consent/index.ts';
import type { Organization, Site, UniquenessPolicy } from './organization.ts';
import {
  deleteSite,
  insertOrganization,
  insertSite,
  selectOrganization,
  selectOrganizationPage,
  selectOrganizations,
  selectSitePage,
  selectSites,
  updateOrganization,
} from './organization-store.ts';
import { refuseErased } from './refuse-erased.ts';
import { RetentionSettings, retentionPolicy } from './retention-settings.ts';
import { checkSite, narrowestSite } from './site.ts';

/** What is absent stays as it is. */
export type RetentionChange = { [Term in keyof RetentionSettings]?: number | null };

export interface Organizations {
  /** Throws CONFLICT for a name that another organization has. */
  create(input: { name: string }, actor: Actor): Promise<Organization>;
  list(): Promise<Organization[]>;
  /** The newest first, older than `before`; also those that were erased. */
  page(page: { before?: string; limit: number }): Promise<Organization[]>;
  /** Throws NOT_FOUND. */
  get(id: OrganizationId): Promise<Organization>;
  /** Throws CONFLICT for a name that another organization has. */
  set(
    id: OrganizationId,
    change: {
      name?: string;
      matchOnly?: boolean;
      uniquenessPolicy?: UniquenessPolicy;
      consentPolicy?: 'attested' | 'with-call';
      /** Slugs; null: its own, and built-in ones it has not replaced. */
      allowedProfiles?: string[] | null;
    },
    actor: Actor,
  ): Promise<Organization>;
  /** Terms in days; null is the default again. Shorter ones delete at the next sweep, not before. */
  setRetention(id: OrganizationId, change: RetentionChange, actor: Actor): Promise<Organization>;
  /**
   * The organization vouches for the consent of everybody of whom it records none; replaces what it attested before. The
   * purposes it leaves out are refused for these people.
   */
  attestConsent(
    id: OrganizationId,
    attestation: Omit<Attestation, 'attestedBy' | 'attestedAt'>,
    actor: Actor,
  ): Promise<Organization>;
  /** Part of the caller's transaction, which has a line of its own: everybody in it is gone, and nothing is made in it any more. */
  markErased(tx: Tx, id: OrganizationId): Promise<void>;
  /**
   * Throws INVALID_REQUEST, naming each field that is wrong, and CONFLICT when the organization was erased. The network is
   * stored with its host bits cleared.
   */
  addSite(id: OrganizationId, site: Omit<Site, 'id' | 'organization'>, actor: Actor): Promise<Site>;
  listSites(id: OrganizationId): Promise<Site[]>;
  /** The newest first, older than `before`. */
  pageSites(id: OrganizationId, page: { before?: string; limit: number }): Promise<Site[]>;
  removeSite(id: OrganizationId, site: SiteId, actor: Actor): Promise<void>;
  /** The site whose CIDR holds the address, the narrowest first. */
  siteOf(id: OrganizationId, address: string): Promise<Site | undefined>;
}

export interface OrganizationsDeps {
  db: Db;
  inTransaction: InTransaction;
  /** The organization's key, on disk before its row. */
  sealer: { createOrganization(organization: OrganizationId): Promise<void> };
  audit: Audit;
  ids: Ids;
  clock: Clock;
}

export function createOrganizations({
  db,
  inTransaction,
  sealer,
  audit,
  ids,
  clock,
}: OrganizationsDeps): Organizations {
  async function get(from: Db | Tx, id: OrganizationId): Promise<Organization> {
    const organization = await selectOrganization(from, id);
    if (organization) return organization;
    throw new Problem('NOT_FOUND', `No organization has the id ${id}.`);
  }

  /** Commands find an organization by its name too. */
  async function refuseTaken(from: Db | Tx, name: string, self?: OrganizationId): Promise<void> {
    const others = await selectOrganizations(from);
    const taken = others.find(
      (other) => other.id !== self && other.name.toLowerCase() === name.toLowerCase(),
    );
    if (taken)
      throw new Problem('CONFLICT', `${taken.id} is called “${taken.name}” already: choose another name.`);
  }

  return {
    async create(input, actor) {
      const organization: Organization = {
        id: ids.next('organization'),
        name: checkName(input.name),
        createdAt: clock.now(),
        matchOnly: false,
        uniquenessPolicy: 'off',
        consentPolicy: 'attested',
      };
      await refuseTaken(db, organization.name);
      await sealer.createOrganization(organization.id);
      await inTransaction(async (tx) => {
        await refuseTaken(tx, organization.name);
        await insertOrganization(tx, organization);
        await audit.add(tx, {
          actor,
          action: 'organization.create',
          organization: organization.id,
          target: organization.id,
        });
      });
      return organization;
    },

    list: () => selectOrganizations(db),
    page: (page) => selectOrganizationPage(db, page),

    get: (id) => get(db, id),

    async set(id, change, actor) {
      const { allowedProfiles, ...others } = change;
      const wanted = { ...others, ...(others.name !== undefined && { name: checkName(others.name) }) };
      return inTransaction(async (tx) => {
        const before = await get(tx, id);
        const after: Organization = { ...before, ...wanted };
        if (allowedProfiles === null) delete after.allowedProfiles;
        else if (allowedProfiles !== undefined) after.allowedProfiles = [...new Set(allowedProfiles)];
        const changed = settings.filter(
          (setting) => JSON.stringify(before[setting]) !== JSON.stringify(after[setting]),
        );
        if (changed.length === 0) return before;
        if (changed.includes('name')) await refuseTaken(tx, after.name, id);
        await updateOrganization(tx, after);
        await audit.add(tx, {
          actor,
          action: 'organization.set',
          organization: id,
          target: id,
          details: Object.fromEntries(
            changed.map((setting) => [
              setting,
              { from: before[setting] ?? null, to: after[setting] ?? null },
            ]),
          ),
        });
        return after;
      });
    },

    setRetention: (id, change, actor) =>
      inTransaction(async (tx) => {
        const before = await get(tx, id);
        const wanted = Object.entries({ ...before.retention, ...change }).filter(([, days]) => days !== null);
        const { retention: _, ...rest } = before;
        const retention = RetentionSettings.parse(Object.fromEntries(wanted));
        const after: Organization = { ...rest, ...(wanted.length === 0 ? {} : { retention }) };
        await updateOrganization(tx, after);
        await audit.add(tx, {
          actor,
          action: 'retention.set',
          organization: id,
          target: id,
          details: { from: retentionPolicy(before), to: retentionPolicy(after) },
        });
        return after;
      }),

    attestConsent: (id, attestation, actor) =>
      inTransaction(async (tx) => {
        const before = await get(tx, id);
        const attested = { attestedBy: describeActor(actor), attestedAt: clock.now() };
        const after: Organization = { ...before, attestation: { ...attestation, ...attested } };
        await updateOrganization(tx, after);
        await audit.add(tx, {
          actor,
          action: 'consent.attest',
          organization: id,
          target: id,
          details: { from: before.attestation ?? null, to: after.attestation },
        });
        return after;
      }),

    async markErased(tx, id) {
      const before = await get(tx, id);
      await updateOrganization(tx, { ...before, erasedAt: before.erasedAt ?? clock.now() });
    },

    async addSite(id, input, actor) {
      const site: Site = { id: ids.next('site'), organization: id, ...checkSite(input) };
      await inTransaction(async (tx) => {
        refuseErased(await get(tx, id));
        await insertSite(tx, site, clock.now());
        await audit.add(tx, {
          actor,
          action: 'site.add',
          organization: id,
          target: site.id,
          details: { cidr: site.cidr, country: site.country, timeZone: site.timeZone },
        });
      });
      return site;
    },

    async listSites(id) {
      await get(db, id);
      return selectSites(db, id);
    },

    pageSites: (id, page) => selectSitePage(db, id, page),

    removeSite: (id, site, actor) =>
      inTransaction(async (tx) => {
        if (!(await deleteSite(tx, id, site))) {
          throw new Problem('NOT_FOUND', `The organization has no site with the id ${site}.`);
        }
        await audit.add(tx, { actor, action: 'site.remove', organization: id, target: site });
      }),

    async siteOf(id, address) {
      return narrowestSite(await selectSites(db, id), address);
    },
  };
}

const settings = ['name', 'matchOnly', 'uniquenessPolicy', 'consentPolicy', 'allowedProfiles'] as const;

function checkName(text: string): string {
  const name = text.trim();
  if (name !== '' && name.length <= 120) return name;
  const message = 'Give the organization a name of 1 to 120 characters.';
  throw new Problem('INVALID_REQUEST', message, { details: [{ path: 'name', message }] });
}
