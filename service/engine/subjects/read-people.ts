import { setImmediate } from 'node:timers/promises';
import type { SubjectId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { Db, InTransaction } from '../../storage/transaction.ts';
import type { Actor, Audit } from '../audit/index.ts';
import type { Models } from '../models/index.ts';
import type { EnrolledPicture } from './confirm-picture.ts';
import type { DamagedRow, StoredTemplate } from './loaded-templates-store.ts';
import type { Realm } from './realm.ts';
import type { Subject } from './subject.ts';
import type { SubjectStore } from './subject-store.ts';

export interface PeopleOrder {
  /** The last of the page before. */
  before?: SubjectId;
  limit: number;
  /** The whole id, or a part of the e-mail address or of the name in any case. */
  search?: string;
}

/** What operators read of people. Each call writes its audit line before it answers. */
export interface ReadPeople {
  /** The newest first. A search opens every address and name, because they are sealed. */
  page(realm: Realm, order: PeopleOrder, actor: Actor): Promise<{ people: Subject[]; next?: SubjectId }>;
  /** By id or by e-mail. Throws SUBJECT_NOT_FOUND. */
  read(realm: Realm, idOrEmail: string, actor: Actor): Promise<Subject & { pictures: EnrolledPicture[] }>;
}

export interface ReadPeopleDeps {
  store: Pick<SubjectStore, 'list'>;
  get(realm: Realm, idOrEmail: string): Promise<Subject>;
  pictures(subject: SubjectId): Promise<EnrolledPicture[]>;
  inTransaction: InTransaction;
  audit: Audit;
}

/** People that a search opens in one go. */
const PAGE = 500;

export function createReadPeople({ store, get, pictures, inTransaction, audit }: ReadPeopleDeps): ReadPeople {
  async function find(realm: Realm, { before, limit, search }: PeopleOrder): Promise<Subject[]> {
    if (search === undefined) return store.list(realm, { limit, order: 'desc', ...fromOf(before) });
    const matches = matcherOf(search);
    const found: Subject[] = [];
    for (let from = before; ; ) {
      const page = await store.list(realm, { limit: PAGE, order: 'desc', ...fromOf(from) });
      found.push(...page.filter(matches));
      if (found.length >= limit || page.length < PAGE) return found.slice(0, limit);
      from = page.at(-1)!.id;
      // Other requests are answered between two pages.
      await setImmediate();
    }
  }

  return {
    async page(realm, order, actor) {
      const found = await find(realm, { ...order, limit: order.limit + 1 });
      const people = found.slice(0, order.limit);
      const [first, last] = [people[0], people.at(-1)];
      await inTransaction((tx) =>
        audit.add(tx, {
          actor,
          action: 'subject.list',
          organization: realm.organization,
          details: {
            world: realm.world,
            people: people.length,
            ...(order.search !== undefined && { search: true }),
            ...(first && last && { first: first.id, last: last.id }),
          },
        }),
      );
      return last && found.length > order.limit ? { people, next: last.id } : { people };
    },
    async read(realm, idOrEmail, actor) {
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
      return { ...subject, pictures: await pictures(subject.id) };
    },
  };
}

const fromOf = (from: SubjectId | undefined) => (from === undefined ? {} : { from });

const folded = (text: string) => text.normalize('NFC').toLowerCase();

function matcherOf(search: string): (subject: Subject) => boolean {
  const wanted = folded(search.trim());
  return ({ id, email = '', name = '' }) =>
    id === wanted || folded(email).includes(wanted) || folded(name).includes(wanted);
}

export interface FindSubjectDeps {
  db: Db;
  store: Pick<SubjectStore, 'find' | 'emailHash' | 'templateRows' | 'templatesOf'>;
  models: Pick<Models, 'current'>;
  damaged(row: DamagedRow): void;
}

/** Reads of one person by id or e-mail address, and of enrolled pictures. */
export function createFindSubject({ db, store, models, damaged }: FindSubjectDeps) {
  const find = (realm: Realm, idOrEmail: string): Promise<Subject | undefined> =>
    store.find(
      realm,
      idOrEmail.includes('@')
        ? { emailHash: store.emailHash(realm.organization, idOrEmail) }
        : { id: idOrEmail },
    );

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
      }));
    },
    templatesOf: async (realm: Realm, people: readonly SubjectId[]): Promise<StoredTemplate[]> =>
      people.length === 0 ? [] : store.templatesOf(realm, people, models.current().files, damaged),
  };
}
