import { randomFillSync } from 'node:crypto';
import { defined } from '../../../lib/defined.ts';
import type { SubjectId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import { createTurns } from '../../../lib/turns.ts';
import type { Actor } from '../../audit/index.ts';
import { requireSource } from '../../matching/index.ts';
import type { Realm } from '../../people/index.ts';
import { createDue, createExpire, verificationOf } from './due.ts';
import { createLiveSessions, type LiveSessions } from './live-sessions.ts';
import { createFrameStore, createMovementStore } from './movement-store.ts';
import { createHandovers, createNewSessions } from './new-sessions.ts';
import type { SessionParts, SessionsDeps } from './parts.ts';
import { createRecord, type RecordingParts } from './record-session.ts';
import { createReviewSession, refusedMeanwhile } from './review-session.ts';
import { createSealedValues } from './sealed-store.ts';
import type { Session } from './session.ts';
import { createSessionBehaviors } from './session-behavior.ts';
import { createSessionCapacity, type SessionCapacity } from './session-capacity.ts';
import { createCapabilities, createPageSide, finalizeRow, requireUndecided } from './session-page.ts';
import { capabilityHash, chosenProfile, profilePage, rulesIn } from './session-rules.ts';
import { createSessionStore, outcomeOf, type SessionRow, sessionOf } from './session-store.ts';
import type { Sessions } from './sessions.ts';

export function createSessions({ random = randomFillSync, ...deps }: SessionsDeps): Sessions & {
  /** How many sessions are judged now, how many may be, and how many wait. */
  load(): Pick<SessionCapacity, 'admitted' | 'waiting'> & { capacity: number };
} {
  const built = {
    ...deps,
    random,
    store: createSessionStore(deps),
    frames: createFrameStore(deps),
    movements: createMovementStore(deps),
    sealed: createSealedValues(deps.sealer),
    turns: createTurns(),
    behaviors: createSessionBehaviors(deps),
  };
  const parts: RecordingParts = { ...built, record: createRecord(built) };
  const capacity = createSessionCapacity(parts);
  const expire = createExpire(parts);
  const live = createLiveSessions(parts, { capacity, expire });
  const find = createCapabilities(parts);
  return {
    ...createNewSessions(parts),
    ...createPageSide(parts, live, find),
    ...createHandovers(parts, live, find),
    ...createDue(parts, { live, expire }),
    ...createSessionNodes(parts),
    ...createRelyingSide(parts, live),
    ...createProfileSide(parts),
    noteBehavior: parts.behaviors.note,
    load: () => ({
      admitted: capacity.admitted,
      waiting: capacity.waiting,
      capacity: capacity.capacity(),
    }),
  };
}

/** What the relying party and administrators do. */
function createRelyingSide(
  parts: RecordingParts,
  live: LiveSessions,
): Pick<
  Sessions,
  | 'find'
  | 'read'
  | 'picture'
  | 'page'
  | 'wholePage'
  | 'cancel'
  | 'review'
  | 'finalize'
  | 'stands'
  | 'newcomerDecided'
  | 'originsOf'
> {
  const { store, sealed, record, inTransaction, turns } = parts;

  async function own(realm: Realm, id: string): Promise<SessionRow> {
    const row = await store.inRealm(realm, id);
    if (!row) throw new Problem('NOT_FOUND', `No session has the id ${id}.`);
    return live.fresh(row.id);
  }

  return {
    async find(realm, id) {
      const row = await store.inRealm(realm, id);
      return row && sealed.whole(await live.fresh(row.id));
    },
    read: async (realm, id, actor, request) =>
      noteRead(parts, await sealed.whole(await own(realm, id)), { actor, ...defined({ request }) }),
    page: async (realm, order) => (await store.page(realm, order)).map(sessionOf),
    wholePage: async (realm, order) => Promise.all((await store.page(realm, order)).map(sealed.whole)),

    async cancel(realm, id, actor, request) {
      const { id: session } = await own(realm, id);
      await live.settled(session);
      return turns(session, async () => {
        const row = await own(realm, id);
        requireUndecided(row);
        const opened = await sealed.whole(row);
        const outcome = { ...outcomeOf(row), reasons: ['CANCELLED'] };
        await inTransaction((tx) =>
          record.decided(tx, row, opened, { decision: 'cancelled', outcome, actor, ...defined({ request }) }),
        );
        live.drop(session);
        return sessionOf((await store.byId(session)) ?? row);
      });
    },

    picture: createPicture(parts, own),
    review: createReviewSession(parts, own),

    async finalize(realm, id) {
      const { id: session } = await own(realm, id);
      return finalizeRow(parts, live, session);
    },

    stands: (realm, id) => stands(parts, realm, id),

    newcomerDecided: createNewcomerDecided(parts),

    async originsOf(id) {
      const row = await store.byId(id);
      return row ? (await sealed.whole(row)).browserOrigins : [];
    },
  };
}

/** The reviewer of a uniqueness scope has decided. */
function createNewcomerDecided(parts: RecordingParts): Sessions['newcomerDecided'] {
  const { store, sealed, record } = parts;
  return async function newcomerDecided(tx, { session, judged, undecided }) {
    const row = await store.byId(session, tx);
    if (!row || row.decision !== null || row.held_until === null) return;
    const before = outcomeOf(row);
    const { outcome, action } = judged;
    const opened = await sealed.whole(row);
    const refusal = opened.orderLost ? 'PERSON_ERASED' : refusedMeanwhile(parts, row);
    await record.decided(tx, row, opened, {
      decision: action === 'duplicate' ? 'duplicate' : refusal ? 'rejected' : 'approved',
      actor: { is: 'appliance', task: 'sessions' },
      outcome: {
        ...before,
        counted: { outcome, action },
        reasons: [
          ...before.reasons,
          ...(undecided ? ['REVIEW_TIMED_OUT'] : []),
          ...(refusal ? [refusal] : []),
        ],
      },
      uniqueness: judged,
      ...verificationOf(row, true),
      ...(row.subject === null ? {} : { person: { id: row.subject as SubjectId } }),
    });
  };
}

/** What a profile says of sessions that are not there yet. */
const createProfileSide = (
  parts: RecordingParts,
): Pick<Sessions, 'stepsOf' | 'withoutMotionOf' | 'requireBrowser' | 'pageOf'> => ({
  stepsOf: async (realm, choice) => parts.challenges.rules(await chosenProfile(parts, realm, choice)).count,
  withoutMotionOf: async (realm, order) =>
    rulesIn(order.flow, await chosenProfile(parts, realm, order), parts.challenges).withoutMotion,
  requireBrowser: async (realm, choice) =>
    requireSource(await chosenProfile(parts, realm, choice), 'browser'),
  pageOf: async (realm, { page, flow, ...choice }) => {
    const profile = await chosenProfile(parts, realm, choice);
    requireSource(profile, 'browser');
    return profilePage(page, { flow, profile }, parts.challenges);
  },
});

async function stands(
  { store, sealed, uniqueness }: SessionParts,
  realm: Realm,
  id: string,
): Promise<boolean> {
  const row = await store.inRealm(realm, id);
  if (row?.decision !== 'approved' || row.order_sealed === null) return false;
  const { member } = (await sealed.open(row, 'answer')) ?? {};
  return member === undefined || (await uniqueness?.isMember(realm, member)) === true;
}

const createPicture =
  (parts: RecordingParts, own: (realm: Realm, id: string) => Promise<SessionRow>): Sessions['picture'] =>
  async (realm, id, index, by) => {
    const row = await own(realm, id);
    const picture = (await parts.sealed.open(row, 'pictures'))?.[index];
    if (!picture)
      throw new Problem('NOT_FOUND', 'No picture is kept there: pictures are deleted with the decision.');
    await noteRead(parts, sessionOf(row), by, 'session.picture');
    return Buffer.from(picture.jpeg, 'base64');
  };

/** The audit line of an administrator who reads a session. */
async function noteRead<S extends Session>(
  { inTransaction, audit }: SessionParts,
  session: S,
  by: { actor: Actor; request?: string },
  action: 'session.read' | 'session.picture' = 'session.read',
): Promise<S> {
  const { id, realm, subject } = session;
  await inTransaction((tx) =>
    audit.add(tx, {
      ...by,
      action,
      organization: realm.organization,
      target: id,
      details: { world: realm.world, ...defined({ subject }) },
    }),
  );
  return session;
}

/**
 * A session stays on the node that first had it in memory. One of a node that is gone, or of none, begins again at the node that is asked
 * for it; of two that are asked at one time one gets it.
 */
function createSessionNodes({
  store,
  record,
  inTransaction,
  node,
}: RecordingParts): Pick<Sessions, 'nodeOf' | 'nodeOfToken'> {
  async function ofRow(row: SessionRow | undefined): Promise<string | undefined> {
    if (!node || !row || row.decision !== null || row.node === node.run) return undefined;
    if (row.node !== null && (await node.isRunning(row.node))) return row.node;
    const placed = await inTransaction(async (tx) => {
      const now = await store.byId(row.id, tx);
      if (now?.decision !== null || now.node !== row.node) return now?.node ?? node.run;
      await record.placed(tx, now, node.run);
      return node.run;
    });
    return placed === node.run ? undefined : placed;
  }
  return {
    nodeOf: async (id) => (node ? ofRow(await store.byId(id)) : undefined),
    nodeOfToken: async (token) => (node ? ofRow(await store.byTokenHash(capabilityHash(token))) : undefined),
  };
}
