import type { Clock } from '../../../lib/clock.ts';
import { defined } from '../../../lib/defined.ts';
import { Problem } from '../../../lib/problem.ts';
import type { InTransaction } from '../../../storage/transaction.ts';
import { refuseErased } from '../../accounts/index.ts';
import type { Actor } from '../../audit/index.ts';
import type { Consents } from '../../consent/index.ts';
import { currentEmbedders, type Models } from '../../models/index.ts';
import { galleryVectors } from './best-pictures.ts';
import type { GalleryIndex } from './gallery-index.ts';
import type { Realm, Subject } from './subject.ts';
import type { UpgradeTemplates } from './upgrades/upgrade-templates.ts';
import {
  type Attempt,
  type NewEnrollment,
  type NewMember,
  nameOf,
  type SealedEnrollment,
  sealEnrollment,
  type WriteEnrollmentDeps,
  type Written,
  writeEnrollment,
} from './write-enrollment.ts';

export interface Enrolled {
  subject: Subject;
  created: boolean;
  enrollment: string;
  repeated?: true;
}

export interface EnrollSubjectDeps extends WriteEnrollmentDeps {
  index: Pick<GalleryIndex, 'assign' | 'put'>;
  inTransaction: InTransaction;
  models: Pick<Models, 'current'>;
  consents: Pick<Consents, 'record' | 'settle'>;
  clock: Clock;
  complete: UpgradeTemplates['complete'];
}

/** Another enrollment of the same new e-mail came first this often: something is wrong. */
const MOST_TRIES = 5;

/** `Subjects.enroll`, for one e-mail address at a time, and `Subjects.join`. */
export function createEnroll(deps: EnrollSubjectDeps) {
  const { store, inTransaction, models, ids, clock, complete } = deps;

  /** The person with this e-mail, or a new one with a key. */
  async function findOrMake(realm: Realm, email: string | undefined) {
    const known = email === undefined ? undefined : await store.find(realm, { email });
    if (known) return { known, subject: known.id };
    const id = realm.organization;
    refuseErased({ id, erasedAt: await store.erasedAt(id) });
    const subject = ids.next('subject');
    await store.createKey(id, subject);
    return { known, subject };
  }

  /** The picture is enrolled already; undefined when it is not. */
  async function findRepeated(
    realm: Realm,
    known: Subject | undefined,
    input: NewEnrollment | NewMember,
    actor: Actor,
  ): Promise<Enrolled | undefined> {
    const { mark, attended = false, embeddings, quality, pixelHash } = input;
    if (!known || mark === undefined) return undefined;
    const enrollment = await store.enrollmentMarked(known.id, mark);
    if (enrollment === undefined) return undefined;
    if (attended && pixelHash !== undefined)
      await complete(realm, { subject: known.id, enrollment }, { embeddings, quality, pixelHash }, actor);
    return { subject: known, created: false, enrollment, repeated: true };
  }

  /** Undefined when the person with this e-mail is not `known` (any more). */
  async function tryToEnroll(attempt: Attempt): Promise<Enrolled | undefined> {
    // Until the rows are written: no renewal drops the transform that they are under.
    using borrowed = store.borrowTransform(attempt.realm.organization);
    const sealed = await sealEnrollment(deps, attempt, borrowed.transform);
    const written = await inTransaction((tx) => writeEnrollment(deps, tx, attempt, sealed));
    return written && follow(deps, attempt, sealed, written);
  }

  return async function enroll(
    realm: Realm,
    input: NewEnrollment | NewMember,
    actor: Actor,
    request?: string,
  ): Promise<Enrolled> {
    Object.values(input.embeddings).forEach(requireUnitLength);
    const email = 'email' in input ? input.email : undefined;
    const emailHash = email === undefined ? undefined : store.emailHash(realm.organization, email);
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const { known, subject } = await findOrMake(realm, email);
      const repeated = await findRepeated(realm, known, input, actor);
      if (repeated) return repeated;
      const { files, scorers } = models.current();
      const current = currentEmbedders(scorers);
      const attempt = {
        realm,
        input,
        subject,
        known,
        emailHash,
        actor,
        request,
        files,
        current,
        at: clock.now(),
      };
      const enrolled = await tryToEnroll(attempt);
      if (enrolled) return enrolled;
      // After an error the key stays for the sweep: whether the transaction was committed is not known then.
      if (!known) await store.destroyKey(subject);
    }
    throw new Problem(
      'CONFLICT',
      'This person is being enrolled by another request at the same time: try again.',
    );
  };
}

/** Updates memory after the commit: withheld purposes and the row of the gallery. */
function follow(
  { index, consents }: EnrollSubjectDeps,
  { realm, input, subject, known, at }: Attempt,
  { enrollment, before, anchor, templates }: SealedEnrollment,
  { dropped, standing, enrollments }: Written,
): Enrolled {
  if (standing) consents.settle(subject, standing);
  const added = templates.map(({ id, embedder, quality, created_at }) => ({
    id,
    embedder,
    quality,
    createdAt: created_at,
    anchor,
    vector: input.embeddings[embedder]!,
  }));
  const kept = [...before, ...added].filter(({ id }) => !dropped.includes(id));
  const memberOf = 'memberOf' in input ? input.memberOf : undefined;
  if (memberOf !== undefined) index.assign(subject, memberOf);
  index.put(realm, subject, galleryVectors(kept));
  const { email, name } = nameOf(input);
  const now = { ...realm, id: subject, createdAt: at, ...defined({ email, memberOf }), ...known };
  return {
    subject: { ...now, updatedAt: at, enrollments, ...defined({ name }) },
    created: known === undefined,
    enrollment,
  };
}

/** Before anything is written: what the galleries refuse must not be on disk. */
function requireUnitLength(vector: Float32Array): void {
  const length = Math.hypot(...vector);
  if (!(Math.abs(length - 1) < 1e-3)) throw new RangeError(`An embedding has unit length, not ${length}.`);
}
