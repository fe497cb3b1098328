import { createHash, hash } from 'node:crypto';
import type { Clock } from '../../../lib/clock.ts';
import { defined } from '../../../lib/defined.ts';
import { Problem } from '../../../lib/problem.ts';
import type { RowIntegrity } from '../../../storage/transaction.ts';
import { insertTokenUse, type Organization } from '../../accounts/index.ts';
import type { TextOwner } from '../../consent/index.ts';
import type { Realm } from '../../people/index.ts';
import { type Flow, type FlowDefinition, textsOf } from '../flows/flow.ts';
import type { LinkResolver } from '../sessions/link.ts';
import { createHostedStore, type HostedDeps, hostedSession } from './hosted.ts';
import { type HostedRequest, toHostedPage } from './hosted-page.ts';
import { SESSION_LIFE, toSession } from './order-life.ts';

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
          relyingOrder: id,
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

/** Work that the browser of a visitor does before it begins: an answer whose SHA-256 with the challenge begins with so many zero bits. */
export interface VisitWork {
  challenge: string;
  bits: number;
}

export interface VisitProof {
  challenge: string;
  answer: string;
}

interface VisitProofsDeps {
  clock: Clock;
  random: (into: Uint8Array) => void;
  integrity: Pick<RowIntegrity, 'mac'>;
}

/** Zero bits of the first step, one more for each twice as many visits: 32,768 hashes on average, a second in a browser. */
const BITS = 14;
/** Milliseconds from the description of the page to the consent. */
const LIFE = 30 * 60_000;
/** Challenges that cost a visitor's machine work, each for one flow. Nothing of them is kept. */
function createVisitProofs({ clock, random, integrity }: VisitProofsDeps) {
  const macOf = (flow: string, rest: string) => integrity.mac('visit-proof', [flow, rest]);
  const bitsAt = (level: number) => BITS + level;

  return {
    /** `level`: from 1, how far the address is beyond its free visits. */
    work(flow: string, level: number): VisitWork {
      const nonce = new Uint8Array(16);
      random(nonce);
      const bits = bitsAt(level);
      const rest = `${clock.now() + LIFE}.${bits}.${Buffer.from(nonce).toString('base64url')}`;
      return { challenge: `${rest}.${macOf(flow, rest)}`, bits };
    },
    /** Until when this work counts, which was done for this flow; of the level before it counts too. Undefined where it was not. */
    endOf(flow: string, level: number, { challenge, answer }: VisitProof): number | undefined {
      const at = challenge.lastIndexOf('.');
      const rest = challenge.slice(0, at);
      if (challenge.slice(at + 1) !== macOf(flow, rest)) return undefined;
      const [expiresAt = 0, bits = 0] = rest.split('.').map(Number);
      if (expiresAt <= clock.now() || bits < bitsAt(Math.max(1, level - 1))) return undefined;
      const found = zeroBits(createHash('sha256').update(`${challenge}.${answer}`).digest());
      return found < bits ? undefined : expiresAt;
    },
  };
}

function zeroBits(hash: Uint8Array): number {
  const first = hash.findIndex((byte) => byte !== 0);
  return first < 0 ? 8 * hash.length : 8 * first + Math.clz32(hash[first]!) - 24;
}
