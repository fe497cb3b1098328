import { defined } from '../../lib/defined.ts';
import { hashLinkToken } from '../../lib/link-token.ts';
import { Problem } from '../../lib/problem.ts';
import { readActor } from '../audit/index.ts';
import { allowedRedirects } from '../flows/index.ts';
import type {
  BeginOrder,
  BegunSession,
  LinkDescription,
  LinkResolver,
  NewSession,
} from '../sessions/index.ts';
import { statusAt, type WholeLink } from './hosted-link.ts';
import { toSessionPage } from './hosted-page.ts';
import { type HostedParts, SESSION_LIFE } from './hosted-parts.ts';
import type { WriteResult } from './write-result.ts';

/** The page of a link for one use: reading it changes nothing, the consent consumes it. */
export function createLinkResolver(
  { inTransaction, sessions, organizations, access, store, clock }: HostedParts,
  writeResult: WriteResult,
): LinkResolver {
  async function get(token: string): Promise<WholeLink> {
    const link = await store.byToken(hashLinkToken(token));
    if (link) return link;
    throw new Problem('NOT_FOUND', 'There is no such link. Ask for a new one.');
  }

  const originsOf = ({ realm, createdBy }: WholeLink) =>
    access.originsOf(realm.organization, readActor(createdBy));

  return {
    async describe(token): Promise<LinkDescription> {
      const link = await get(token);
      const organization = await organizations.get(link.realm.organization);
      const redirects = allowedRedirects(link.page.redirects, organization.redirectTargets);
      const status = statusAt(link, clock.now());
      const waits = link.openedAt === undefined ? 'ready' : 'taken';
      return {
        realm: link.realm,
        state: status === 'PENDING' ? waits : status === 'EXPIRED' ? 'ended' : 'finished',
        flow: 'hosted',
        organization: await organizations.lookOf(organization.id),
        page: toSessionPage(link.product, { ...link.page, redirects }, organization),
        ...defined({ profile: link.page.profile, profiles: link.page.profiles }),
        expiresAt: link.expiresAt,
        test: link.realm.world === 'test',
        openerOrigins: await originsOf(link),
      };
    },

    async begin(token, order): Promise<BegunSession> {
      const link = await get(token);
      const organization = await organizations.get(link.realm.organization);
      const redirects = allowedRedirects(link.page.redirects, organization.redirectTargets);
      const page = toSessionPage(link.product, { ...link.page, redirects }, organization);
      const now = clock.now();
      if (statusAt(link, now) !== 'PENDING' || link.openedAt !== undefined) throw refusalOf(link, now);
      const browserOrigins = await originsOf(link);
      const made = await sessions.prepare({ ...sessionOf(link, order, now), page, browserOrigins });
      await inTransaction(async (tx) => {
        if (!(await store.take(tx, link.id, now))) throw refusalOf(link, now);
        await made.write(tx);
        await store.setSession(tx, link.id, made.id);
      });
      return { sessionId: made.id, token: made.token, expiresAt: made.expiresAt };
    },

    async deny(token, { request }) {
      const link = await get(token);
      const { redirectTargets } = await organizations.get(link.realm.organization);
      const { failure } = allowedRedirects(link.page.redirects, redirectTargets);
      await inTransaction(async (tx) => {
        const now = clock.now();
        if (!(await store.take(tx, link.id, now))) throw refusalOf(link, now);
        await writeResult(tx, link, { status: 'FAIL', reasons: ['CONSENT_DENIED'] }, defined({ request }));
      });
      return defined({ redirect: failure });
    },

    async originsOf(token) {
      const link = await store.byToken(hashLinkToken(token));
      return link ? originsOf(link) : [];
    },
  };
}

/** Why a link was not taken. */
function refusalOf(link: WholeLink, now: number): Problem {
  if (link.openedAt === undefined && link.expiresAt <= now)
    return new Problem('SESSION_EXPIRED', 'This link is over. Ask for a new one.');
  return new Problem('CONFLICT', 'This link was used already: each link is for one use. Ask for a new one.');
}

/** What the session of a hosted verification has to find out. */
export function sessionOf(
  link: WholeLink,
  { consent, path, device, request }: BeginOrder,
  now: number,
): Omit<NewSession, 'page'> {
  const { profile, profiles, email } = link.page;
  return {
    flow: 'hosted',
    realm: link.realm,
    actor: readActor(link.createdBy),
    ...defined({ profile, profiles }),
    match: link.product === 'verifyhuman' ? 'none' : email === undefined ? 'any' : { email },
    // Of an identity alone, place, time and device are no question.
    context: link.product === 'verifytrust',
    expiresAt: now + SESSION_LIFE,
    verification: link.id,
    opened: { consent, path, device },
    ...defined({ request }),
  };
}
