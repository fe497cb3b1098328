import type { Clock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import type { Ids, MemberId, ReviewId, SubjectId } from '../../lib/id.ts';
import type { Turns } from '../../lib/turns.ts';
import type { Db, InTransaction, Tx } from '../../storage/transaction.ts';
import type { Organizations, UniquenessPolicy } from '../accounts/index.ts';
import type { Actor, Audit } from '../audit/index.ts';
import { type Consent, type Consents, legalBasisOf } from '../consent/index.ts';
import {
  alikePeople,
  type Comparison,
  type Embeddings,
  type Found,
  type Matching,
  type MatchPlan,
  matchRateForGallery,
} from '../matching/index.ts';
import type { Models } from '../models/index.ts';
import type { Realm, Subjects } from '../people/index.ts';
import { createMemberStore } from './member-store.ts';
import type { DuplicateCandidates } from './review/duplicate-candidates.ts';
import { likenessOf } from './review/review-item.ts';
import { keyNameOf, type Member, partOf, REVIEWED_WITHIN, type Scope } from './scope.ts';
import { createWaitStore } from './scope-store.ts';
import { type createScopes, type ScopeKeys, turnOf } from './scopes.ts';

/** A living person who comes to a scope. */
export interface UniquenessRequest {
  realm: Realm;
  /** The region; empty: the organization. */
  scope: string;
  /** `off`: the person gets an id, and nothing is flagged. */
  policy: UniquenessPolicy;
  /** Of the models in use; what a `plan` of the organization's profile compares. */
  embeddings: Embeddings;
  plan: MatchPlan;
  pixelHash: string;
  /** Of the picture, 0..1. */
  quality: number;
  /** JPEG of the face, for a reviewer. */
  portrait?: Uint8Array;
  /** The enrolled person that the session has verified: no duplicate of themselves. */
  self?: SubjectId;
  /** The caller's own name for the person: who comes again under the same one is no duplicate. */
  reference?: string;
  /** What the person consented to at the page. Absent: the organization attests. */
  consent?: Consent;
  /** The session that waits where a reviewer has to decide. */
  session: string;
  actor: Actor;
  request?: string;
}

export interface Judged {
  /** `grey`: neither surely a member nor surely none. */
  outcome: 'new' | 'known' | 'grey';
  /**
   * What the policy makes of it. `accept`: a new human, or one who comes again as the same. `flag`: accepted as a possible duplicate.
   * `wait`: a reviewer decides (`UniquenessEnd`). `duplicate`: final.
   */
  action: 'accept' | 'flag' | 'wait' | 'duplicate';
  /** Absent while the person waits. */
  member?: MemberId;
  /** The person under whose key the member is. */
  subject?: SubjectId;
  /** The id of the human in this epoch of the scope, for the caller: 64 hex digits. */
  humanId?: string;
  /** The person, or the member's pseudonym, that the face is like; absent of one who is accepted. */
  duplicateOf?: SubjectId;
  /** Where it waits. */
  review?: ReviewId;
  /** People of the scope that the face matches, where there are several that were not marked as distinct. */
  alike?: number;
}

export type JudgeDeps = {
  db: Db;
  inTransaction: InTransaction;
  audit: Audit;
  ids: Ids;
  clock: Clock;
  turns: Turns;
  keys: ScopeKeys;
  scopes: Pick<ReturnType<typeof createScopes>, 'forUse'>;
  subjects: Pick<Subjects, 'join' | 'distinctFrom'>;
  matching: Pick<Matching, 'search'>;
  consents: Pick<Consents, 'withholds'>;
  organizations: Pick<Organizations, 'get'>;
  models: Pick<Models, 'current'>;
  candidates: Pick<DuplicateCandidates, 'enrolled' | 'newcomer'>;
};

/** Who is near in the gallery of the scope. */
export interface Sighting {
  found: Found;
  /** Whether the nearest holds the false-flag rate too, and not only the review rate. */
  sure: boolean;
  /** The member or enrolled person that it is taken for. */
  nearest?: { subject: SubjectId; member?: Member; comparison?: Comparison };
  /** The person comes again: as the same account, or under the same reference. */
  again: boolean;
  /** As `Judged.alike`. */
  people?: number;
}

/**
 * The human of a session in its scope. One at a time in a scope: `work` runs in the transaction that makes a newcomer a member, and the
 * next person is compared with them. What `work` gives is answered; where it throws nothing was written.
 */
export function createJudge(deps: JudgeDeps) {
  const { turns, scopes, inTransaction, clock } = deps;
  const members = createMemberStore(deps.db);
  const sight = createSight(deps);
  const join = createJoin(deps);
  const wait = createWait(deps);

  return async function judge<T>(
    order: UniquenessRequest,
    then: (tx: Tx, judged: Judged) => Promise<T>,
  ): Promise<T> {
    return turns(turnOf(order.realm, order.scope), async () => {
      const scope = await scopes.forUse(order.realm, order.scope, order.actor);
      const sighting = await sight(order, scope);
      const { people } = sighting;
      const work = (tx: Tx, judged: Judged) => then(tx, { ...judged, ...defined({ alike: people }) });
      const { nearest, again, sure } = sighting;
      const { policy } = order;
      const { member } = nearest ?? {};
      const accepted = member !== undefined && (again || (policy === 'off' && sure));
      if (member && (accepted || (sure && policy === 'warn'))) {
        const judged: Judged = {
          outcome: 'known',
          action: accepted ? 'accept' : 'flag',
          ...idsOf(deps.keys, scope, member),
          ...(!accepted && { duplicateOf: nearest!.subject }),
        };
        return inTransaction(async (tx) => {
          await members.seen(tx, member.id, clock.now());
          return work(tx, judged);
        });
      }
      if (!nearest || policy === 'off') return join(order, scope, undefined, work);
      if (policy === 'warn') return join(order, scope, sighting, work);
      return wait(order, scope, sighting, work);
    });
  };
}

/** Looks for the person among the members of the scope, and in the organization's among the enrolled people too. */
export function createSight({ db, keys, subjects, matching, consents, organizations }: JudgeDeps) {
  const members = createMemberStore(db);

  return async function sight(
    { realm, embeddings, plan, self, reference }: UniquenessRequest,
    scope: Scope,
    notTheSame: readonly SubjectId[] = [],
  ): Promise<Sighting> {
    const legalBasis = legalBasisOf(await organizations.get(realm.organization));
    const distinct = new Set(notTheSame);
    if (self) for (const { subject } of await subjects.distinctFrom(self)) distinct.add(subject);
    // Who is a member is compared with the member's templates, once.
    const accounts = scope.name === '' ? await members.accounts(scope) : new Set<SubjectId>();
    const findable = (one: SubjectId) =>
      one !== self &&
      !distinct.has(one) &&
      !accounts.has(one) &&
      !consents.withholds(legalBasis, one, 'deduplication');
    const found = await matching.search(
      realm,
      embeddings,
      plan,
      { falseIdentificationRate: scope.reviewRate },
      findable,
      scope.name === '' ? [partOf(scope), undefined] : [partOf(scope)],
    );
    const { gallerySize } = found.identification;
    const rate = Math.log10(matchRateForGallery(scope.falseFlagRate, gallerySize));
    const hash = reference === undefined ? undefined : referenceHash(keys, scope, reference);
    const alike = await Promise.all(
      found.alike.map(async (one) => ({
        ...one,
        ...defined({ member: await members.ofSubject(scope, one.subject) }),
      })),
    );
    const same = alike.find(
      ({ member }) =>
        member !== undefined &&
        ((self !== undefined && member.account === self) ||
          (hash !== undefined && member.referenceHash === hash)),
    );
    const people = await alikeInScope(subjects, alike, rate);
    // The session has verified them, however alike the member's picture is.
    const own = self && scope.name === '' ? await members.ofAccount(scope, self) : undefined;
    if (own && !same)
      return {
        found,
        sure: true,
        nearest: { subject: own.subject as SubjectId, member: own },
        again: true,
        ...defined({ people }),
      };
    // Of an enrolled person and a member who are one human, the member counts.
    const nearest = same ?? alike.find(({ member }) => member !== undefined) ?? alike[0];
    return {
      found,
      sure: nearest !== undefined && nearest.comparison.logRate <= rate,
      ...defined({ nearest, people }),
      again: same !== undefined,
    };
  };
}

/**
 * The larger number of members, or of enrolled people, who hold the false-flag rate together; an enrolled person and a member can be one
 * human. Undefined unless there are several.
 */
async function alikeInScope(
  subjects: Pick<Subjects, 'distinctFrom'>,
  alike: readonly { subject: SubjectId; member?: Member; comparison: Comparison }[],
  rate: number,
): Promise<number | undefined> {
  const sure = alike.filter(({ comparison }) => comparison.logRate <= rate);
  const idsOf = (isMember: boolean) =>
    sure.filter(({ member }) => (member !== undefined) === isMember).map(({ subject }) => subject);
  const people = Math.max(
    await alikePeople(subjects, idsOf(true)),
    await alikePeople(subjects, idsOf(false)),
  );
  return people > 0 ? people : undefined;
}

/** Makes the person a member, in the transaction of `work`. */
export function createJoin(deps: JudgeDeps) {
  const { db, audit, ids, clock, keys, subjects, candidates } = deps;
  const members = createMemberStore(db);

  return async function join<T>(
    order: UniquenessRequest,
    scope: Scope,
    alike: Sighting | undefined,
    work: (tx: Tx, judged: Judged) => Promise<T>,
  ): Promise<T> {
    const { realm, embeddings, pixelHash, quality, consent, self, reference, actor, request } = order;
    const id = ids.next('member');
    const at = clock.now();
    const answer: { value?: T } = {};
    await subjects.join(
      realm,
      {
        memberOf: partOf(scope),
        embeddings,
        pixelHash,
        quality,
        ...defined({ consent }),
        async beside(tx, subject) {
          await members.insert(tx, {
            id,
            ...realm,
            scope: scope.id,
            epoch: scope.epoch,
            subject,
            leaving: 0,
            account: (scope.name === '' ? self : undefined) ?? null,
            reference_hash: reference === undefined ? null : referenceHash(keys, scope, reference),
            joined_at: at,
            last_seen_at: at,
          });
          const known = alike?.nearest?.subject;
          const review =
            known &&
            (await candidates.enrolled(tx, candidateOf(order, alike!, known), subject, 'uniqueness'));
          await audit.add(tx, {
            actor,
            action: 'uniqueness.join',
            organization: realm.organization,
            target: id,
            ...defined({ request }),
            details: {
              world: realm.world,
              scope: scope.id,
              epoch: scope.epoch,
              subject,
              quality,
              ...(known && { duplicateOf: known }),
            },
          });
          const judged: Judged = {
            outcome: known ? (alike!.sure ? 'known' : 'grey') : 'new',
            action: known ? 'flag' : 'accept',
            ...idsOf(keys, scope, { id, subject }),
            ...defined({ duplicateOf: known, review }),
          };
          answer.value = await work(tx, judged);
        },
      },
      actor,
    );
    return answer.value as T;
  };
}

/** The person waits for a reviewer; final at once where too many wait. */
function createWait(deps: JudgeDeps) {
  const { db, inTransaction, clock, models, candidates } = deps;
  const waits = createWaitStore(db);

  return async function wait<T>(
    order: UniquenessRequest,
    scope: Scope,
    sighting: Sighting,
    work: (tx: Tx, judged: Judged) => Promise<T>,
  ): Promise<T> {
    const { realm, embeddings, pixelHash, quality, consent, self, reference, session } = order;
    const { files } = models.current();
    const known = sighting.nearest!.subject;
    const waiting = {
      embeddings,
      pixelHash,
      quality,
      files: Object.fromEntries(Object.keys(embeddings).map((id) => [id, files[id] ?? ''])),
      session,
      scope: scope.id,
      ...defined({ consent, existing: self, reference }),
    };
    return inTransaction(async (tx) => {
      const review = await candidates.newcomer(tx, candidateOf(order, sighting, known), waiting);
      const at = clock.now();
      if (review !== undefined)
        await waits.insert(tx, {
          item: review,
          ...realm,
          scope: scope.id,
          session,
          created_at: at,
          due_at: at + REVIEWED_WITHIN,
        });
      return work(tx, {
        outcome: sighting.sure ? 'known' : 'grey',
        action: review === undefined ? 'duplicate' : 'wait',
        duplicateOf: known,
        ...defined({ review }),
      });
    });
  };
}

export const candidateOf = (
  { realm, quality, portrait, actor, request }: UniquenessRequest,
  { found, nearest }: Sighting,
  known: SubjectId,
) => ({
  realm,
  known,
  actor,
  likeness: likenessOf({ ...found, ...defined({ comparison: nearest?.comparison }) }, quality),
  ...defined({ portrait, request }),
});

/** `humanId` is of no use outside of the epoch: another epoch, and another scope, has another key. */
export const idsOf = (keys: ScopeKeys, scope: Scope, { id, subject }: Pick<Member, 'id' | 'subject'>) => ({
  member: id,
  subject: subject as SubjectId,
  humanId: keys.mac(scope.organization, keyNameOf(scope), `human|${id}`),
});

const referenceHash = (keys: ScopeKeys, scope: Scope, reference: string): string =>
  keys.mac(scope.organization, keyNameOf(scope), `reference|${reference}`);
