import { defined } from '../../../lib/defined.ts';
import type { SubjectId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Tx } from '../../../storage/transaction.ts';
import { refuseErased } from '../../accounts/index.ts';
import type { Actor, Foundation } from '../../audit/index.ts';
import { type Consent, type ConsentStatus, type Consents, isHeld } from '../../consent/index.ts';
import type { Events } from '../../events/index.ts';
import { currentEmbedders, fileOf, type Models } from '../../models/index.ts';
import { galleryVectors, refuseMoreAnchors, surplusOf, vectorsOf } from './best-pictures.ts';
import { selectFormer } from './former-address-store.ts';
import type { DamagedRow, StoredTemplate } from './loaded-templates-store.ts';
import type { PeopleGalleries } from './people-galleries.ts';
import type { Realm, Subject } from './subject.ts';
import type { SubjectStore } from './subject-store.ts';
import type { UpgradeTemplates } from './upgrade-templates.ts';

export interface Enrolled {
  subject: Subject;
  created: boolean;
  enrollment: string;
  repeated?: true;
}

export interface EnrollSubjectDeps extends WriteEnrollmentDeps, Pick<Foundation, 'inTransaction' | 'clock'> {
  index: Pick<PeopleGalleries, 'put'>;
  models: Pick<Models, 'current'>;
  consents: Pick<Consents, 'record' | 'settle'>;
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
  attempt: Attempt,
  { enrollment, before, anchor, templates }: SealedEnrollment,
  { dropped, status, enrollments }: Written,
): Enrolled {
  const { realm, input, subject, known, at } = attempt;
  if (status) consents.settle(subject, status);
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
  const { email, name } = nameOf(attempt);
  const now = { ...realm, id: subject, createdAt: at, ...defined({ email, memberOf }), ...known };
  index.put(realm, subject, galleryVectors(kept), now.memberOf);
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

/** A picture's embeddings, to be kept for a person. */
export interface NewEnrollment extends NewPicture {
  email: string;
  name?: string;
  /** Whether the name takes the place of the one that the person has; absent: it does. */
  renames?: boolean;
  /** The caller's own data, for the event. */
  metadata?: Record<string, unknown>;
}

/** A new person without an address, in a gallery of their own part (`Subject.memberOf`). */
export interface NewMember extends NewPicture {
  memberOf: string;
}

interface NewPicture {
  /** By embedder id, unit length. */
  embeddings: Record<string, Float32Array>;
  quality: number;
  consent?: Consent;
  /**
   * Identifies this picture, such as its SHA-256, so that a caller who does not know whether an enrollment was done may
   * ask for it again. Kept sealed with the enrollment, for as long as that is among the person's best.
   */
  mark?: string;
  /** `Analysis.pixelHash`: kept as a keyed hash, so that the picture itself verifies no person later (`ownerOfPicture`). */
  pixelHash?: string;
  /** An operator has seen that it is the person: the picture becomes an anchor. The first one is in any case. */
  confirmed?: boolean;
  /** Staff enroll it, not a program: one that is enrolled already gets the templates it lacks. */
  attended?: boolean;
  /** Who enrolls it may confirm it, and by a superseded scorer it is the person: it becomes an anchor where they have none of an embedder in use. */
  upgrades?: boolean;
  /** Extra audit details: the flag of a duplicate under `warn`, an operator's override. */
  audit?: Record<string, unknown>;
  /** Written in the same transaction; it may run again with the transaction. */
  beside?: (tx: Tx, subject: SubjectId) => Promise<void>;
}

export interface WriteEnrollmentDeps extends Pick<Foundation, 'audit' | 'ids'> {
  store: SubjectStore;
  events: Events;
  consents: Pick<Consents, 'record'>;
  /** Enrollments a person keeps. */
  most: number;
  /** Called with each template that does not open. */
  damaged: (row: DamagedRow) => void;
}

/** An enrollment of a person who is `known`, or of a new one. */
export interface Attempt {
  realm: Realm;
  input: NewEnrollment | NewMember;
  subject: SubjectId;
  known: Subject | undefined;
  /** Absent of a member. */
  emailHash: string | undefined;
  actor: Actor;
  request: string | undefined;
  /** SHA-256 of the models in use, by embedder id. */
  files: Readonly<Record<string, string>>;
  /** Embedders in use, without superseded ones. */
  current: readonly string[];
  at: number;
}

export type SealedEnrollment = Awaited<ReturnType<typeof sealEnrollment>>;

/** The rows of an attempt, and the person's templates from before it: all that is done before the transaction. */
async function sealEnrollment(
  { store, ids, most, damaged }: WriteEnrollmentDeps,
  attempt: Attempt,
  transform: Parameters<SubjectStore['sealVector']>[2],
) {
  const { realm, input, subject, known, files, at } = attempt;
  const { embeddings, quality, mark, pixelHash } = input;
  const { email, name } = nameOf(attempt);
  const enrollment = ids.next('enrollment');
  const person = await store.sealPerson(realm, subject, email, name);
  // Read before anything is written, so that the gallery can follow the commit whatever happens to the database then.
  const before = known ? await store.templatesOf(realm, [subject], files, damaged) : [];
  const anchor = isAnchor(attempt, before, most);
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
        ...(await store.sealVector({ id, ...realm, subject }, vector, transform)),
        mark_sealed: mark === undefined ? null : await store.sealMark({ id, ...realm, subject }, mark),
        picture_hash: pixelHash === undefined ? null : store.pictureHash(realm.organization, pixelHash),
        quality,
        created_at: at,
        anchor: anchor ? 1 : 0,
      };
    }),
  );
  return { enrollment, person, before, anchor, templates };
}

function isAnchor(
  { input, known, current }: Attempt,
  before: readonly StoredTemplate[],
  most: number,
): boolean {
  const { confirmed = false, upgrades = false } = input;
  if (confirmed || !known || known.enrollments === 0) return true;
  const anchors = before.filter(({ anchor }) => anchor);
  const isFull = new Set(anchors.map(({ enrollment }) => enrollment)).size >= most;
  return upgrades && !isFull && !anchors.some(({ embedder }) => current.includes(embedder));
}

/** Result of an attempt after its transaction has committed. */
export interface Written {
  /** Ids of templates that made room. */
  dropped: string[];
  /** Pictures that the person has now. */
  enrollments: number;
  status: ConsentStatus | undefined;
}

/** Writes the rows, the consent, the audit line and the event. Undefined when the person is not `known` (any more). */
async function writeEnrollment(
  deps: WriteEnrollmentDeps,
  tx: Tx,
  attempt: Attempt,
  sealed: SealedEnrollment,
): Promise<Written | undefined> {
  const { realm, input, subject, actor } = attempt;
  if (!(await writePerson(deps, tx, attempt, sealed))) return undefined;
  await deps.store.insertTemplates(tx, sealed.templates);
  await deps.store.dropSettled(tx, subject);
  const status =
    input.consent && (await deps.consents.record(tx, { ...realm, subject }, input.consent, actor));
  const room = await dropSurplus(deps, tx, attempt, sealed);
  // What made a member writes the line: it is not an enrollment of the organization.
  if ('email' in input) await announce(deps, tx, attempt, input, sealed, room.dropped.length);
  await input.beside?.(tx, subject);
  return { ...room, status };
}

async function writePerson(
  { store }: WriteEnrollmentDeps,
  tx: Tx,
  { realm, input, subject, known, emailHash, actor, at }: Attempt,
  { person }: SealedEnrollment,
): Promise<boolean> {
  if (!known && (await store.erasedAt(realm.organization, tx)) !== undefined) return false;
  if (!known && 'email' in input) await refuseAnothers(tx, store, { realm, email: input.email, actor });
  const memberOf = 'memberOf' in input ? { member_of: input.memberOf } : {};
  const row = { id: subject, ...realm, email_hash: emailHash ?? null, ...person, ...memberOf };
  const written =
    known && emailHash !== undefined
      ? await store.touchSubject(tx, subject, emailHash, at, person.name_sealed)
      : await store.insertSubject(tx, { ...row, created_at: at, updated_at: at });
  if (written && actor.is === 'key')
    await store.setKeyEnrollments(tx, subject, oneMoreToday(await store.keyEnrollments(tx, subject), at));
  return written;
}

/**
 * A new face does not begin to stand for an address that another person had within 90 days: who gave it up is still enrolled. Programs
 * and self-service may enroll under the address of an erased person, who may return; staff may not, and the operator of the box may
 * do either. Only in the live world.
 */
async function refuseAnothers(
  tx: Tx,
  store: Pick<SubjectStore, 'addressHashes'>,
  { realm, email, actor }: Pick<Attempt, 'realm' | 'actor'> & { email: string },
): Promise<void> {
  if (realm.world !== 'live' || actor.is === 'operator') return;
  const former = await selectFormer(tx, realm, { hashes: store.addressHashes(realm, email) });
  if (!former) return;
  const isStaff = actor.is === 'administrator' || actor.is === 'kiosk';
  if (former.subject === undefined && !isStaff) return;
  throw new Problem(
    'CONFLICT',
    `Another person of this organization had this address within the last 90 days: no new person is enrolled under it before ${new Date(former.until).toISOString()}. Enroll under another address and change it in the console with a second administrator, wait, or let the operator of the box enroll (gatehouse subject enroll).`,
  );
}

/** Deletes the templates of the enrollments beyond the most a person keeps; none of a person under a legal hold. */
async function dropSurplus(
  { store, most }: WriteEnrollmentDeps,
  tx: Tx,
  { input, subject, known, files }: Attempt,
  { enrollment, before, templates }: SealedEnrollment,
): Promise<Pick<Written, 'dropped' | 'enrollments'>> {
  const all = known ? await store.templateRows(tx, subject) : templates;
  refuseMoreAnchors(all, most);
  const vectors = vectorsOf(before).set(enrollment, input.embeddings);
  const beyond = surplusOf(all, files, most, vectors);
  const dropped = beyond.length > 0 && (await isHeld(tx, subject)) ? [] : beyond;
  await store.deleteTemplates(tx, dropped);
  const kept = new Set(all.flatMap((one) => (dropped.includes(one.id) ? [] : [one.enrollment])));
  return { dropped, enrollments: kept.size };
}

async function announce(
  { audit, events }: WriteEnrollmentDeps,
  tx: Tx,
  { realm, subject, known, actor, request }: Attempt,
  input: NewEnrollment,
  { enrollment }: SealedEnrollment,
  dropped: number,
): Promise<void> {
  const created = known === undefined;
  const { email, metadata, quality, audit: details } = input;
  await audit.add(tx, {
    actor,
    action: 'subject.enroll',
    organization: realm.organization,
    target: subject,
    ...defined({ request }),
    details: { world: realm.world, created, enrollment, quality, dropped, ...details },
  });
  await events.add(tx, {
    type: 'subject.enrolled',
    ...realm,
    payload: { subject, created, enrollment },
    personal: { subject, values: { email, ...defined({ metadata }) } },
  });
}

/** Absent of a member. A name that stays is not written again. */
function nameOf({ input, known }: Attempt): Partial<Pick<NewEnrollment, 'email' | 'name'>> {
  if (!('email' in input)) return {};
  const { email, name, renames = true } = input;
  return { email, ...(name !== undefined && (known === undefined || renames) && { name }) };
}

/** Pictures that API keys may enroll for one person in any 24 hours. */
const MOST_A_DAY = 5;
const DAY = 86_400_000;

/**
 * The times (ms since 1970) at which keys enrolled pictures of a person, with one more now. Those of more than a day ago are
 * left out, and so are those that a wrong clock put more than a day ahead. Throws USER_FLOOD_DETECTED with the seconds to wait.
 */
export function oneMoreToday(times: readonly number[], now: number): number[] {
  const counting = times.filter((at) => Math.abs(now - at) < DAY);
  if (counting.length < MOST_A_DAY) return [...counting, now];
  const wait = Math.min(...counting) + DAY - now;
  throw new Problem(
    'USER_FLOOD_DETECTED',
    `An API key enrolls at most ${MOST_A_DAY} pictures of one person in 24 hours: wait, or let an operator enroll this one at the box.`,
    { retryAfterSeconds: Math.ceil(wait / 1000) },
  );
}
