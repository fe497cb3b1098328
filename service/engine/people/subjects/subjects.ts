import type { Galleries } from '../../../inference/gallery/galleries.ts';
import { defined } from '../../../lib/defined.ts';
import type { SubjectId, World } from '../../../lib/id.ts';
import type { Log } from '../../../lib/log.ts';
import { Problem } from '../../../lib/problem.ts';
import { createTurns } from '../../../lib/turns.ts';
import type { Tx } from '../../../storage/transaction.ts';
import type { Actor, Foundation, PersonalData } from '../../audit/index.ts';
import type { Consents } from '../../consent/index.ts';
import type { Events } from '../../events/index.ts';
import { fileOf, type Models } from '../../models/index.ts';
import { galleryVectors } from './best-pictures.ts';
import { createChange, createSubjectTurns, type SubjectChange } from './change-subject.ts';
import { type ChangedPerson, createChangedPeople } from './changed-people-store.ts';
import { createEnroll, type Enrolled, type NewEnrollment, type NewMember } from './enroll-subject.ts';
import { sweepFormer } from './former-address-store.ts';
import {
  createGallerySnapshot,
  type GallerySnapshot,
  type GallerySnapshotOptions,
  noSnapshot,
} from './gallery-snapshot/gallery-snapshot.ts';
import type { DamagedRow } from './loaded-templates-store.ts';
import {
  type Availability,
  createAddressOfAnother,
  createPeople,
  type DistinctPeople,
} from './people/people.ts';
import type { PeopleSearch } from './people/people-search.ts';
import { createFindSubject, type ReadPeople } from './people/read-people.ts';
import {
  createGalleryLoading,
  createPeopleGalleries,
  type GalleryLoading,
  PEOPLE_PAGE,
  type PeopleGalleries,
  picturesOf,
} from './people-galleries.ts';
import {
  createConfirm,
  createConfirmsAlone,
  createPictureOperations,
  createRemovePicture,
} from './pictures.ts';
import { type EnrolledPicture, type Enrollment, type Realm, realmKey, type Subject } from './subject.ts';
import { createSubjectStore, type SubjectStore, type SubjectStoreDeps } from './subject-store.ts';
import type { UpgradeProgress } from './template-counts-store.ts';
import { createUpgradeCounts, createUpgradeTemplates, type Visit } from './upgrade-templates.ts';

export interface Subjects extends ReadPeople, GalleryLoading, Availability, DistinctPeople {
  /** By id or by e-mail (a string with an @). Throws SUBJECT_NOT_FOUND. */
  get(realm: Realm, idOrEmail: string): Promise<Subject>;
  find(realm: Realm, idOrEmail: string): Promise<Subject | undefined>;
  /** Date of birth that an operator has approved, `YYYY-MM-DD`; not audited, and none where it is damaged. */
  birthDate(realm: Realm, subject: SubjectId): Promise<string | undefined>;
  /** In the order they came; not audited. */
  list(
    realm: Realm,
    page: { limit: number; after?: SubjectId },
  ): Promise<{ subjects: Subject[]; next?: SubjectId }>;
  count(realm: Realm): Promise<number>;
  /**
   * Adds a picture's embeddings to the person with this e-mail, made now if new. Keeps the best `most` (10) enrollments,
   * all under a legal hold.
   * Rows, audit line and gallery rows become visible together; acknowledged means on disk. A `mark` that one of the person's
   * enrollments has changes nothing: that enrollment is answered, as `repeated`.
   */
  enroll(realm: Realm, input: NewEnrollment, actor: Actor, request?: string): Promise<Enrolled>;
  /**
   * Adds a person without an address whose face is in the gallery `memberOf` alone: no search finds the person that does not name it. No
   * audit line and no event: that is of the feature that keeps members.
   */
  join(realm: Realm, input: NewMember, actor: Actor): Promise<Enrolled>;
  /**
   * Begins to erase: runs `work`, which sees to it that no read finds the person any more, in one transaction, and takes
   * the person's rows out of the galleries before anything else is done under this e-mail address. Gives what `work` gives.
   */
  forget<T>(realm: Realm, subject: SubjectId, work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Enrollments with the model files in use, the best picture first; those of other files cannot be compared and are left out. */
  enrollments(realm: Realm, subject: SubjectId): Promise<Enrollment[]>;
  /** All pictures that are kept of the person, in the order they were enrolled. */
  pictures(subject: SubjectId): Promise<EnrolledPicture[]>;
  /** As `createConfirm`; throws SUBJECT_NOT_FOUND. */
  confirm(
    realm: Realm,
    picture: { subject: string; enrollment: string; confirmed: boolean; alone?: boolean },
    actor: Actor,
    request?: string,
  ): Promise<Subject>;
  /**
   * Whether an administrator would confirm the picture without another member of staff: who enrolled it is the same account, a program or
   * unknown. False in the test world, for the operator of the box, and for a picture that is confirmed or not there.
   */
  confirmsAlone(realm: Realm, picture: { subject: string; enrollment: string }, who: Actor): Promise<boolean>;
  /** As `createChange`; throws SUBJECT_NOT_FOUND. */
  change(realm: Realm, idOrEmail: string, change: SubjectChange, actor: Actor): Promise<Subject>;
  /**
   * The keyed hash of an address that another person has, or had within 90 days: a second administrator has to confirm that it becomes
   * this person's. Undefined for others, and in the test world. Throws SUBJECT_NOT_FOUND.
   */
  addressOfAnother(realm: Realm, idOrEmail: string, email: string): Promise<string | undefined>;
  /** As `createRemovePicture`; throws SUBJECT_NOT_FOUND. */
  removePicture(
    realm: Realm,
    picture: { subject: string; enrollment: string },
    actor: Actor,
  ): Promise<Subject>;
  /** As `enrollments`, for several people at once. */
  enrollmentsOf(realm: Realm, people: readonly SubjectId[]): Promise<Map<SubjectId, Enrollment[]>>;
  /** Over all organizations and worlds: people with a template of each model file (embedder id to SHA-256) of one of these sets. */
  countComparable(...sets: readonly Readonly<Record<string, string>>[]): Promise<number>;
  /** The same of any model file. */
  countEnrolled(): Promise<number>;
  /** The number of people that a search can find; of the members of `part` where one is named. */
  people(realm: Realm, part?: string): number;
  /** Ids of those of no part, from memory. */
  listPeople(realm: Realm): Promise<SubjectId[]>;
  /** Of them, those with a picture of the embedder. */
  peopleWith(realm: Realm, embedder: string): number;
  /** Of these, so many at random, all equally likely. */
  drawPeopleWith(realm: Realm, embedder: string, most: number, random: () => number): SubjectId[];
  /** Of all people of the realm, how many have no confirmed picture of the embedder. */
  peopleWithout(realm: Realm, embedder: string): number;
  /**
   * The `count` people nearest to the embedder's probe by the mean direction of their best pictures, nearest first, among those that
   * `accept` accepts; all people without it.
   */
  nearest(
    realm: Realm,
    embedder: string,
    probe: Float32Array,
    count: number,
    accept?: (subject: SubjectId) => boolean,
    part?: string,
  ): Promise<SubjectId[]>;
  /** Whose enrolled picture has exactly these pixels (`Analysis.pixelHash`), of any of the pictures given. */
  ownerOfPicture(realm: Realm, pixelHashes: readonly string[]): Promise<SubjectId | undefined>;
  /** A verified visit of a person with templates of a superseded embedder alone, as `createUpgradeTemplates`. */
  visited(realm: Realm, subject: SubjectId, visit: Visit, actor: Actor): Promise<void>;
  /** How far the change to the embedder in use is; all 0 where no person has templates of a superseded one. Reads memory, and the provisional templates. */
  upgradeProgress(realm: Realm): Promise<UpgradeProgress>;
  /** The same for all of these realms by world; people of superseded embedders that are switched off are left out. Reads memory, and the provisional templates. */
  upgradesByWorld(realms: readonly Realm[]): Promise<(UpgradeProgress & { world: World })[]>;
  /** People who have no confirmed picture of the embedder in use, by id; `after`: the last of the page before. */
  notUpgraded(
    realm: Realm,
    page: { limit: number; after?: SubjectId },
  ): Promise<{ people: { id: SubjectId; provisional: boolean }[]; next?: SubjectId }>;
  /** False once the erasure of the person has begun. */
  isThere(tx: Tx, subject: SubjectId): Promise<boolean>;
  /**
   * Notes a verified use, inside the transaction that stores it: people who are not used any more are erased one day. False,
   * and nothing noted, once the erasure of the person has begun.
   */
  used(tx: Tx, subject: SubjectId, at: number): Promise<boolean>;
  /** Destroys person keys that no person has, left by enrollments that were cut short. Call it at start. */
  sweepKeys(): Promise<{ swept: number; suspicious: number }>;
  /** Forgets which addresses people gave up more than 90 days ago. */
  sweepFormerAddresses(signal?: AbortSignal): Promise<void>;
  /** Resolves when what is kept in memory of people is what every node has acknowledged. Each decision from memory begins with it. */
  catchUp(): Promise<void>;
  /** Reads anew what is kept in memory of these people, which another node may have changed. */
  refresh(people: readonly SubjectId[]): Promise<void>;
  /** The same of everyone. */
  readAnew(): Promise<void>;
  /** The galleries for the next start. */
  snapshot: Pick<GallerySnapshot, 'keep' | 'forget'>;
  /** Forgets the names that searches look through; at the end of the service. */
  closeSearch(): Promise<void>;
  /** Keys without a person that `sweepKeys` keeps because they are too many. Reads the ids of all people. */
  suspiciousKeys(): Promise<number>;
  /** The same, as it was last counted: at the start, once a day, or by `suspiciousKeys`. */
  keysWithoutPerson(): number;
}

interface SubjectsDeps
  extends SubjectStoreDeps,
    Pick<Foundation, 'inTransaction' | 'audit' | 'ids' | 'clock' | 'log'> {
  galleries: Galleries;
  models: Pick<Models, 'current' | 'combinations'>;
  events: Events;
  consents: Pick<Consents, 'record' | 'settle' | 'forget'>;
  /** `shared`: memory follows what all nodes commit, this one's own commits with them. */
  position: { shared: boolean; catchUp(): Promise<void> };
  /** What other features hold about an address goes on under the next one of its person. */
  personalData: readonly PersonalData[];
  /** Where the galleries are kept for the next start; absent: each reads the database. */
  snapshot?: GallerySnapshotOptions;
  /** Enrollments a person keeps, 10 unless given. */
  most?: number;
  /** People of the realm can be found who could not before, or some no more. Called after the commit; does not wait and never throws. */
  changed?(realm: Realm): void;
}

export function createSubjects(deps: SubjectsDeps): Subjects {
  const { db, inTransaction, models, audit, consents, log, position, most = 10, changed = () => {} } = deps;
  const store = createSubjectStore(deps);
  const embedders = () => {
    const { galleries } = models.current();
    if (galleries.length > 0) return galleries;
    throw new Problem('MODEL_NOT_INSTALLED', 'No embedding model is enabled: run “gatehouse models list”.');
  };
  const galleries = createPeopleGalleries(deps.galleries, embedders, store.transformOf);
  // Among several nodes the position brings what this one commits too: put in here it might replace what another has committed since.
  const index = position.shared ? { ...galleries, put: () => {} } : galleries;
  /** The galleries follow the commits of one person in their order: a picture is never put in after it was dropped. */
  const turns = createTurns();
  const damaged = logDamaged(log);

  const { visited, complete } = createUpgradeTemplates({ ...deps, store, index, most, damaged });
  const enroll = createEnroll({ ...deps, store, index, most, damaged, complete });
  const confirm = createConfirm({ store, inTransaction, audit, most });
  const change = createChange({ ...deps, store, turns });
  const removePicture = createRemovePicture({ ...deps, store, index, damaged });
  const readChanged = createChangedPeople(deps);
  const searchedFiles = () => {
    const { files } = models.current();
    return Object.fromEntries(embedders().map((embedder) => [embedder, fileOf(files, embedder)]));
  };
  const { snapshot: options } = deps;
  const snapshot = options
    ? createGallerySnapshot({ ...deps, store, index, files: searchedFiles, options })
    : noSnapshot;
  const loading = createGalleryLoading({
    store,
    index,
    searchedFiles,
    damaged,
    readChanged,
    restore: snapshot.restore,
    log,
  });
  const { find, get, pictures, templatesOf } = createFindSubject({ db, store, models, damaged });
  const people = createPeople({ ...deps, store, find, get, pictures });
  const search = position.shared ? { ...people.search, put: () => {} } : people.search;
  const { inTurnOf, forget } = createSubjectTurns({ store, index, search, turns, consents, inTransaction });

  return {
    ...people.operations,
    find,
    get,
    birthDate: async (realm, subject) => (await store.birthDateOf(realm, subject)) ?? undefined,
    async list(realm, { limit, after }) {
      const found = await store.list(realm, { limit: limit + 1, ...defined({ from: after }) });
      const subjects = found.slice(0, limit);
      return found.length > limit ? { subjects, next: subjects.at(-1)!.id } : { subjects };
    },
    count: (realm) => store.count(realm),
    async enroll(realm, input, actor, request) {
      const name = `${realmKey(realm)}/${store.emailHash(realm.organization, input.email)}`;
      const enrolled = await turns(name, () => enroll(realm, input, actor, request));
      search.put(realm, enrolled.subject);
      changed(realm);
      return enrolled;
    },
    join: (realm, input, actor) => enroll(realm, input, actor),
    async forget(realm, subject, work) {
      const done = await forget(realm, subject, work);
      changed(realm);
      return done;
    },
    ...createPictureOperations({ store, index, get, templatesOf, confirm, removePicture, inTurnOf, changed }),
    pictures,
    addressOfAnother: createAddressOfAnother({ ...deps, store, get }),
    confirmsAlone: createConfirmsAlone({ db, get, pictures }),
    async change(realm, idOrEmail, to, actor) {
      const changed = await change(realm, await get(realm, idOrEmail), to, actor);
      search.put(realm, changed);
      return changed;
    },
    countComparable: store.countComparable,
    countEnrolled: store.countEnrolled,
    people: index.people,
    listPeople: index.listPeople,
    peopleWith: index.peopleWith,
    drawPeopleWith: index.drawPeopleWith,
    peopleWithout: index.peopleWithout,
    nearest: index.search,
    isThere: (tx, subject) => store.isThere(tx, subject),
    async visited(realm, subject, visit, actor) {
      await inTurnOf(realm, subject, () => visited(realm, subject, visit, actor));
      changed(realm);
    },
    ...createUpgradeCounts({ store, index, models }),
    used: (tx, subject, at) => store.touchUse(tx, subject, at),
    ...loading,
    async loadGalleries(progress) {
      await people.load();
      await loading.loadGalleries(progress);
    },
    catchUp: position.catchUp,
    async readAnew() {
      search.forgetRead();
      await people.load();
      await loading.loadGalleries();
    },
    refresh: createFollowPeople({
      readChanged,
      store,
      index,
      search: people.search,
      consents,
      note: people.note,
      models,
      damaged,
      changed,
    }),
    snapshot,
    closeSearch: () => search.close(),
    sweepKeys: store.sweepKeys,
    sweepFormerAddresses: (signal) => sweepFormer(inTransaction, deps.clock.now(), signal),
    suspiciousKeys: store.suspiciousKeys,
    keysWithoutPerson: store.keysWithoutPerson,
  };
}

const logDamaged = (log: Log) => (row: DamagedRow) =>
  log.error({ template: row.id, subject: row.subject }, 'a sealed template was changed or belongs elsewhere');

interface FollowPeopleDeps {
  readChanged: ReturnType<typeof createChangedPeople>;
  store: Pick<SubjectStore, 'listed'>;
  index: Pick<PeopleGalleries, 'putRotated' | 'eraseAnywhere' | 'transformOf'>;
  search: Pick<PeopleSearch, 'isKept' | 'put' | 'removeAnywhere'>;
  consents: Pick<Consents, 'settle' | 'forget'>;
  /** Whether the person is disabled. */
  note(subject: SubjectId, disabled: boolean): void;
  models: Pick<Models, 'current'>;
  damaged(row: DamagedRow): void;
  changed(realm: Realm): void;
}

/** `Subjects.refresh`: all that is kept in memory of people becomes what the database has of them now. */
function createFollowPeople(deps: FollowPeopleDeps) {
  return async (people: readonly SubjectId[]): Promise<void> => {
    for (let i = 0; i < people.length; i += PEOPLE_PAGE)
      await refresh(deps, people.slice(i, i + PEOPLE_PAGE));
  };
}

async function refresh(
  { readChanged, store, index, search, consents, note, models, damaged, changed }: FollowPeopleDeps,
  people: readonly SubjectId[],
): Promise<void> {
  const { files, galleries } = models.current();
  const searched = Object.fromEntries(galleries.map((embedder) => [embedder, files[embedder]!]));
  const present = await readChanged(people, searched, index.transformOf, damaged);
  const known = new Set(present.map(({ id }) => id));
  for (const subject of people) {
    if (known.has(subject)) continue;
    index.eraseAnywhere(subject);
    search.removeAnywhere(subject);
    consents.forget(subject);
    note(subject, false);
  }
  for (const person of present) {
    const { id, disabled, status, templates, memberOf } = person;
    consents.settle(id, status);
    note(id, disabled);
    // Without a model there is no gallery.
    if (galleries.length > 0) index.putRotated(person, id, galleryVectors(picturesOf(templates)), memberOf);
  }
  for (const [realm, of] of byRealm(present)) {
    if (search.isKept(realm)) await readNames(of, realm);
    changed(realm);
  }

  async function readNames(of: readonly ChangedPerson[], realm: Realm): Promise<void> {
    const named = of.flatMap(({ id, memberOf }) => (memberOf === undefined ? [id] : []));
    for (const person of await store.listed(realm, named)) search.put(realm, person);
  }
}

function byRealm(people: readonly ChangedPerson[]): [Realm, ChangedPerson[]][] {
  return [...Map.groupBy(people, realmKey).values()].map((of) => {
    const { organization, world } = of[0]!;
    return [{ organization, world }, of];
  });
}
