import type { Clock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import type { Ids, SubjectId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { InTransaction, Tx } from '../../storage/transaction.ts';
import type { Actor, Audit } from '../audit/index.ts';
import { type Consent, type Consents, isHeld } from '../consent/index.ts';
import type { Events } from '../events/index.ts';
import type { Models } from '../models/index.ts';
import { refuseErased } from '../organizations/index.ts';
import { averagedVectors } from './best-pictures.ts';
import { oneMoreToday } from './daily-enrollments.ts';
import type { GalleryIndex } from './gallery-index.ts';
import type { Realm } from './realm.ts';
import type { Subject } from './subject.ts';
import type { SubjectStore } from './subject-store.ts';
import { refuseMoreAnchors, surplusOf, type Vectors } from './surplus.ts';
import type { DamagedRow, StoredTemplate } from './template-store.ts';

/** A picture's embeddings, to be kept for a person. */
export interface NewEnrollment {
  email: string;
  name?: string;
  /** By embedder id, unit length. */
  embeddings: Record<string, Float32Array>;
  quality: number;
  consent?: Consent;
  /**
   * What tells this picture from every other, such as its SHA-256, so that a caller who does not know whether an enrollment
   * was done may ask for it again. Kept sealed with the enrollment, for as long as that is among the person's best.
   */
  mark?: string;
  /** `Analysis.pixelHash`: kept as a keyed hash, so that the picture itself verifies nobody later (`ownerOfPicture`). */
  pixelHash?: string;
  /** An operator has seen that it is the person: the picture becomes an anchor. The first one is in any case. */
  confirmed?: boolean;
  /** Extra audit details: the flag of a duplicate under `warn`, an operator's override. */
  audit?: Record<string, unknown>;
}

export interface Enrolled {
  subject: Subject;
  created: boolean;
  enrollment: string;
  repeated?: true;
}

export interface EnrollSubjectDeps {
  store: SubjectStore;
  index: Pick<GalleryIndex, 'put'>;
  inTransaction: InTransaction;
  models: Pick<Models, 'current'>;
  audit: Audit;
  events: Events;
  consents: Pick<Consents, 'record' | 'settle'>;
  ids: Ids;
  clock: Clock;
  /** Enrollments a person keeps. */
  most: number;
  /** Told of each template that does not open. */
  damaged: (row: DamagedRow) => void;
}

/** Another enrollment of the same new e-mail came first this often: something is wrong. */
const MOST_TRIES = 5;

/** `Subjects.enroll`, for one e-mail address at a time. */
export function createEnroll({
  store,
  index,
  inTransaction,
  models,
  audit,
  events,
  consents,
  ids,
  clock,
  most,
  damaged,
}: EnrollSubjectDeps) {
  /** Undefined when the person with this e-mail is not `known` (any more). */
  async function tryToEnroll(
    realm: Realm,
    {
      email,
      name,
      embeddings,
      quality,
      consent,
      mark,
      pixelHash,
      confirmed = false,
      audit: details,
    }: NewEnrollment,
    { subject, known, emailHash }: { subject: SubjectId; known: Subject | undefined; emailHash: string },
    actor: Actor,
    request: string | undefined,
  ): Promise<Enrolled | undefined> {
    using borrowed = store.borrowTransform(realm.organization);
    const { files } = models.current();
    const created = known === undefined;
    const at = clock.now();
    const enrollment = ids.next('enrollment');
    const person = await store.sealPerson(realm, subject, email, name);
    // Read before anything is written, so that the gallery can follow the commit whatever happens to the database then.
    const before = known ? await store.templatesOf(realm, [subject], files, damaged) : [];
    const anchor = confirmed || !known || known.enrollments === 0;
    const templates = await Promise.all(
      Object.entries(embeddings).map(async ([embedder, vector]) => {
        const id = ids.next('template');
        return {
          id,
          ...realm,
          subject,
          enrollment,
          embedder,
          embedder_sha256: fileOf(files, embedder),
          ...(await store.sealVector({ id, ...realm, subject }, vector, borrowed.transform)),
          mark_sealed: mark === undefined ? null : await store.sealMark({ id, ...realm, subject }, mark),
          picture_hash: pixelHash === undefined ? null : store.pictureHash(realm.organization, pixelHash),
          quality,
          created_at: at,
          anchor: anchor ? 1 : 0,
        };
      }),
    );
    const done = await inTransaction(async (tx: Tx) => {
      if (created && (await store.erasedAt(realm.organization, tx)) !== undefined) return undefined;
      const row = { id: subject, ...realm, email_hash: emailHash, ...person, created_at: at, updated_at: at };
      const written = created
        ? await store.insertSubject(tx, row)
        : await store.touchSubject(tx, subject, emailHash, at, person.name_sealed);
      if (!written) return undefined;
      if (actor.is === 'key')
        await store.setKeyEnrollments(tx, subject, oneMoreToday(await store.keyEnrollments(tx, subject), at));
      await store.insertTemplates(tx, templates);
      const standing = consent && (await consents.record(tx, { ...realm, subject }, consent, actor));
      const all = created ? templates : await store.templateRows(tx, subject);
      refuseMoreAnchors(all, most);
      const vectors = vectorsOf(before).set(enrollment, embeddings);
      const beyond = surplusOf(all, files, most, vectors);
      const surplus = beyond.length > 0 && (await isHeld(tx, subject)) ? [] : beyond;
      await store.deleteTemplates(tx, surplus);
      await audit.add(tx, {
        actor,
        action: 'subject.enroll',
        organization: realm.organization,
        target: subject,
        ...defined({ request }),
        details: { world: realm.world, created, enrollment, quality, dropped: surplus.length, ...details },
      });
      await events.add(tx, {
        type: 'subject.enrolled',
        ...realm,
        payload: { subject, created, enrollment },
        personal: { subject, values: { email } },
      });
      const kept = new Set(all.flatMap((one) => (surplus.includes(one.id) ? [] : [one.enrollment])));
      return { dropped: surplus, standing, enrollments: kept.size };
    });
    if (done === undefined) return undefined;
    const { dropped, standing, enrollments } = done;
    if (standing) consents.settle(subject, standing);
    const added = templates.map(({ id, embedder, quality, created_at }) => ({
      id,
      embedder,
      quality,
      createdAt: created_at,
      anchor,
      vector: embeddings[embedder]!,
    }));
    const { primary } = models.current();
    const kept = [...before, ...added].filter(
      ({ id, embedder }) => embedder === primary && !dropped.includes(id),
    );
    index.put(realm, subject, averagedVectors(kept));
    const now = { ...realm, id: subject, email, createdAt: at, ...known, updatedAt: at, enrollments };
    return { subject: { ...now, ...defined({ name }) }, created, enrollment };
  }

  return async function enroll(
    realm: Realm,
    input: NewEnrollment,
    actor: Actor,
    request?: string,
  ): Promise<Enrolled> {
    Object.values(input.embeddings).forEach(requireUnitLength);
    const emailHash = store.emailHash(realm.organization, input.email);
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const known = await store.find(realm, { emailHash });
      if (known && input.mark !== undefined) {
        const enrollment = await store.enrollmentMarked(known.id, input.mark);
        if (enrollment !== undefined) return { subject: known, created: false, enrollment, repeated: true };
      }
      const subject = known?.id ?? ids.next('subject');
      if (!known) {
        const id = realm.organization;
        refuseErased({ id, erasedAt: await store.erasedAt(id) });
        await store.createKey(id, subject);
      }
      const enrolled = await tryToEnroll(realm, input, { subject, known, emailHash }, actor, request);
      if (enrolled) return enrolled;
      // After an error the key stays for the sweep: whether the transaction was committed is not known then.
      if (!known) await store.destroyKey(subject);
    }
    throw new Problem(
      'CONFLICT',
      'This person is being enrolled by someone else at the same time: try again.',
    );
  };
}

/** By enrollment. */
function vectorsOf(templates: readonly StoredTemplate[]): Map<string, Vectors> {
  return new Map(
    [...Map.groupBy(templates, ({ enrollment }) => enrollment)].map(([enrollment, rows]) => [
      enrollment,
      Object.fromEntries(rows.map(({ embedder, vector }) => [embedder, vector])),
    ]),
  );
}

/** Before anything is written: what the galleries refuse must not be on disk. */
function requireUnitLength(vector: Float32Array): void {
  const length = Math.hypot(...vector);
  if (!(Math.abs(length - 1) < 1e-3)) throw new RangeError(`An embedding has unit length, not ${length}.`);
}

export function fileOf(files: Readonly<Record<string, string>>, embedder: string): string {
  const sha256 = files[embedder];
  if (sha256 !== undefined) return sha256;
  throw new Problem('MODEL_NOT_INSTALLED', `The model ${embedder} is not installed or not enabled.`);
}
