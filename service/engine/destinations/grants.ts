import type { Clock } from '../../lib/clock.ts';
import type { Ids, OrganizationId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { Db, InTransaction, Tx } from '../../storage/transaction.ts';
import { type Audit, describeActor } from '../audit/index.ts';
import type { Grant, Grants } from './destination.ts';
import { refusal } from './destination-refusal.ts';
import { type GrantScope, isOwnAddress, type OwnPlaces, refuseLocal } from './destination-rules.ts';
import {
  insertGrant,
  isInUse,
  markRevoked,
  selectActiveGrants,
  selectGrantPage,
  selectGrants,
} from './grant-store.ts';
import { describeGrant, parseGrant } from './grant-text.ts';

export interface GrantsDeps {
  db: Db;
  inTransaction: InTransaction;
  audit: Audit;
  ids: Ids;
  clock: Clock;
  own: () => OwnPlaces | Promise<OwnPlaces>;
}

/** What an organization's deliveries are checked against, from memory: as the last change left it. */
export interface ActiveGrants {
  active(organization: OrganizationId): Promise<readonly Grant[]>;
}

export function createGrants(deps: GrantsDeps): Grants & ActiveGrants {
  const { db, inTransaction, audit, ids, clock, own } = deps;
  const known = new Map<OrganizationId, Promise<readonly Grant[]>>();

  return {
    active(organization) {
      const found = known.get(organization);
      if (found) return found;
      const reading = selectActiveGrants(db, organization);
      known.set(organization, reading);
      reading.catch(() => known.get(organization) === reading && known.delete(organization));
      return reading;
    },

    list: (organization) => selectGrants(db, organization),
    page: (organization, page) => selectGrantPage(db, organization, page),

    async add(organization, text, note, actor, reach = 'any') {
      const scope = { ...parseGrant(text), reach };
      if (reach === 'public') refuseLocal(scope);
      refuseOwn(scope, await own());
      const grant: Grant = {
        ...scope,
        id: ids.next('grant'),
        organization,
        note,
        createdAt: clock.now(),
        createdBy: describeActor(actor),
        revoked: undefined,
      };
      try {
        await inTransaction(async (tx) => {
          const written = await requireNew(tx, organization, scope);
          await insertGrant(tx, grant);
          await audit.add(tx, {
            actor,
            action: 'grant.add',
            organization,
            target: grant.id,
            details: { to: written, note, ...(reach === 'public' && { reach }) },
          });
        });
      } finally {
        // Also after an error: a commit whose answer was lost counts.
        known.delete(organization);
      }
      return grant;
    },

    async revoke(organization, id, actor) {
      try {
        return await inTransaction(async (tx) => {
          const grant = (await selectActiveGrants(tx, organization)).find((one) => one.id === id);
          if (!grant)
            throw new Problem(
              'NOT_FOUND',
              `The organization has no grant ${id} that holds now: “gatehouse grant list” shows them.`,
            );
          const revoked = { at: clock.now(), by: describeActor(actor) };
          await markRevoked(tx, grant, revoked);
          await audit.add(tx, {
            actor,
            action: 'grant.revoke',
            organization,
            target: grant.id,
            details: { to: describeGrant(grant) },
          });
          return { ...grant, revoked };
        });
      } finally {
        known.delete(organization);
      }
    },
  };
}

/** Throws DESTINATION_FORBIDDEN. */
function refuseOwn(scope: GrantScope, own: OwnPlaces): void {
  if (scope.to.is === 'cidr' && isOwnAddress(scope.to.cidr, scope.port, own))
    throw refusal(
      'DESTINATION_FORBIDDEN',
      'own-listener',
      `${describeGrant(scope)} is this box itself, or its database: nothing is ever sent there, granted or not.`,
    );
}

/** The grant as it is written. Throws CONFLICT where the organization is not in use, or has it already. */
async function requireNew(tx: Tx, organization: OrganizationId, scope: GrantScope): Promise<string> {
  if (!(await isInUse(tx, organization)))
    throw new Problem(
      'CONFLICT',
      `The organization ${organization} is not in use: nothing is granted to it.`,
    );
  const written = describeGrant(scope);
  const same = (await selectActiveGrants(tx, organization)).find(
    (one) => describeGrant(one) === written && (one.reach === 'any' || scope.reach === 'public'),
  );
  if (same) throw new Problem('CONFLICT', `${written} is granted already: ${same.id}.`);
  return written;
}
