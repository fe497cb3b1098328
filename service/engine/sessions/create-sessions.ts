import { randomFillSync } from 'node:crypto';
import { defined } from '../../lib/defined.ts';
import type { SubjectId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import { createTurns } from '../../lib/turns.ts';
import type { Actor } from '../audit/index.ts';
import { profileNamed, requireSource } from '../profiles/index.ts';
import type { Realm } from '../subjects/index.ts';
import { type Admission, createAdmission } from './attempts/admission.ts';
import { type Attempts, createAttempts } from './attempts/create-attempts.ts';
import { createRooms } from './attempts/rooms.ts';
import { createSessionBehaviors } from './attempts/session-behavior.ts';
import { createDecide } from './decide.ts';
import { createDue, createExpire, verificationOf } from './due.ts';
import { createFrameStore } from './frame-store.ts';
import { createHandovers } from './handovers.ts';
import { createReviewSession } from './held/review-session.ts';
import { withoutMotionIn } from './held/rules.ts';
import { createMovementStore } from './movement-store.ts';
import { createOrderSession } from './order-session.ts';
import { createCapabilities, createPageSide, finalizeRow, requireUndecided } from './page-side.ts';
import type { SessionParts, SessionsDeps } from './parts.ts';
import { createSealedValues } from './sealed-store.ts';
import type { Session } from './session.ts';
import { createSessionStore, outcomeOf, type SessionRow, sessionOf } from './session-store.ts';
import type { ProfileChoice, Sessions } from './sessions.ts';
import { profilePage } from './texts/profile-page.ts';

export function createSessions({ random = randomFillSync, ...deps }: SessionsDeps): Sessions & {
  /** How many sessions are judged now, how many may be, and how many wait. */
  load(): Pick<Admission, 'admitted' | 'waiting'> & { capacity: number };
} {
  const parts: SessionParts = {
    ...deps,
    random,
    store: createSessionStore(deps),
    frames: createFrameStore(deps),
    movements: createMovementStore(deps),
    sealed: createSealedValues(deps.sealer),
    turns: createTurns(),
    behaviors: createSessionBehaviors(deps),
  };
  const rooms = createRooms(parts);
  const admission = createAdmission(parts);
  const expire = createExpire(parts);
  const attempts = createAttempts(parts, { rooms, admission, expire });
  const find = createCapabilities(parts);
  return {
    ...createOrderSession(parts),
    ...createPageSide(parts, attempts, find),
    ...createHandovers(parts, attempts, find),
    ...createDue(parts, { rooms, attempts, expire }),
    ...createRelyingSide(parts, attempts),
    ...createProfileSide(parts),
    noteBehavior: parts.behaviors.note,
    load: () => ({
      admitted: admission.admitted,
      waiting: admission.waiting,
      capacity: admission.capacity(),
    }),
  };
}

/** What the relying party and administrators do. */
function createRelyingSide(
  parts: SessionParts,
  attempts: Attempts,
): Pick<
  Sessions,
  | 'find'
  | 'read'
  | 'picture'
  | 'page'
  | 'cancel'
  | 'review'
  | 'finalize'
  | 'stands'
  | 'newcomerDecided'
  | 'originsOf'
> {
  const { store, sealed, inTransaction, turns } = parts;
  const decide = createDecide(parts);

  async function own(realm: Parameters<Sessions['find']>[0], id: string): Promise<SessionRow> {
    const row = await store.inRealm(realm, id);
    if (!row) throw new Problem('NOT_FOUND', `No session has the id ${id}.`);
    return attempts.fresh(row.id);
  }

  return {
    async find(realm, id) {
      const row = await store.inRealm(realm, id);
      return row && sealed.whole(await attempts.fresh(row.id));
    },
    read: async (realm, id, actor, request) =>
      noteRead(parts, await sealed.whole(await own(realm, id)), { actor, ...defined({ request }) }),
    page: async (realm, order) => (await store.page(realm, order)).map(sessionOf),

    async cancel(realm, id, actor, request) {
      const { id: session } = await own(realm, id);
      await attempts.settled(session);
      return turns(session, async () => {
        const row = await own(realm, id);
        requireUndecided(row);
        const opened = await sealed.whole(row);
        const outcome = { ...outcomeOf(row), reasons: ['CANCELLED'] };
        await inTransaction((tx) =>
          decide(tx, row, opened, { decision: 'cancelled', outcome, actor, ...defined({ request }) }),
        );
        attempts.drop(session);
        return sessionOf((await store.byId(session)) ?? row);
      });
    },

    picture: createPicture(parts, own),
    review: createReviewSession(parts, own),

    async finalize(realm, id) {
      const { id: session } = await own(realm, id);
      return finalizeRow(parts, attempts, session);
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
function createNewcomerDecided(parts: SessionParts): Sessions['newcomerDecided'] {
  const { store, sealed } = parts;
  const decide = createDecide(parts);
  return async function newcomerDecided(tx, { session, judged, undecided }) {
    const row = await store.byId(session, tx);
    if (!row || row.decision !== null || row.held_until === null) return;
    const before = outcomeOf(row);
    const { outcome, action } = judged;
    await decide(tx, row, await sealed.whole(row), {
      decision: action === 'duplicate' ? 'duplicate' : 'approved',
      actor: { is: 'appliance', task: 'sessions' },
      outcome: {
        ...before,
        counted: { outcome, action },
        reasons: [...before.reasons, ...(undecided ? ['REVIEW_TIMED_OUT'] : [])],
      },
      uniqueness: judged,
      ...verificationOf(row, true),
      ...(row.subject === null ? {} : { person: { id: row.subject as SubjectId } }),
    });
  };
}

/** What a profile says of sessions that are not there yet. */
const createProfileSide = (
  parts: SessionParts,
): Pick<Sessions, 'stepsOf' | 'withoutMotionOf' | 'requireBrowser' | 'pageOf'> => ({
  stepsOf: async (realm, choice) => parts.challenges.steps(await profileOf(parts, realm, choice)),
  withoutMotionOf: async (realm, order) =>
    withoutMotionIn(order.flow, await profileOf(parts, realm, order), parts.challenges),
  requireBrowser: async (realm, choice) => requireSource(await profileOf(parts, realm, choice), 'browser'),
  pageOf: async (realm, { page, flow, ...choice }) => {
    const found = await profileOf(parts, realm, choice);
    requireSource(found, 'browser');
    return profilePage(page, { flow, profile: found }, parts.challenges);
  },
});

/** The named profile, or the one that the organization uses. */
async function profileOf(
  { organizations, profiles }: SessionParts,
  { organization }: Realm,
  { profile: named, profiles: key = [] }: ProfileChoice,
) {
  const { allowedProfiles } = await organizations.get(organization);
  const inUse = await profiles.list(organization);
  const slug = profileNamed({ named, inUse, organization: allowedProfiles, key });
  return profiles.get(organization, slug);
}

async function stands(
  { store, sealed, uniqueness }: SessionParts,
  realm: Parameters<Sessions['stands']>[0],
  id: string,
): Promise<boolean> {
  const row = await store.inRealm(realm, id);
  if (row?.decision !== 'approved' || row.order_sealed === null) return false;
  const { member } = (await sealed.open(row, 'answer')) ?? {};
  return member === undefined || (await uniqueness?.isMember(realm, member)) === true;
}

const createPicture =
  (parts: SessionParts, own: (realm: Realm, id: string) => Promise<SessionRow>): Sessions['picture'] =>
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
