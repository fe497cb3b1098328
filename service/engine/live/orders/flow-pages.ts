import { hash } from 'node:crypto';
import { defined } from '../../../lib/defined.ts';
import { Problem } from '../../../lib/problem.ts';
import { insertTokenUse, type Organization } from '../../accounts/index.ts';
import type { TextOwner } from '../../consent/index.ts';
import type { Realm } from '../../people/index.ts';
import { type Flow, type FlowDefinition, textsOf } from '../flows/flow.ts';
import type { LinkResolver } from '../sessions/link.ts';
import { createHostedStore, type HostedDeps, hostedSession } from './hosted.ts';
import { type HostedRequest, toHostedPage } from './hosted-page.ts';
import { SESSION_LIFE, toSession } from './order-life.ts';
import { createVisitProofs } from './visit-proofs.ts';

interface Published {
  flow: Flow;
  definition: FlowDefinition;
  by: string;
  /** Of the texts. */
  version: string;
  organization: Organization & TextOwner;
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

const requestOf = ({ definition }: Published): HostedRequest => ({
  texts: textsOf(definition),
  redirects: definition.redirects,
  ...defined({ profile: definition.profile, minimumAge: definition.minimumAge }),
});
const pageOf = (found: Published) =>
  toHostedPage(found.definition.product, requestOf(found), found.organization, found.version);

/** The page of a published flow: a verification of its own for each consent, in the test world with `test`. */
export function createFlowPages(deps: HostedDeps): LinkResolver {
  const { inTransaction, sessions, flows, organizations, limits, ids, clock } = deps;
  const store = createHostedStore(deps);
  const proofs = createVisitProofs(deps);

  async function get(slug: string): Promise<Published> {
    const flow = await flows.bySlug(slug);
    if (!flow?.published) throw new Problem('NOT_FOUND', 'There is no such page, or it is not published.');
    const { definition, at, by } = flow.published;
    const organization = await organizations.asTextOwner(flow.organization);
    return { flow, definition, by, version: `${slug} ${at.toString(36)}`, organization };
  }
  /** From 1, how far the address is beyond its free visits. */
  const levelOf = async (found: Published, test: boolean, address: string | undefined) =>
    address === undefined ? 0 : limits.visitLevel(callerOf(found, test), address);

  /** Whether the work was done for this flow, and for no visit before, at whichever node. */
  async function takesWork(
    found: Published,
    level: number,
    { proof, test }: Parameters<LinkResolver['begin']>[1],
  ) {
    const expiresAt = proof && proofs.endOf(found.flow.id, level, proof);
    if (expiresAt === undefined) return false;
    const jti = `visit ${hash('sha256', proof!.challenge, 'base64url')}`;
    const use = { ...realmOf(found, test), jti, usedAt: clock.now(), expiresAt };
    return inTransaction((tx) => insertTokenUse(tx, use, 0));
  }

  return {
    async describe(slug, { test, address }) {
      const found = await get(slug);
      const { flow, definition } = found;
      const level = await levelOf(found, test, address);
      return {
        realm: realmOf(found, test),
        state: 'ready',
        flow: 'hosted',
        organization: await organizations.brandingOf(flow.organization),
        page: pageOf(found),
        ...defined({ profile: definition.profile }),
        expiresAt: clock.now() + SESSION_LIFE,
        test,
        ...(level > 0 && { work: proofs.work(flow.id, level) }),
        // Of no key: a published flow opens by itself, in no frame.
        openerOrigins: [],
      };
    },

    originsOf: async (slug) => ((await flows.bySlug(slug))?.published ? [] : undefined),

    async begin(slug, begin) {
      const found = await get(slug);
      const { flow, definition, by } = found;
      const { product } = definition;
      const realm = realmOf(found, begin.test);
      const { address } = begin.device;
      const level = await levelOf(found, begin.test, address);
      if (level > 0 && !(await takesWork(found, level, begin))) throw workMissing();
      const admitted = await limits.admitVisit(callerOf(found, begin.test), address);
      try {
        const id = ids.next('verification');
        const request = requestOf(found);
        const made = await sessions.prepare({
          ...toSession({ kind: 'hosted', realm, created_by: by }, request, begin),
          ...hostedSession(id, product, request),
          page: pageOf(found),
          expiresAt: clock.now() + SESSION_LIFE,
        });
        await inTransaction(async (tx) => {
          await made.write(tx);
          const order = { id, realm, createdBy: by, life: SESSION_LIFE, terms: { product, flow: flow.id } };
          await store.insert(tx, { ...order, session: made.id }, request);
        });
        return { sessionId: made.id, token: made.token, expiresAt: made.expiresAt };
      } catch (error) {
        admitted.answered(error instanceof Problem ? error.code : 'INTERNAL');
        throw error;
      }
    },

    async deny(slug) {
      return defined({ redirect: pageOf(await get(slug)).redirect?.failure });
    },
  };
}
