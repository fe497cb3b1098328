import type { Galleries } from '../../inference/gallery.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Ids, OrganizationId, SubjectId, TemplateId, World } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import type { InTransaction, Tx } from '../../storage/transaction.ts';
import type { Actor, Audit } from '../audit/index.ts';
import { type Consent, type Consents, isHeld } from '../consent/index.ts';
import type { Events } from '../events/index.ts';
import type { Models } from '../models/index.ts';
import { createGalleryIndex } from './gallery-index.ts';
import { type Realm, realmKey } from './realm.ts';
import type { Enrollment, Subject } from './subject.ts';
import {
  createSubjectStore,
  type DamagedRow,
  type SealedValue,
  type StoredTemplate,
  type SubjectStoreDeps,
  type TemplateRow,
} from './subject-store.ts';
import { createTurns } from './turns.ts';

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
  /** Extra audit details: the flag of a duplicate under `warn`, an operator's override. */
  audit?: Record<string, unknown>;
}

export interface Subjects {
  /** By id or by e-mail (a string with an @). Throws SUBJECT_NOT_FOUND. */
  get(realm: Realm, idOrEmail: string): Promise<Subject>;
  find(realm: Realm, idOrEmail: string): Promise<Subject | undefined>;
  list(
    realm: Realm,
    page: { limit: number; after?: SubjectId },
  ): Promise<{ subjects: Subject[]; next?: SubjectId }>;
  count(realm: Realm): Promise<number>;
  /**
   * Adds a picture's embeddings to the person with this e-mail, made now if new. Keeps the best `most` (10) enrollments, of
   * somebody under a legal hold all.
   * Rows, audit line and gallery rows become visible together; acknowledged means on disk. A `mark` that one of the person's
   * enrollments has changes nothing: that enrollment is answered, as `repeated`.
   */
  enroll(
    realm: Realm,
    input: NewEnrollment,
    actor: Actor,
    request?: string,
  ): Promise<{ subject: Subject; created: boolean; enrollment: string; repeated?: true }>;
  /** Everything that is sealed about the person, as it lies: address, name, templates of all models, marks of pictures. */
  sealedValues(realm: Realm, subject: SubjectId): Promise<SealedValue[]>;
  /**
   * Begins to erase: runs `work`, which sees to it that no read finds the person any more, in one transaction, and takes
   * the person's rows out of the galleries before anything else is done under this e-mail address. Gives what `work` gives.
   */
  forget<T>(realm: Realm, subject: SubjectId, work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Of the model files in use; what another file made does not compare and is left out. */
  enrollments(realm: Realm, subject: SubjectId): Promise<Enrollment[]>;
  /** As `enrollments`, for several people at once. */
  enrollmentsOf(realm: Realm, people: readonly SubjectId[]): Promise<Map<SubjectId, Enrollment[]>>;
  /** Which subject a template belongs to: the way back from a gallery candidate. */
  ownerOf(realm: Realm, template: TemplateId): SubjectId | undefined;
  /** People whom a search can find. */
  people(realm: Realm): number;
  /**
   * The owners of the `rows` templates nearest to the probe (of the gallery's embedder), nearest first, among the people
   * whom `accept` lets be found; everybody without it.
   */
  nearest(
    realm: Realm,
    probe: Float32Array,
    rows: number,
    accept?: (subject: SubjectId) => boolean,
  ): Promise<SubjectId[]>;
  /** False once the erasure of the person has begun. */
  isThere(tx: Tx, subject: SubjectId): Promise<boolean>;
  /**
   * Notes a verified use, inside the transaction that stores it: people who are not used any more are erased one day. False,
   * and nothing noted, once the erasure of the person has begun.
   */
  used(tx: Tx, subject: SubjectId, at: number): Promise<boolean>;
  /** Reads every template into the galleries at start; embedder A alone. Calls `progress` with the count after each page. */
  loadGalleries(progress?: (loaded: number) => void): Promise<void>;
  /** People whose templates could not be loaded: another model file made them, or their key is gone. Known after `loadGalleries`. */
  unreachable(): number;
  /** Destroys person keys that no person has, left by enrollments that were cut short. Call it at start. */
  sweepKeys(): Promise<{ swept: number; suspicious: number }>;
}

export interface SubjectsDeps extends SubjectStoreDeps {
  inTransaction: InTransaction;
  galleries: Galleries;
  models: Pick<Models, 'current'>;
  audit: Audit;
  events: Events;
  consents: Pick<Consents, 'record' | 'settle' | 'forget'>;
  ids: Ids;
  clock: Clock;
  log: Log;
  /** Enrollments a person keeps, 10 unless given. */
  most?: number;
}

/** Another enrollment of the same new e-mail came first this often: something is wrong. */
const MOST_TRIES = 5;

export function createSubjects({
  db,
  sealer,
  inTransaction,
  galleries,
  models,
  audit,
  events,
  consents,
  ids,
  clock,
  log,
  most = 10,
}: SubjectsDeps): Subjects {
  const store = createSubjectStore({ db, sealer });
  const primary = () => {
    const { primary } = models.current();
    if (primary !== undefined) return primary;
    throw new Problem('MODEL_NOT_INSTALLED', 'No embedding model is enabled: run “gatehouse models list”.');
  };
  const index = createGalleryIndex(galleries, primary, store.transformOf);
  /** The galleries follow the commits of one person in their order: a picture is never put in after it was dropped. */
  const turns = createTurns();
  const damaged = (row: DamagedRow) =>
    log.error(
      { template: row.id, subject: row.subject },
      'a sealed template was changed or belongs elsewhere',
    );

  let unreachable = 0;

  const find = (realm: Realm, idOrEmail: string) =>
    store.find(
      realm,
      idOrEmail.includes('@')
        ? { emailHash: store.emailHash(realm.organization, idOrEmail) }
        : { id: idOrEmail },
    );

  /** One try: undefined when the person with this e-mail is not `subject` (any more). */
  async function tryToEnroll(
    realm: Realm,
    { email, name, embeddings, quality, consent, mark, audit: details }: NewEnrollment,
    { subject, created, emailHash }: { subject: SubjectId; created: boolean; emailHash: string },
    actor: Actor,
    request: string | undefined,
  ) {
    using borrowed = store.borrowTransform(realm.organization);
    const { files } = models.current();
    const at = clock.now();
    const enrollment = ids.next('enrollment');
    const person = await store.sealPerson(realm, subject, email, name);
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
          ...(await store.sealVector(
            { id, organization: realm.organization, subject },
            vector,
            borrowed.transform,
          )),
          mark_sealed:
            mark === undefined
              ? null
              : await store.sealMark({ id, organization: realm.organization, subject }, mark),
          quality,
          created_at: at,
        };
      }),
    );
    const done = await inTransaction(async (tx: Tx) => {
      const holder = await store.idOf(tx, realm, emailHash);
      if (holder !== (created ? undefined : subject)) return undefined;
      if (created) {
        const row = {
          id: subject,
          ...realm,
          email_hash: emailHash,
          ...person,
          created_at: at,
          updated_at: at,
        };
        if (!(await store.insertSubject(tx, row))) return undefined;
      } else await store.touchSubject(tx, subject, at, person.name_sealed);
      await store.insertTemplates(tx, templates);
      const standing = consent && (await consents.record(tx, { ...realm, subject }, consent, actor));
      const held = await isHeld(tx, subject);
      const surplus = held ? [] : surplusOf(await store.templateRows(tx, subject), files, most);
      await store.deleteTemplates(tx, surplus);
      await audit.add(tx, {
        actor,
        action: 'subject.enroll',
        organization: realm.organization,
        target: subject,
        ...(request === undefined ? {} : { request }),
        details: { world: realm.world, created, enrollment, quality, dropped: surplus.length, ...details },
      });
      await events.add(tx, {
        type: 'subject.enrolled',
        ...realm,
        payload: { subject, created, enrollment },
        personal: { subject, values: { email } },
      });
      return { dropped: surplus, standing };
    });
    if (done === undefined) return undefined;
    const { dropped, standing } = done;
    if (standing) consents.settle(subject, standing);
    const row = templates.find(({ embedder }) => embedder === models.current().primary);
    if (row && !dropped.includes(row.id))
      index.put(realm, { template: row.id, subject }, embeddings[row.embedder]!);
    index.erase(realm, dropped as TemplateId[]);
    return enrollment;
  }

  return {
    find,
    async get(realm, idOrEmail) {
      const subject = await find(realm, idOrEmail);
      if (subject) return subject;
      throw new Problem('SUBJECT_NOT_FOUND', 'No such person is enrolled here.');
    },
    async list(realm, { limit, after }) {
      const found = await store.list(realm, { limit: limit + 1, ...(after === undefined ? {} : { after }) });
      const subjects = found.slice(0, limit);
      return found.length > limit ? { subjects, next: subjects.at(-1)!.id } : { subjects };
    },
    count: (realm) => store.count(realm),
    async enroll(realm, input, actor, request) {
      Object.values(input.embeddings).forEach(requireUnitLength);
      const emailHash = store.emailHash(realm.organization, input.email);
      return turns(`${realmKey(realm)}/${emailHash}`, async () => {
        for (let tries = 0; tries < MOST_TRIES; tries++) {
          const known = await store.find(realm, { emailHash });
          if (known && input.mark !== undefined) {
            const enrollment = await store.enrollmentMarked(known.id, input.mark);
            if (enrollment !== undefined)
              return { subject: known, created: false, enrollment, repeated: true as const };
          }
          const subject = known?.id ?? ids.next('subject');
          if (!known) await store.createKey(realm.organization, subject);
          const created = known === undefined;
          const person = { subject, created, emailHash };
          const enrollment = await tryToEnroll(realm, input, person, actor, request);
          if (enrollment !== undefined) {
            const now = await store.find(realm, { id: subject });
            if (now) return { subject: now, created, enrollment };
          }
          // After an error the key stays for the sweep: whether the transaction was committed is not known then.
          if (created) await store.destroyKey(subject);
        }
        throw new Problem(
          'CONFLICT',
          'This person is being enrolled by someone else at the same time: try again.',
        );
      });
    },
    sealedValues: (realm, subject) => store.sealedValues(realm, subject),
    async forget(realm, subject, work) {
      const emailHash = await store.emailHashOf(subject);
      return turns(`${realmKey(realm)}/${emailHash ?? subject}`, async () => {
        const templates = (await store.templateRows(db, subject)).map(({ id }) => id as TemplateId);
        try {
          return await inTransaction(work);
        } finally {
          // Also after an error: whether the transaction was committed is not known then.
          if (!(await store.find(realm, { id: subject }).catch(() => undefined))) {
            index.erase(realm, templates);
            consents.forget(subject);
          }
        }
      });
    },
    async enrollments(realm, subject) {
      const templates = await store.templatesOf(realm, [subject], models.current().files, damaged);
      return toEnrollments(templates);
    },
    async enrollmentsOf(realm, people) {
      const templates =
        people.length === 0 ? [] : await store.templatesOf(realm, people, models.current().files, damaged);
      return Map.groupBy(toEnrollments(templates), ({ subject }) => subject);
    },
    ownerOf: (realm, template) => index.ownerOf(realm, template),
    people: (realm) => index.people(realm),
    nearest: (realm, probe, rows, accept) => index.search(realm, probe, rows, accept),
    isThere: (tx, subject) => store.isThere(tx, subject),
    used: (tx, subject, at) => store.touchUse(tx, subject, at),
    async loadGalleries(progress) {
      const embedder = primary();
      let loaded = 0;
      const sha256 = fileOf(models.current().files, embedder);
      const every = store.everyTemplate(embedder, sha256, index.transformOf, damaged);
      for await (const page of every) {
        for (const { row, vector } of page) {
          const realm = { organization: row.organization as OrganizationId, world: row.world as World };
          const known = { template: row.id as TemplateId, subject: row.subject as SubjectId };
          index.putRotated(realm, known, vector);
        }
        loaded += page.length;
        progress?.(loaded);
      }
      unreachable = (await store.countEnrolled()) - index.everybody();
      if (unreachable > 0) {
        log.warn(
          { people: unreachable },
          'people are enrolled who cannot be recognized: another model file made their templates, or their keys are gone',
        );
      }
    },
    unreachable: () => unreachable,
    sweepKeys: () => store.sweepKeys(),
  };
}

/** Before anything is written: what the galleries refuse must not be on disk. */
function requireUnitLength(vector: Float32Array): void {
  const length = Math.hypot(...vector);
  if (!(Math.abs(length - 1) < 1e-3)) throw new RangeError(`An embedding has unit length, not ${length}.`);
}

function fileOf(files: Readonly<Record<string, string>>, embedder: string): string {
  const sha256 = files[embedder];
  if (sha256 !== undefined) return sha256;
  throw new Problem('MODEL_NOT_INSTALLED', `The model ${embedder} is not installed or not enabled.`);
}

function toEnrollments(templates: readonly StoredTemplate[]): Enrollment[] {
  return [...Map.groupBy(templates, ({ enrollment }) => enrollment).values()].map((rows) => ({
    id: rows[0]!.enrollment,
    subject: rows[0]!.subject,
    quality: rows[0]!.quality,
    createdAt: rows[0]!.createdAt,
    templates: rows.map(({ id, embedder, vector }) => ({ id, embedder, vector })),
  }));
}

type Kept = Pick<
  TemplateRow,
  'id' | 'enrollment' | 'embedder' | 'embedder_sha256' | 'quality' | 'created_at'
>;

/**
 * The templates of all enrollments beyond the `most` best: those of the present model files before older ones, then by
 * quality, then the newer.
 */
export function surplusOf(
  rows: readonly Kept[],
  files: Readonly<Record<string, string>>,
  most: number,
): string[] {
  const enrollments = [...Map.groupBy(rows, ({ enrollment }) => enrollment).values()].map((templates) => ({
    templates,
    usable: templates.some((row) => files[row.embedder] === row.embedder_sha256) ? 1 : 0,
    quality: templates[0]!.quality,
    at: templates[0]!.created_at,
    id: templates[0]!.enrollment,
  }));
  return enrollments
    .toSorted((a, b) => b.usable - a.usable || b.quality - a.quality || b.at - a.at || (a.id < b.id ? 1 : -1))
    .slice(most)
    .flatMap(({ templates }) => templates.map(({ id }) => id));
}
