import { setImmediate as pause } from 'node:timers/promises';
import { foldCase } from '../../../../lib/fold-case.ts';
import type { SubjectId } from '../../../../lib/id.ts';
import type { Log } from '../../../../lib/log.ts';
import { Problem } from '../../../../lib/problem.ts';
import type { PersonText } from '../read-subjects-store.ts';
import { type Realm, realmKey } from '../subject.ts';
import { createPeopleTexts, type PeopleTexts, type PersonEntry } from './people-texts.ts';

export interface FoundPeople {
  ids: SubjectId[];
  /** While the index is built: only the newest `read` of `people` were looked through. */
  reading?: { read: number; people: number };
}

/** Addresses and names of the people of a realm, in memory alone: on disk they are sealed. */
export interface PeopleSearch {
  /**
   * People whose address or name contains `text`, in any case; the newest first. While the index of the realm is built, only its
   * newest people so far are searched, at least two hundred.
   */
  find(realm: Realm, text: string, page: { before?: SubjectId; limit: number }): Promise<FoundPeople>;
  /** Begins to build the index of a realm in the background, if there is none. */
  prepare(realm: Realm): void;
  /** For a new person, or a changed address or name. */
  put(realm: Realm, person: { id: SubjectId; email?: string; name?: string }): void;
  /** For an erased person. */
  remove(realm: Realm, id: SubjectId): void;
  /** The same where the realm is not known any more. */
  removeAnywhere(id: SubjectId): void;
  /** Forgets every index: the next search reads anew. */
  forgetRead(): void;
  /** Whether there is an index of the realm, or one is built. */
  isKept(realm: Realm): boolean;
  /** Forgets every index, and stops building; at the end of the service. A search throws OVERLOADED from then on. */
  close(): Promise<void>;
}

export interface PeopleSearchDeps {
  store: {
    /** The newest first. */
    everyName(realm: Realm): AsyncIterable<PersonText[]>;
    count(realm: Realm): Promise<number>;
  };
  log: Pick<Log, 'warn'>;
}

interface Index {
  texts: PeopleTexts;
  /** While it is built. */
  building: Building | undefined;
  /** When a search can look into it. */
  usable: Promise<void>;
  built: Promise<void>;
}

interface Building {
  people: number;
  /** People with a smaller id are not read yet; undefined before the first page. */
  from: SubjectId | undefined;
  /** Changes of people who are not read yet; undefined for an erased person. */
  late: Map<SubjectId, string | undefined>;
}

/** `ß` as `ss` too, which is how it is often typed: a search may find more than one person. */
const folded = (text: string) => foldCase(text.normalize('NFKC')).replaceAll('ß', 'ss');

export function createPeopleSearch({ store, log }: PeopleSearchDeps): PeopleSearch {
  const indexes = new Map<string, Index>();
  let closed = false;

  function indexOf(realm: Realm): Index {
    const key = realmKey(realm);
    const known = indexes.get(key);
    if (known) return known;
    const usable = Promise.withResolvers<void>();
    const building: Building = { people: 0, from: undefined, late: new Map() };
    const index: Index = {
      texts: createPeopleTexts(),
      building,
      usable: usable.promise,
      built: Promise.resolve(),
    };
    indexes.set(key, index);
    index.built = build(realm, index, building, usable.resolve).catch((error: unknown) => {
      // The next search tries again.
      if (indexes.get(key) === index) indexes.delete(key);
      usable.reject(error);
      if (!closed) log.warn({ error }, 'the names of people could not be read for the search');
    });
    usable.promise.catch(() => {});
    return index;
  }

  async function build(realm: Realm, index: Index, building: Building, usable: () => void): Promise<void> {
    building.people = await store.count(realm);
    for await (const page of store.everyName(realm)) {
      if (closed) return usable();
      index.texts.append(page.map(({ id, email, name }): PersonEntry => ({ id, text: textOf(email, name) })));
      building.from = page.at(-1)?.id ?? building.from;
      applyLate(index.texts, building);
      usable();
      await pause();
    }
    building.from = '' as SubjectId;
    applyLate(index.texts, building);
    index.building = undefined;
    usable();
  }

  /** At once, or when the person would be read. */
  function change({ texts, building }: Index, id: SubjectId, text: string | undefined): void {
    if (building && !isRead(building, id)) building.late.set(id, text);
    else texts.set(id, text);
  }

  return {
    async find(realm, text, { before, limit }) {
      if (closed) throw stopping();
      const index = indexOf(realm);
      await index.usable;
      if (closed) throw stopping();
      const { building } = index;
      const ids = await index.texts.find(folded(text.trim()), { before, limit });
      if (!building) return { ids };
      const read = index.texts.size();
      return { ids, reading: { read, people: Math.max(read, building.people) } };
    },
    prepare(realm) {
      if (!closed) indexOf(realm);
    },
    put(realm, { id, email = '', name = '' }) {
      const index = indexes.get(realmKey(realm));
      if (index) change(index, id, textOf(email, name));
    },
    remove(realm, id) {
      const index = indexes.get(realmKey(realm));
      if (index) change(index, id, undefined);
    },
    removeAnywhere(id) {
      for (const index of indexes.values()) change(index, id, undefined);
    },
    forgetRead: () => indexes.clear(),
    isKept: (realm) => indexes.has(realmKey(realm)),
    async close() {
      closed = true;
      const all = [...indexes.values()];
      indexes.clear();
      await Promise.all(all.map(({ built }) => built));
    },
  };
}

const stopping = () => new Problem('OVERLOADED', 'The service is being stopped: try again in a minute.');

const textOf = (email: string, name: string) => folded(`${email}\n${name}`);

const isRead = ({ from }: Building, id: SubjectId) => from !== undefined && id >= from;

function applyLate(texts: PeopleTexts, building: Building): void {
  for (const [id, text] of building.late) {
    if (!isRead(building, id)) continue;
    texts.set(id, text);
    building.late.delete(id);
  }
}
