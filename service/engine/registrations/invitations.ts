import { defined } from '../../lib/defined.ts';
import { hashLinkToken } from '../../lib/link-token.ts';
import { Problem } from '../../lib/problem.ts';
import { readActor } from '../audit/index.ts';
import { allowedRedirects } from '../flows/index.ts';
import type { BegunSession, LinkDescription, LinkResolver } from '../sessions/index.ts';
import { toInvitationPage } from './invitation-page.ts';
import { atTime, type Registration, type WholeRegistration } from './registration.ts';
import type { WriteEnd } from './registration-end.ts';
import type { RegistrationParts } from './registration-parts.ts';

/** How long a user has from the consent on. */
const SESSION_LIFE = 10 * 60_000;

/** The page of an invitation: reading it changes nothing, the consent uses it up. */
export function createInvitations(parts: RegistrationParts, writeEnd: WriteEnd): LinkResolver {
  const { inTransaction, sessions, store, clock } = parts;
  const { find, get, getPending, pageOf, originsOf } = createReader(parts);

  return {
    async describe(token): Promise<LinkDescription> {
      const registration = await get(token);
      const { organization, page } = await pageOf(registration);
      const { state } = atTime(registration, clock.now());
      const waits = registration.openedAt === undefined ? 'ready' : 'taken';
      return {
        realm: registration.realm,
        state: state === 'pending' ? waits : state === 'expired' ? 'ended' : 'finished',
        flow: 'registration',
        organization: await parts.organizations.lookOf(organization.id),
        page,
        expiresAt: registration.expiresAt,
        test: registration.realm.world === 'test',
        openerOrigins: await originsOf(registration),
      };
    },

    async begin(token, { consent, path, device, request }): Promise<BegunSession> {
      const registration = await getPending(token);
      const { page } = await pageOf(registration);
      const now = clock.now();
      const { id, realm, createdBy, region } = registration;
      const made = await sessions.prepare({
        flow: 'registration',
        realm,
        actor: readActor(createdBy),
        match: 'none',
        uniqueness: { policy: 'block', scope: region },
        expiresAt: now + SESSION_LIFE,
        page,
        subjectRef: registration.request.reference,
        opened: { consent, path, device },
        browserOrigins: await originsOf(registration),
        ...defined({ request }),
      });
      await inTransaction(async (tx) => {
        if (!(await store.take(tx, id, now))) throw refusalOf(registration, now);
        await made.write(tx);
        await store.setSession(tx, id, made.id);
      });
      return { sessionId: made.id, token: made.token, expiresAt: made.expiresAt };
    },

    async deny(token, { request }) {
      const registration = await getPending(token);
      const { redirect } = await pageOf(registration);
      await inTransaction(async (tx) => {
        const now = clock.now();
        if (!(await store.take(tx, registration.id, now))) throw refusalOf(registration, now);
        // The family has no code of its own for a user who does not agree.
        await writeEnd(
          tx,
          registration,
          { state: 'failed', failure: 'liveness-failed' },
          defined({ request }),
        );
      });
      return defined({ redirect });
    },

    async originsOf(token) {
      const registration = await find(token);
      return registration ? originsOf(registration) : [];
    },
  };
}

function createReader({ organizations, access, uniqueness, store, clock }: RegistrationParts) {
  async function find(token: string): Promise<Registration | WholeRegistration | undefined> {
    const found = await store.byToken(hashLinkToken(token));
    return found?.state === 'replaced' ? undefined : found;
  }
  async function get(token: string): Promise<Registration | WholeRegistration> {
    const found = await find(token);
    if (found) return found;
    throw new Problem('NOT_FOUND', 'There is no such invitation. Ask for a new one.');
  }
  /** Throws for one that was used or is over. */
  async function getPending(token: string): Promise<WholeRegistration> {
    const found = await get(token);
    if ('request' in found && atTime(found, clock.now()).state === 'pending' && found.openedAt === undefined)
      return found;
    throw refusalOf(found, clock.now());
  }
  async function pageOf(registration: Registration | WholeRegistration) {
    const organization = await organizations.get(registration.realm.organization);
    const redirect = 'request' in registration ? registration.request.redirect : undefined;
    const { success } = allowedRedirects({ success: redirect }, organization.redirectTargets);
    const terms = await uniqueness.termsOf(registration.realm, registration.region);
    const page = toInvitationPage(organization, terms, success);
    return { organization, page, ...defined({ redirect: success }) };
  }
  const originsOf = ({ realm, createdBy }: Registration) =>
    access.originsOf(realm.organization, readActor(createdBy));
  return { find, get, getPending, pageOf, originsOf };
}

/** Why an invitation was not taken. */
function refusalOf(registration: Registration, now: number): Problem {
  if (registration.openedAt === undefined && registration.expiresAt <= now)
    return new Problem('SESSION_EXPIRED', 'This invitation is over. Ask for a new one.');
  return new Problem('CONFLICT', 'This invitation was used already: each is for one use. Ask for a new one.');
}
