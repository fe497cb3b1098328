import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import { allowedRedirects, type Flow, type FlowDefinition, textsOf } from '../flows/index.ts';
import type { Organization } from '../organizations/index.ts';
import type { BegunSession, LinkDescription, LinkResolver } from '../sessions/index.ts';
import type { Realm } from '../subjects/index.ts';
import type { HostedPage, WholeLink } from './hosted-link.ts';
import { toSessionPage } from './hosted-page.ts';
import { type HostedParts, SESSION_LIFE } from './hosted-parts.ts';
import { sessionOf } from './link-resolver.ts';
import { createVisitProofs } from './visit-proofs.ts';

interface Published {
  flow: Flow;
  definition: FlowDefinition;
  by: string;
  /** Of the texts. */
  version: string;
  organization: Organization;
}

const realmOf = ({ flow: { organization } }: Published, test: boolean): Realm => ({
  organization,
  world: test ? 'test' : 'live',
});

/** Of no named caller: visits have a month of their own. */
const callerOf = (found: Published, test: boolean) => ({ ...realmOf(found, test), lineage: found.flow.id });

/** The page does it by itself; a program that calls without is asked to load the page. */
const workMissing = () =>
  new Problem(
    'BURST_LIMIT_EXCEEDED',
    'Many visits came from this address within a minute: load the page again, which then does the work that a further one costs.',
    { retryAfterSeconds: 1 },
  );

/** The page of a published flow: a verification of its own for each consent, in the test world with `test`. */
export function createFlowResolver({
  inTransaction,
  sessions,
  flows,
  organizations,
  limits,
  store,
  ids,
  clock,
  random,
}: HostedParts): LinkResolver {
  const proofs = createVisitProofs({ clock, random });

  async function get(slug: string): Promise<Published> {
    const flow = await flows.bySlug(slug);
    if (!flow?.published) throw new Problem('NOT_FOUND', 'There is no such page, or it is not published.');
    const { definition, at, by } = flow.published;
    const organization = await organizations.get(flow.organization);
    return { flow, definition, by, version: `${slug} ${at.toString(36)}`, organization };
  }
  const pageOf = ({ definition, organization }: Published): HostedPage => ({
    texts: textsOf(definition),
    redirects: allowedRedirects(definition.redirects, organization.redirectTargets),
    ...defined({ profile: definition.profile, minimumAge: definition.minimumAge }),
  });

  return {
    async describe(slug, { test, address }): Promise<LinkDescription> {
      const found = await get(slug);
      const { flow, definition, version, organization } = found;
      const level = address === undefined ? 0 : limits.visitLevel(callerOf(found, test), address);
      return {
        realm: realmOf(found, test),
        state: 'ready',
        flow: 'hosted',
        organization: await organizations.lookOf(organization.id),
        page: toSessionPage(definition.product, pageOf(found), organization, version),
        ...defined({ profile: definition.profile }),
        expiresAt: clock.now() + SESSION_LIFE,
        test,
        ...(level > 0 && { work: proofs.work(flow.id, level) }),
        // Of no key: a published flow opens by itself, in no frame.
        openerOrigins: [],
      };
    },

    async begin(slug, order): Promise<BegunSession> {
      const found = await get(slug);
      const { flow, definition, by, version, organization } = found;
      const realm = realmOf(found, order.test);
      const now = clock.now();
      const link: WholeLink = {
        id: ids.next('verification'),
        realm,
        product: definition.product,
        flow: flow.id,
        createdAt: now,
        createdBy: by,
        expiresAt: now + SESSION_LIFE,
        openedAt: now,
        status: 'PENDING',
        reasons: [],
        page: pageOf(found),
      };
      const page = toSessionPage(definition.product, link.page, organization, version);
      const { address } = order.device;
      const caller = callerOf(found, order.test);
      const level = address === undefined ? 0 : limits.visitLevel(caller, address);
      if (level > 0 && !(order.proof && proofs.accepts(flow.id, level, order.proof))) throw workMissing();
      const admitted = await limits.admitVisit(caller, address);
      try {
        const made = await sessions.prepare({ ...sessionOf(link, order, now), page });
        await inTransaction(async (tx) => {
          await made.write(tx);
          await store.insert(tx, { ...link, session: made.id }, null);
        });
        return { sessionId: made.id, token: made.token, expiresAt: made.expiresAt };
      } catch (error) {
        admitted.answered(error instanceof Problem ? error.code : 'INTERNAL');
        throw error;
      }
    },

    async deny(slug) {
      return defined({ redirect: pageOf(await get(slug)).redirects.failure });
    },
  };
}
