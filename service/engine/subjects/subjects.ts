import type { Galleries } from '../../inference/gallery.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Ids, OrganizationId, SubjectId, TemplateId, World } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { createTurns } from '../../lib/turns.ts';
import type { InTransaction, Tx } from '../../storage/transaction.ts';
import type { Actor, Audit } from '../audit/index.ts';
import type { Consents } from '../consent/index.ts';
import type { Events } from '../events/index.ts';
import type { Models } from '../models/index.ts';
import { createEnroll, type Enrolled, fileOf, type NewEnrollment } from './enroll-subject.ts';
import { createGalleryIndex } from './gallery-index.ts';
import { type Realm, realmKey } from './realm.ts';
import type { Enrollment, Subject } from './subject.ts';
import { createSubjectStore, type SealedValue, type SubjectStoreDeps } from './subject-store.ts';
import type { DamagedRow, StoredTemplate } from './template-store.ts';

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
  enroll(realm: Realm, input: NewEnrollment, actor: Actor, request?: string): Promise<Enrolled>;
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
  /** Keys without a person that `sweepKeys` would rather keep, since they are too many. Reads the id of everybody. */
  suspiciousKeys(): Promise<number>;
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

  const enroll = createEnroll({
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
  });
  let unreachable = 0;

  const find = (realm: Realm, idOrEmail: string) =>
    store.find(
      realm,
      idOrEmail.includes('@')
        ? { emailHash: store.emailHash(realm.organization, idOrEmail) }
        : { id: idOrEmail },
    );

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
      const name = `${realmKey(realm)}/${store.emailHash(realm.organization, input.email)}`;
      return turns(name, () => enroll(realm, input, actor, request));
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
    suspiciousKeys: () => store.suspiciousKeys(),
  };
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
