import { defined } from '../../../../lib/defined.ts';
import type { SubjectId } from '../../../../lib/id.ts';
import { Problem } from '../../../../lib/problem.ts';
import type { Db, InTransaction } from '../../../../storage/transaction.ts';
import type { Actor, Audit } from '../../../audit/index.ts';
import type { Models } from '../../../models/index.ts';
import type { DamagedRow, StoredTemplate } from '../loaded-templates-store.ts';
import type { EnrolledPicture, Realm, Subject } from '../subject.ts';
import type { SubjectStore } from '../subject-store.ts';
import type { FoundPeople, PeopleSearch } from './people-search.ts';

interface PeopleRequest {
  /** The last of the page before. */
  before?: SubjectId;
  limit: number;
  /** The whole id or e-mail address, else a part of the address or of the name in any case. */
  search?: string;
}

interface PeoplePage {
  people: Subject[];
  next?: SubjectId;
  /** While addresses and names are read: only the newest `read` of `people` were searched. */
  reading?: FoundPeople['reading'];
}

type WholePerson = Subject & { pictures: EnrolledPicture[]; birthDate?: string };

/** What operators read of people. Each call writes its audit line before it answers. */
export type ReadPeople = ReturnType<typeof createReadPeople>;

export interface ReadPeopleDeps {
  store: Pick<SubjectStore, 'list' | 'listed' | 'birthDateOf'>;
  search: Pick<PeopleSearch, 'find' | 'prepare'>;
  find(realm: Realm, idOrEmail: string): Promise<Subject | undefined>;
  get(realm: Realm, idOrEmail: string): Promise<Subject>;
  pictures(subject: SubjectId): Promise<EnrolledPicture[]>;
  inTransaction: InTransaction;
  audit: Audit;
}

export function createReadPeople(deps: ReadPeopleDeps) {
  const { store, search, get, pictures, inTransaction, audit } = deps;

  async function find(
    realm: Realm,
    { before, limit, search: wanted }: PeopleRequest,
  ): Promise<Omit<PeoplePage, 'next'>> {
    if (wanted === undefined) {
      search.prepare(realm);
      return { people: await store.list(realm, { limit, order: 'desc', enrolled: true, ...fromOf(before) }) };
    }
    const exact = await deps.find(realm, wanted);
    if (exact) return { people: before === undefined ? [exact] : [] };
    const { ids, ...reading } = await search.find(realm, wanted, { limit, ...defined({ before }) });
    return { people: await store.listed(realm, ids), ...reading };
  }

  const record = ({ organization, world }: Realm, people: readonly Subject[], actor: Actor, more: object) =>
    inTransaction((tx) =>
      audit.add(tx, {
        actor,
        action: 'subject.list',
        organization,
        details: {
          world,
          people: people.length,
          ...more,
          ...(people.length > 0 && { first: people[0]!.id, last: people.at(-1)!.id }),
        },
      }),
    );

  return {
    /**
     * The newest first. The first page or search of a realm opens addresses and names of its people in the background, because they are
     * sealed; they are searched in memory.
     */
    async page(realm: Realm, order: PeopleRequest, actor: Actor): Promise<PeoplePage> {
      const { people: found, ...reading } = await find(realm, { ...order, limit: order.limit + 1 });
      const people = found.slice(0, order.limit);
      const last = people.at(-1);
      await record(realm, people, actor, order.search === undefined ? {} : { search: true });
      return { people, ...reading, ...(last && found.length > order.limit && { next: last.id }) };
    },
    /** These people, without those who are not enrolled here. */
    async named(realm: Realm, ids: readonly SubjectId[], actor: Actor): Promise<Subject[]> {
      const people = await store.listed(realm, ids);
      await record(realm, people, actor, {});
      return people;
    },
    /** By id or by e-mail. Throws SUBJECT_NOT_FOUND. */
    async read(realm: Realm, idOrEmail: string, actor: Actor): Promise<WholePerson> {
      const subject = await get(realm, idOrEmail);
      await inTransaction((tx) =>
        audit.add(tx, {
          actor,
          action: 'subject.read',
          organization: realm.organization,
          target: subject.id,
          details: { world: realm.world },
        }),
      );
      const birthDate = await store.birthDateOf(realm, subject.id);
      const { unreadable = [] } = subject;
      return {
        ...subject,
        ...(birthDate === null ? { unreadable: [...unreadable, 'birthDate'] } : defined({ birthDate })),
        pictures: await pictures(subject.id),
      };
    },
  };
}

const fromOf = (from: SubjectId | undefined) => (from === undefined ? {} : { from });

interface FindSubjectDeps {
  db: Db;
  store: Pick<SubjectStore, 'find' | 'templateRows' | 'templatesOf'>;
  models: Pick<Models, 'current'>;
  damaged(row: DamagedRow): void;
}

/** Reads of one person by id or e-mail address, and of enrolled pictures. */
export function createFindSubject({ db, store, models, damaged }: FindSubjectDeps) {
  const find = (realm: Realm, idOrEmail: string): Promise<Subject | undefined> =>
    store.find(realm, idOrEmail.includes('@') ? { email: idOrEmail } : { id: idOrEmail });

  return {
    find,
    /** Throws SUBJECT_NOT_FOUND. */
    async get(realm: Realm, idOrEmail: string): Promise<Subject> {
      const subject = await find(realm, idOrEmail);
      if (subject) return subject;
      throw new Problem('SUBJECT_NOT_FOUND', 'No such person is enrolled here.');
    },
    async pictures(subject: SubjectId): Promise<EnrolledPicture[]> {
      const { files } = models.current();
      const rows = await store.templateRows(db, subject);
      return [...Map.groupBy(rows, ({ enrollment }) => enrollment)].map(([enrollment, templates]) => ({
        enrollment,
        quality: templates[0]!.quality,
        createdAt: templates[0]!.created_at,
        anchor: templates[0]!.anchor === 1,
        comparable: templates.some((row) => files[row.embedder] === row.embedder_sha256),
        templates: templates.map((row) => ({ model: row.embedder, sha256: row.embedder_sha256 })),
      }));
    },
    templatesOf: async (realm: Realm, people: readonly SubjectId[]): Promise<StoredTemplate[]> =>
      people.length === 0 ? [] : store.templatesOf(realm, people, models.current().files, damaged),
  };
}

/** No person is older: a typing error. */
const OLDEST = 130;

/** Throws INVALID_REQUEST for a date that does not exist, lies ahead (UTC), or is too long ago. */
export function requireBirthDate(date: string, now: number): void {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : Number.NaN;
  const exists = !Number.isNaN(at) && new Date(at).toISOString().slice(0, 10) === date;
  const youngest = new Date(now).toISOString().slice(0, 10);
  const oldest = `${Number(youngest.slice(0, 4)) - OLDEST}${youngest.slice(4)}`;
  if (exists && date <= youngest && date >= oldest) return;
  const message = exists
    ? `A date of birth is between ${oldest} and ${youngest}, not ${date}.`
    : `“${date}” is no date: write it as YYYY-MM-DD.`;
  throw new Problem('INVALID_REQUEST', message, { details: [{ path: 'birthDate', message }] });
}
