import type { Logo } from '../../../inference/pictures/read-logo.ts';
import { defined } from '../../../lib/defined.ts';
import { foldCase } from '../../../lib/fold-case.ts';
import type { OrganizationId, SiteId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Db, RowIntegrity, Tx } from '../../../storage/transaction.ts';
import { type Actor, type AuditAction, describeActor, type Foundation } from '../../audit/index.ts';
import type { Attestation } from '../../consent/index.ts';
import { type ConsentTexts, createConsentTexts } from './consent-texts.ts';
import {
  type Branding,
  brandingOf,
  type ConsentLanguage,
  checkColor,
  checkSite,
  factsOf,
  narrowestSite,
  type Organization,
  RetentionSettings,
  refuseErased,
  refuseTooMany,
  retentionPolicy,
  type SetupStep,
  type SetupSteps,
  type Site,
  stepsLeft,
  type UniquenessPolicy,
} from './organization.ts';
import {
  countSites,
  deleteSite,
  hasPeople,
  insertOrganization,
  insertSite,
  replaceLogo,
  selectLogo,
  selectOrganization,
  selectOrganizationPage,
  selectOrganizations,
  selectSites,
  updateOrganization,
} from './organization-store.ts';

/** Absent fields stay unchanged. */
export type RetentionChange = { [Term in keyof RetentionSettings]?: number | null };

export interface Organizations extends ConsentTexts {
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
      twoPersonReview?: boolean;
      /** Switched by engine/approvals. */
      fourEyes?: boolean;
      /** Null: none. */
      signInNotice?: string | null;
      /** As `readRedirectTarget` (engine/flows) gives them. */
      redirectTargets?: string[];
      /** Steps that are not named stay as they are. */
      setupSteps?: SetupSteps;
      /** Null: that of the reader. */
      consentLanguage?: ConsentLanguage | null;
      /** `#rrggbb`; null: none. */
      color?: string | null;
    },
    actor: Actor,
  ): Promise<Organization>;
  /** Whether a person has read its name: they are enrolled, or had a live session. */
  hasPeople(id: OrganizationId): Promise<boolean>;
  /** As `get`, in the caller's transaction. */
  getIn(tx: Tx, id: OrganizationId): Promise<Organization>;
  /**
   * Part of the caller's transaction: whether administrators may enroll a face. Switched by engine/administrators, which removes the
   * faces. False: it was so before. Throws CONFLICT for an organization that was erased.
   */
  setFaceFactor(tx: Tx, id: OrganizationId, allowed: boolean, actor: Actor): Promise<boolean>;
  /** Part of the caller's transaction: what this step of the assistant asks for was done elsewhere. Nothing where it is not asked. */
  endSetupStep(tx: Tx, id: OrganizationId, step: SetupStep, actor: Actor): Promise<void>;
  /** The logo that people see who are verified; null: none. Throws CONFLICT when the organization was erased. */
  setLogo(id: OrganizationId, logo: Logo | null, actor: Actor): Promise<Organization>;
  /** PNG; undefined where there is none. */
  logoOf(id: OrganizationId): Promise<Uint8Array | undefined>;
  /** Who asks, on a page for people. Throws NOT_FOUND. */
  brandingOf(id: OrganizationId): Promise<Branding>;
  /** Terms in days; null is the default again. Shorter ones delete at the next sweep, not before. */
  setRetention(id: OrganizationId, change: RetentionChange, actor: Actor): Promise<Organization>;
  /**
   * The organization attests the consent of all people without a record; replaces an earlier attestation. The
   * purposes it leaves out are refused for these people.
   */
  attestConsent(
    id: OrganizationId,
    attestation: Omit<Attestation, 'attestedBy' | 'attestedAt'>,
    actor: Actor,
  ): Promise<Organization>;
  /** Part of the caller's transaction, which has a line of its own: all people in it are gone, and nothing is made in it any more. */
  markErased(tx: Tx, id: OrganizationId): Promise<void>;
  /**
   * Throws INVALID_REQUEST, naming each field that is wrong, and CONFLICT when the organization was erased. The network is
   * stored with its host bits cleared.
   */
  addSite(id: OrganizationId, site: Omit<Site, 'id' | 'organization'>, actor: Actor): Promise<Site>;
  /** The oldest first. */
  listSites(id: OrganizationId): Promise<Site[]>;
  /** The newest first, older than `before`. */
  pageSites(id: OrganizationId, page: { before?: string; limit: number }): Promise<Site[]>;
  removeSite(id: OrganizationId, site: SiteId, actor: Actor): Promise<void>;
  /** The site whose CIDR holds the address, the narrowest first. */
  siteOf(id: OrganizationId, address: string): Promise<Site | undefined>;
}

export interface OrganizationsDeps
  extends Pick<Foundation, 'db' | 'inTransaction' | 'audit' | 'ids' | 'clock'> {
  /** The organization's key, on disk before its row. */
  sealer: { createOrganization(organization: OrganizationId): Promise<void> };
  integrity: RowIntegrity;
}

export function createOrganizations(deps: OrganizationsDeps): Organizations {
  const { db, inTransaction, sealer, audit, ids, clock, integrity } = deps;

  const alter = createAlter(deps);

  return {
    async create(input, actor) {
      const id = ids.next('organization');
      const organization: Organization = {
        id,
        name: checkName(input.name),
        createdAt: clock.now(),
        matchOnly: false,
        uniquenessPolicy: 'off',
        consentPolicy: 'attested',
      };
      await refuseTaken(db, integrity, organization.name);
      await sealer.createOrganization(id);
      await inTransaction(async (tx) => {
        await refuseTaken(tx, integrity, organization.name);
        await insertOrganization(tx, integrity, organization);
        await audit.add(tx, { actor, action: 'organization.create', organization: id, target: id });
      });
      return organization;
    },

    list: () => selectOrganizations(db, integrity),
    page: (page) => selectOrganizationPage(db, integrity, page),
    get: (id) => requireOrganization(db, integrity, id),
    getIn: (tx, id) => requireOrganization(tx, integrity, id),
    hasPeople: (id) => hasPeople(db, id),

    setFaceFactor: (...given) => setFaceFactor(deps, ...given),

    async endSetupStep(tx, id, step, actor) {
      const before = await requireOrganization(tx, integrity, id);
      if (before.altered || !stepsLeft(before).includes(step)) return;
      const alteration = changeSettings(before, { setupSteps: { [step]: 'done' } });
      if (alteration) await write(deps, tx, alteration, actor);
    },

    async set(id, change, actor) {
      const wanted = {
        ...change,
        ...(change.name !== undefined && { name: checkName(change.name) }),
        ...(typeof change.color === 'string' && { color: checkColor(change.color) }),
      };
      return alter(id, actor, async (before, tx) => {
        const alteration = changeSettings(before, wanted);
        if (!alteration?.details.name) return alteration;
        await refuseTaken(tx, integrity, alteration.after.name, id);
        // No person has read the name.
        if (!(await hasPeople(tx, id))) return alteration;
        return { ...alteration, after: withFormerName(alteration.after, before, actor, clock.now()) };
      });
    },

    ...createBranding(deps, alter),
    ...createConsentTexts(deps, { alter, get: (id, from = db) => requireOrganization(from, integrity, id) }),
    setRetention: (id, change, actor) => alter(id, actor, (before) => changeRetention(before, change)),

    attestConsent: (id, given, actor) =>
      alter(id, actor, (before) => {
        const attestation = { ...given, attestedBy: describeActor(actor), attestedAt: clock.now() };
        const details = { from: before.attestation ?? null, to: attestation };
        return { after: { ...before, attestation }, action: 'consent.attest', details };
      }),

    async markErased(tx, id) {
      const before = await requireOrganization(tx, integrity, id);
      const { logo: _, color: __, ...rest } = before;
      await replaceLogo(tx, id);
      await updateOrganization(tx, integrity, { ...rest, erasedAt: before.erasedAt ?? clock.now() });
    },

    ...createSites(deps),
  };
}

function withFormerName(after: Organization, before: Organization, actor: Actor, now: number): Organization {
  const former = before.formerNames ?? [];
  const has = 'has changed its name';
  const onBox = ', or give it on the box with "gatehouse org set"';
  refuseTooMany(actor, { count: former.length, last: former.at(-1)?.until, now, has, onBox });
  return { ...after, formerNames: [...former, { name: before.name, until: now }] };
}

type Alter = (
  id: OrganizationId,
  actor: Actor,
  decide: (before: Organization, tx: Tx) => Alteration | undefined | Promise<Alteration | undefined>,
) => Promise<Organization>;

/** Writes what `decide` makes of the organization, and its line in the log. */
const createAlter =
  ({
    inTransaction,
    audit,
    integrity,
  }: Pick<OrganizationsDeps, 'inTransaction' | 'audit' | 'integrity'>): Alter =>
  (id, actor, decide) =>
    inTransaction(async (tx) => {
      const before = await requireOrganization(tx, integrity, id);
      refuseAltered(before);
      const alteration = await decide(before, tx);
      if (!alteration) return before;
      await write({ audit, integrity }, tx, alteration, actor);
      return alteration.after;
    });

async function write(
  { audit, integrity }: Pick<OrganizationsDeps, 'audit' | 'integrity'>,
  tx: Tx,
  { after, action, details }: Alteration,
  actor: Actor,
): Promise<void> {
  await updateOrganization(tx, integrity, after);
  await audit.add(tx, { actor, action, organization: after.id, target: after.id, details });
}

const createBranding = (
  { db, integrity }: Pick<OrganizationsDeps, 'db' | 'integrity'>,
  alter: Alter,
): Pick<Organizations, 'setLogo' | 'logoOf' | 'brandingOf'> => ({
  setLogo: (id, logo, actor) =>
    alter(id, actor, async (before, tx) => {
      if (logo) refuseErased(before);
      const { logo: former, ...rest } = before;
      const after: Organization = { ...rest, ...(logo && { logo: factsOf(logo) }) };
      if (former?.sha256 === after.logo?.sha256) return undefined;
      await replaceLogo(tx, id, logo?.png);
      const details = { logo: { from: former ?? null, to: after.logo ?? null } };
      return { after, action: 'organization.set', details };
    }),
  logoOf: (id) => selectLogo(db, id),
  async brandingOf(id) {
    const organization = await requireOrganization(db, integrity, id);
    return brandingOf(organization, organization.logo && (await selectLogo(db, id)));
  },
});

async function setFaceFactor(
  deps: Pick<OrganizationsDeps, 'audit' | 'integrity'>,
  ...[tx, id, allowed, actor]: Parameters<Organizations['setFaceFactor']>
): Promise<boolean> {
  const before = await requireOrganization(tx, deps.integrity, id);
  refuseErased(before);
  refuseAltered(before);
  const alteration = changeSettings(before, { faceFactor: allowed });
  if (!alteration) return false;
  await write(deps, tx, alteration, actor);
  return true;
}

interface Alteration {
  after: Organization;
  action: AuditAction;
  details: Record<string, unknown>;
}

async function requireOrganization(
  from: Db | Tx,
  integrity: RowIntegrity,
  id: OrganizationId,
): Promise<Organization> {
  const organization = await selectOrganization(from, integrity, id);
  if (organization) return organization;
  throw new Problem('NOT_FOUND', `No organization has the id ${id}.`);
}

/** What the row of an altered organization holds is not used, so nothing can be based on it. */
function refuseAltered({ id, altered }: Organization): void {
  if (!altered) return;
  throw new Problem(
    'CONFLICT',
    `Another program wrote or changed the settings of ${id} in the database: the strictest hold, and nothing was changed. An operator looks at them on the box and accepts them with "gatehouse audit accept organization ${id}", or restores a backup.`,
  );
}

const folded = (name: string) => foldCase(name.normalize('NFKC'));

/** Commands find an organization by its name too. */
async function refuseTaken(
  from: Db | Tx,
  integrity: RowIntegrity,
  name: string,
  self?: OrganizationId,
): Promise<void> {
  const others = await selectOrganizations(from, integrity);
  const taken = others.find((other) => other.id !== self && folded(other.name) === folded(name));
  if (taken)
    throw new Problem('CONFLICT', `${taken.id} is called “${taken.name}” already: choose another name.`);
}

/** Each verification that names no place looks at all of them. */
const MOST_SITES = 1000;
const TOO_MANY_SITES = `An organization has ${MOST_SITES} sites at most: remove one, or describe several by one network.`;

function createSites({ db, inTransaction, audit, ids, clock, integrity }: OrganizationsDeps) {
  const oldestFirst = async (id: OrganizationId) => (await selectSites(db, id)).reverse();

  return {
    async addSite(id, input, actor) {
      const site: Site = { id: ids.next('site'), organization: id, ...checkSite(input) };
      await inTransaction(async (tx) => {
        refuseErased(await requireOrganization(tx, integrity, id));
        if ((await countSites(tx, id)) >= MOST_SITES) throw new Problem('CONFLICT', TOO_MANY_SITES);
        await insertSite(tx, site, clock.now());
        const details = { cidr: site.cidr, country: site.country, timeZone: site.timeZone };
        await audit.add(tx, { actor, action: 'site.add', organization: id, target: site.id, details });
      });
      return site;
    },

    async listSites(id) {
      await requireOrganization(db, integrity, id);
      return oldestFirst(id);
    },

    pageSites: (id, page) => selectSites(db, id, page),

    removeSite: (id, site, actor) =>
      inTransaction(async (tx) => {
        if (!(await deleteSite(tx, id, site))) {
          throw new Problem('NOT_FOUND', `The organization has no site with the id ${site}.`);
        }
        await audit.add(tx, { actor, action: 'site.remove', organization: id, target: site });
      }),

    async siteOf(id, address) {
      return narrowestSite(await oldestFirst(id), address);
    },
  } satisfies Partial<Organizations>;
}

const settings = [
  ...(['name', 'matchOnly', 'uniquenessPolicy', 'consentPolicy', 'allowedProfiles'] as const),
  ...(['twoPersonReview', 'faceFactor', 'fourEyes', 'signInNotice', 'redirectTargets'] as const),
  ...(['setupSteps', 'consentLanguage', 'color'] as const),
] as const;

function changeSettings(
  before: Organization,
  {
    allowedProfiles,
    signInNotice,
    setupSteps,
    consentLanguage,
    color,
    ...others
  }: Parameters<Organizations['set']>[1] & { faceFactor?: boolean },
): Alteration | undefined {
  const after: Organization = { ...before, ...others };
  if (allowedProfiles === null) delete after.allowedProfiles;
  else if (allowedProfiles !== undefined) after.allowedProfiles = [...new Set(allowedProfiles)];
  if (signInNotice === null) delete after.signInNotice;
  else if (signInNotice !== undefined) after.signInNotice = signInNotice;
  if (consentLanguage === null) delete after.consentLanguage;
  else if (consentLanguage !== undefined) after.consentLanguage = consentLanguage;
  if (color === null) delete after.color;
  else if (color !== undefined) after.color = color;
  if (setupSteps !== undefined) after.setupSteps = { ...before.setupSteps, ...defined(setupSteps) };
  if (after.redirectTargets?.length === 0) delete after.redirectTargets;
  if (!after.twoPersonReview) delete after.twoPersonReview;
  if (!after.faceFactor) delete after.faceFactor;
  if (!after.fourEyes) delete after.fourEyes;
  const changed = settings.filter(
    (setting) => JSON.stringify(before[setting]) !== JSON.stringify(after[setting]),
  );
  if (changed.length === 0) return undefined;
  const details = changed.map((setting) => [
    setting,
    { from: before[setting] ?? null, to: after[setting] ?? null },
  ]);
  return { after, action: 'organization.set', details: Object.fromEntries(details) };
}

function changeRetention(before: Organization, change: RetentionChange): Alteration {
  const wanted = Object.entries({ ...before.retention, ...change }).filter(([, days]) => days !== null);
  const { retention: _, ...rest } = before;
  const retention = RetentionSettings.parse(Object.fromEntries(wanted));
  const after: Organization = { ...rest, ...(wanted.length > 0 && { retention }) };
  const details = { from: retentionPolicy(before), to: retentionPolicy(after) };
  return { after, action: 'retention.set', details };
}

function checkName(text: string): string {
  const name = text.trim();
  if (name !== '' && name.length <= 120) return name;
  const message = 'Give the organization a name of 1 to 120 characters.';
  throw new Problem('INVALID_REQUEST', message, { details: [{ path: 'name', message }] });
}
