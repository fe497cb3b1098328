import type { OrganizationId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Actor, Foundation } from '../../audit/index.ts';
import type { Administrator, From, OpenedSession } from '../administrators/administrator.ts';
import type { Administrators } from '../administrators/administrators.ts';
import { type Organization, setupSteps } from '../organizations/organization.ts';
import type { Organizations } from '../organizations/organizations.ts';
import { deleteSetup, putSetup, type SetupIntegrity, selectSetup } from './setup-store.ts';
import { closed, createSetupToken, isOf, type SetupDeps, type SetupOpening } from './setup-token.ts';

/** What a page reads. */
export interface SetupView {
  /** `mine`: the browser that asks has used the token. `expired`: a new token is needed. */
  is: 'closed' | 'open' | 'expired' | 'claimed' | 'mine';
  expiresAt?: number;
  /** Only for the browser that used the token. */
  organization?: { id: OrganizationId; name: string; mayRename: boolean };
}

/**
 * Makes the first owner. Who can read the terminal or the data directory has a token; the first browser that brings it gets a secret of
 * its own, with which the organization is named and the owner made. From then on it is closed.
 */
export interface Setup extends FactorRule {
  /** At each start of the service: creates a token if the box has neither an owner nor a valid token. */
  begin(): Promise<SetupOpening>;
  opening(): Promise<SetupOpening>;
  /** A new token; the old one and the browser that used it are refused from then on. Throws SETUP_CLOSED. */
  renew(who: Actor): Promise<SetupOpening>;
  view(claim: string | undefined): Promise<SetupView>;
  /** Gives the secret of the browser. Throws SETUP_TOKEN_REFUSED, SETUP_CLOSED, SIGN_IN_DELAYED. */
  claim(token: string, from: From): Promise<string>;
  /** Makes the first organization, or renames the only one while it has no real people: those of the test world do not matter. */
  nameOrganization(claim: string | undefined, name: string): Promise<void>;
  /** The owner of the organization and of the box, signed in. */
  makeOwner(
    claim: string | undefined,
    owner: { email: string; name: string; password: string },
    from: From,
  ): Promise<OpenedSession>;
  /**
   * The same without a browser, for the operator of the box. People may be enrolled at once; the owner has seven days for a second factor.
   * Throws SETUP_CLOSED.
   */
  makeOwnerUnattended(
    organization: OrganizationId,
    owner: { email: string; name: string; password: string },
    who: Actor,
  ): Promise<Administrator>;
}

const actor: Actor = { is: 'appliance', task: 'setup' };

const allOpen = Object.fromEntries(setupSteps.map((step) => [step, 'open' as const]));

export function createSetup(deps: SetupDeps): Setup {
  const { organizations, administrators } = deps;
  const token = createSetupToken(deps);
  const inTurn = <T>(work: () => Promise<T>) => token.turns('setup', work);

  return {
    ...createFactorRule(deps),
    opening: token.opening,
    begin: () =>
      inTurn(async () => {
        const now = await token.opening();
        if (now.is === 'closed') await token.end();
        if (now.token !== undefined) await token.keep();
        const needed = now.is === 'open' && now.token === undefined && now.at === undefined;
        return needed ? token.make({ is: 'appliance', task: 'start' }) : now;
      }),
    renew: (who) =>
      inTurn(async () => {
        if (await administrators.ownersExist()) throw closed();
        return token.make(who);
      }),

    async view(claim) {
      if (await administrators.ownersExist()) return { is: 'closed' };
      const row = await token.read();
      if (!row) return { is: 'expired' };
      const { expiresAt } = row;
      if (row.claimHash === undefined) return { is: 'open', expiresAt };
      if (claim === undefined || !isOf(claim, row.claimHash)) return { is: 'claimed', expiresAt };
      const found = await firstOrganization(deps);
      if (!found) return { is: 'mine', expiresAt };
      const { id, name } = found;
      return { is: 'mine', expiresAt, organization: { id, name, mayRename: await mayRename(deps, found) } };
    },

    claim: (given, from) =>
      inTurn(async () => {
        if (await administrators.ownersExist()) throw closed();
        return token.use(given, from);
      }),

    nameOrganization: (claim, name) =>
      inTurn(async () => {
        await token.requireClaim(claim);
        const found = await firstOrganization(deps);
        if (!found) await organizations.create({ name }, actor);
        else if (found.name === name.trim()) return;
        else if (await mayRename(deps, found)) await organizations.set(found.id, { name }, actor);
        else
          throw new Problem(
            'CONFLICT',
            `This box has real people or several organizations already: the owner is made for "${found.name}".`,
          );
      }),

    ...createOwners(deps, token),
  };
}

/** The two ways to the first owner. */
function createOwners(
  deps: SetupDeps,
  token: ReturnType<typeof createSetupToken>,
): Pick<Setup, 'makeOwner' | 'makeOwnerUnattended'> {
  const { inTransaction, integrity, organizations, administrators } = deps;
  const inTurn = <T>(work: () => Promise<T>) => token.turns('setup', work);
  return {
    makeOwner: (claim, { email, name, password }, from) =>
      inTurn(async () => {
        const row = await token.requireClaim(claim);
        const organization = await firstOrganization(deps);
        if (!organization) throw new Problem('CONFLICT', 'Name the organization first.');
        // A box with people is exempt: only a new one requires a second factor before the first person.
        const { hasPeople } = deps;
        const realmOf = (world: 'live' | 'test') => ({ organization: organization.id, world });
        if (!(await hasPeople(realmOf('live'))) && !(await hasPeople(realmOf('test')))) {
          await inTransaction((tx) => putSetup(tx, integrity, { ...row, factorOwed: true }));
        }
        const owner = { organization: organization.id, role: 'owner', applianceOwner: true } as const;
        await administrators.create({ ...owner, email, name, password }, actor);
        await organizations.set(organization.id, { setupSteps: allOpen }, actor);
        const opened = await administrators.signIn({ email, password, ...from });
        await token.end();
        if (opened.is !== 'signed-in') throw new Error(`A new owner was answered ${opened.is}.`);
        return opened;
      }),

    makeOwnerUnattended: (organization, { email, name, password }, who) =>
      inTurn(async () => {
        if (await administrators.ownersExist()) throw closed();
        const owner = { organization, role: 'owner', applianceOwner: true } as const;
        const made = await administrators.create({ ...owner, email, name, password }, who);
        await token.end();
        return made.administrator;
      }),
  };
}

const inUse = async ({ organizations }: Pick<SetupDeps, 'organizations'>) =>
  (await organizations.list()).filter(({ erasedAt }) => erasedAt === undefined);

/** The one that the owner will own: the oldest. */
async function firstOrganization(deps: SetupDeps): Promise<Organization | undefined> {
  return (await inUse(deps)).sort((a, b) => a.createdAt - b.createdAt)[0];
}

async function mayRename(deps: SetupDeps, { id }: Organization): Promise<boolean> {
  return (await inUse(deps)).length === 1 && !(await deps.hasPeople({ organization: id, world: 'live' }));
}

/** Rule of a box that was set up by the assistant: its owner needs a second factor before the first person is enrolled. */
type FactorRule = ReturnType<typeof createFactorRule>;

interface FactorRuleDeps extends Pick<Foundation, 'db' | 'inTransaction'> {
  integrity: SetupIntegrity;
  organizations: Pick<Organizations, 'list'>;
  administrators: Pick<Administrators, 'list' | 'ownersExist'>;
}

function createFactorRule(deps: FactorRuleDeps) {
  const { db, inTransaction, integrity, organizations, administrators } = deps;
  let met = false;

  async function hasFactor(): Promise<boolean> {
    for (const { id } of await organizations.list()) {
      const there = await administrators.list(id);
      if (there.some(({ applianceOwner, passkeys }) => applianceOwner && passkeys > 0)) return true;
    }
    return false;
  }

  return {
    /** Throws SECOND_FACTOR_REQUIRED. */
    async requireOwnersFactor(): Promise<void> {
      if (met || !(await administrators.ownersExist())) return;
      const row = await selectSetup(db, integrity);
      if (row?.factorOwed && !(await hasFactor())) {
        throw new Problem(
          'SECOND_FACTOR_REQUIRED',
          'No person can be enrolled yet: the owner of this box has to add a passkey first, in the console under "Security" or on the page "Add a passkey".',
        );
      }
      met = true;
      if (row) await inTransaction((tx) => deleteSetup(tx));
    },
  };
}
