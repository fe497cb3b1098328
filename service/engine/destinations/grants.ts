import type { Clock } from '../../lib/clock.ts';
import type { Ids, OrganizationId } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import type { Db, InTransaction, RowIntegrity, Tx } from '../../storage/transaction.ts';
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
  integrity: RowIntegrity;
  log: Log;
}

/** What an organization's deliveries are checked against, from memory: as the last change left it. */
export interface ActiveGrants {
  active(organization: OrganizationId): Promise<readonly Grant[]>;
}

export function createGrants(deps: GrantsDeps): Grants & ActiveGrants {
  const { db, inTransaction, audit, ids, clock, own, integrity } = deps;
  const known = new Map<OrganizationId, Promise<readonly Grant[]>>();

  return {
    forgetRead: () => known.clear(),
    active(organization) {
      const found = known.get(organization);
      if (found) return found;
      const reading = selectInForce(deps, organization);
      known.set(organization, reading);
      reading.catch(() => known.get(organization) === reading && known.delete(organization));
      return reading;
    },

    list: (organization) => selectGrants(db, integrity, organization),
    page: (organization, page) => selectGrantPage(db, integrity, organization, page),

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
          const written = await requireNew(tx, integrity, organization, scope);
          await insertGrant(tx, integrity, grant);
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
          const grant = (await selectActiveGrants(tx, integrity, organization)).find((one) => one.id === id);
          if (!grant)
            throw new Problem(
              'NOT_FOUND',
              `The organization has no grant ${id} that holds now: “gatehouse grant list” shows them.`,
            );
          const revoked = { at: clock.now(), by: describeActor(actor) };
          await markRevoked(tx, integrity, grant, revoked);
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

/** Those that the service wrote as they are. */
async function selectInForce(
  { db, integrity, log }: Pick<GrantsDeps, 'db' | 'integrity' | 'log'>,
  organization: OrganizationId,
): Promise<Grant[]> {
  const grants = await selectActiveGrants(db, integrity, organization);
  const altered = grants.filter((grant) => grant.altered);
  if (altered.length > 0)
    log.error(
      { organization, grants: altered.map(({ id }) => id) },
      'grants are not in force because another program wrote or changed their rows in the database: revoke them, and grant again what is needed',
    );
  return grants.filter((grant) => !grant.altered);
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
async function requireNew(
  tx: Tx,
  integrity: RowIntegrity,
  organization: OrganizationId,
  scope: GrantScope,
): Promise<string> {
  if (!(await isInUse(tx, organization)))
    throw new Problem(
      'CONFLICT',
      `The organization ${organization} is not in use: nothing is granted to it.`,
    );
  const written = describeGrant(scope);
  const same = (await selectActiveGrants(tx, integrity, organization)).find(
    (one) =>
      !one.altered && describeGrant(one) === written && (one.reach === 'any' || scope.reach === 'public'),
  );
  if (same) throw new Problem('CONFLICT', `${written} is granted already: ${same.id}.`);
  return written;
}
