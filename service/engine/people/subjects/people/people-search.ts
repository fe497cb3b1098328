import { setImmediate as pause } from 'node:timers/promises';
import { foldCase } from '../../../../lib/fold-case.ts';
import type { SubjectId } from '../../../../lib/id.ts';
import type { Log } from '../../../../lib/log.ts';
import { Problem } from '../../../../lib/problem.ts';
import type { PersonText } from '../read-subjects-store.ts';
import { type Realm, realmKey } from '../subject.ts';

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

interface Entry {
  id: SubjectId;
  /** Folded. */
  text: string;
}

interface Index {
  /** The newest first: by id, which rises with time. */
  entries: Entry[];
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
  late: Map<SubjectId, Entry | undefined>;
}

/** Entries that are looked through before other requests get a turn: a millisecond. */
const SLICE = 20_000;

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
    const index: Index = { entries: [], building, usable: usable.promise, built: Promise.resolve() };
    indexes.set(key, index);
    index.built = build(realm, index, building, usable.resolve).catch((error: unknown) => {
      // The next search tries again.
      indexes.delete(key);
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
      for (const { id, email, name } of page) index.entries.push({ id, text: textOf(email, name) });
      building.from = page.at(-1)?.id ?? building.from;
      applyLate(index.entries, building);
      usable();
      await pause();
    }
    building.from = '' as SubjectId;
    applyLate(index.entries, building);
    index.building = undefined;
    usable();
  }

  /** At once, or when the person would be read; nothing where there is no index. */
  function change(realm: Realm, id: SubjectId, entry: Entry | undefined): void {
    const index = indexes.get(realmKey(realm));
    if (!index) return;
    const { entries, building } = index;
    if (building && !isRead(building, id)) building.late.set(id, entry);
    else apply(entries, id, entry);
  }

  return {
    async find(realm, text, { before, limit }) {
      if (closed) throw stopping();
      const index = indexOf(realm);
      await index.usable;
      if (closed) throw stopping();
      const { building } = index;
      const ids = await look(index.entries, folded(text.trim()), { before, limit });
      if (!building) return { ids };
      const read = index.entries.length;
      return { ids, reading: { read, people: Math.max(read, building.people) } };
    },
    prepare(realm) {
      if (!closed) indexOf(realm);
    },
    put: (realm, { id, email = '', name = '' }) => change(realm, id, { id, text: textOf(email, name) }),
    remove: (realm, id) => change(realm, id, undefined),
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

async function look(
  entries: readonly Entry[],
  wanted: string,
  { before, limit }: { before: SubjectId | undefined; limit: number },
): Promise<SubjectId[]> {
  const found: SubjectId[] = [];
  let at = before === undefined ? 0 : placeAfter(entries, before);
  for (let looked = 1; at < entries.length && found.length < limit; at++, looked++) {
    const { id, text } = entries[at]!;
    if (text.includes(wanted)) found.push(id);
    if (looked % SLICE > 0) continue;
    await pause();
    // People may have come and gone meanwhile.
    at = placeAfter(entries, id) - 1;
  }
  return found;
}

const isRead = ({ from }: Building, id: SubjectId) => from !== undefined && id >= from;

function applyLate(entries: Entry[], building: Building): void {
  for (const [id, entry] of building.late) {
    if (!isRead(building, id)) continue;
    apply(entries, id, entry);
    building.late.delete(id);
  }
}

function apply(entries: Entry[], id: SubjectId, entry: Entry | undefined): void {
  const after = placeAfter(entries, id);
  const known = entries[after - 1]?.id === id;
  const at = known ? after - 1 : after;
  if (entry) entries.splice(at, known ? 1 : 0, entry);
  else if (known) entries.splice(at, 1);
}

/** Index of the first entry that is older than `id`. */
function placeAfter(entries: readonly Entry[], id: string): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (entries[middle]!.id < id) high = middle;
    else low = middle + 1;
  }
  return low;
}
