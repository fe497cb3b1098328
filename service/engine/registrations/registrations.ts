import { defined } from '../../lib/defined.ts';
import type { OrganizationId } from '../../lib/id.ts';
import { hashLinkToken, newLinkToken } from '../../lib/link-token.ts';
import { Problem, type ProblemDetail } from '../../lib/problem.ts';
import { type Actor, describeActor } from '../audit/index.ts';
import { redirectProblems } from '../flows/index.ts';
import { refuseErased } from '../organizations/index.ts';
import { endUnopened, type FlowEnd, type LinkResolver } from '../sessions/index.ts';
import type { Realm } from '../subjects/index.ts';
import { createInvitations } from './invitations.ts';
import { atTime, type DataRequest, type Registration, type WholeRegistration } from './registration.ts';
import { createRegistrationEnd, createWriteEnd } from './registration-end.ts';
import type { RegistrationParts, RegistrationsDeps } from './registration-parts.ts';
import { createRegistrationStore } from './registration-store.ts';

export interface NewRegistration {
  /** The caller's own name of the user. */
  reference: string;
  dataRequest: DataRequest;
  /** Where the page leads at its end, whatever the result. */
  redirect?: string;
  /** Empty: the organization. */
  region: string;
}

/** Users who are invited by a caller to show that they are one human each. */
export interface Registrations {
  /**
   * Invites a user. An invitation of the same user that waits ends. Throws INVALID_REQUEST, naming each field that is wrong, and
   * CONFLICT for a user who has completed one in the region, and for a region that has ended; and KIOSK_REQUIRED.
   */
  register(
    realm: Realm,
    order: NewRegistration,
    who: { actor: Actor; request?: string },
  ): Promise<{ registration: Registration; token: string }>;
  /** Throws SUBJECT_NOT_FOUND for a user who was never registered. An administrator who reads a result leaves a line. */
  status(realm: Realm, reference: string, who: { actor: Actor; request?: string }): Promise<Registration>;
  invitations: LinkResolver;
  end: FlowEnd;
  /** Ends invitations that were not opened in time; how many. */
  expireDue(): Promise<number>;
  /** The organization is erased. May be called again. */
  forget(organization: OrganizationId): Promise<void>;
}

/** How long an invitation can be opened. */
const LIFE = 7 * 24 * 3_600_000;

export function createRegistrations(deps: RegistrationsDeps): Registrations {
  const { inTransaction, clock } = deps;
  const store = createRegistrationStore(deps);
  const parts = { ...deps, store };
  const writeEnd = createWriteEnd(parts);

  return {
    register: createRegister(parts),
    status: createStatus(parts),
    invitations: createInvitations(parts, writeEnd),
    end: createRegistrationEnd(parts, writeEnd),
    expireDue: () =>
      endUnopened({
        inTransaction,
        due: (limit) => store.due(clock.now(), limit),
        end: (tx, one) => writeEnd(tx, one, { state: 'expired', failure: 'expired' }, { unopened: true }),
      }),
    forget: (organization) => inTransaction((tx) => store.removeOf(tx, organization)),
  };
}

function createStatus({ inTransaction, store, audit, clock }: RegistrationParts): Registrations['status'] {
  return async (realm, reference, { actor, request }) => {
    const found = await store.newest(undefined, realm, reference);
    if (!found) throw new Problem('SUBJECT_NOT_FOUND', 'No user was registered under this reference.');
    if (actor.is === 'administrator' && found.state === 'completed')
      await inTransaction((tx) =>
        audit.add(tx, {
          actor,
          action: 'registration.read',
          organization: realm.organization,
          target: found.id,
          ...defined({ request }),
          details: { world: realm.world },
        }),
      );
    return atTime(found, clock.now());
  };
}

function createRegister({
  inTransaction,
  organizations,
  sessions,
  uniqueness,
  store,
  audit,
  ids,
  clock,
  random,
}: RegistrationParts): Registrations['register'] {
  return async (realm, order, { actor, request }) => {
    const organization = await organizations.get(realm.organization);
    refuseErased(organization);
    requireValid(realm, order, organization.redirectTargets ?? []);
    await uniqueness.termsOf(realm, order.region);
    await sessions.requireBrowser(realm, {});
    const token = newLinkToken(random);
    const registration = await inTransaction(async (tx) => {
      const now = clock.now();
      const before = await store.newest(tx, realm, order.reference);
      if (before?.state === 'completed' && before.region === order.region)
        throw new Problem(
          'CONFLICT',
          'This user has completed the verification: ask for the result, POST /get_status.',
        );
      if (before?.state === 'pending') await store.end(tx, before, { state: 'replaced', at: now });
      const made: WholeRegistration = {
        id: ids.next('registration'),
        realm,
        region: order.region,
        dataRequest: order.dataRequest,
        createdAt: now,
        createdBy: describeActor(actor),
        expiresAt: now + LIFE,
        state: 'pending',
        request: { reference: order.reference, ...defined({ redirect: order.redirect }) },
      };
      await store.insert(tx, made, hashLinkToken(token));
      await audit.add(tx, {
        ...defined({ request }),
        actor,
        action: 'registration.create',
        organization: realm.organization,
        target: made.id,
        details: {
          world: realm.world,
          dataRequest: order.dataRequest,
          region: order.region,
          ...(before?.state === 'pending' && { replaces: before.id }),
        },
      });
      return made;
    });
    return { registration, token };
  };
}

function requireValid(
  { world }: Realm,
  { dataRequest, redirect }: NewRegistration,
  allowed: readonly string[],
): void {
  const details: ProblemDetail[] = redirectProblems({ success: redirect }, allowed);
  if (dataRequest === 'phone-number' && world !== 'test')
    details.push({
      path: 'dataRequest',
      message:
        'The phone number is a placeholder for testing: use a test key, or ask for the humanness score and the id.',
    });
  if (details.length === 0) return;
  throw new Problem('INVALID_REQUEST', `The registration is not valid: ${details[0]!.message}`, { details });
}
