import { setImmediate as pause } from 'node:timers/promises';
import type { SubjectId } from '../../../lib/id.ts';
import type { PersonText } from '../read-subjects-store.ts';
import { type Realm, realmKey } from '../realm.ts';

/** Addresses and names of the people of a realm, in memory alone: on disk they are sealed. */
export interface PeopleSearch {
  /** Of whom the address or the name holds `text`, in any case; the newest first. Built at the first search of a realm. */
  find(realm: Realm, text: string, page: { before?: SubjectId; limit: number }): Promise<SubjectId[]>;
  /** Of a person who is new, or whose address or name changed. */
  put(realm: Realm, person: { id: SubjectId; email?: string; name?: string }): void;
  /** Of a person who is erased. */
  remove(realm: Realm, id: SubjectId): void;
}

export interface PeopleSearchDeps {
  store: { everyName(realm: Realm): AsyncIterable<PersonText[]> };
}

interface Entry {
  id: SubjectId;
  /** Folded; empty once the person is erased. */
  text: string;
}

interface Index {
  /** By id, which rises with time. */
  entries: Entry[];
  /** Changes that came while it is built, in their order; undefined once it is. */
  late: (() => void)[] | undefined;
  built: Promise<void>;
}

/** Entries that are looked through before other requests get a turn: a millisecond. */
const SLICE = 20_000;

const folded = (text: string) => text.normalize('NFC').toLowerCase();

export function createPeopleSearch({ store }: PeopleSearchDeps): PeopleSearch {
  const indexes = new Map<string, Index>();

  function indexOf(realm: Realm): Index {
    const key = realmKey(realm);
    const known = indexes.get(key);
    if (known) return known;
    const index: Index = { entries: [], late: [], built: Promise.resolve() };
    indexes.set(key, index);
    index.built = build(realm, index).catch((error: unknown) => {
      // The next search tries again.
      indexes.delete(key);
      throw error;
    });
    return index;
  }

  async function build(realm: Realm, index: Index): Promise<void> {
    for await (const page of store.everyName(realm)) {
      for (const { id, email, name } of page) index.entries.push({ id, text: textOf(email, name) });
      await pause();
    }
    for (const change of index.late ?? []) change();
    index.late = undefined;
  }

  /** At once, or when the index is built; nothing where no search has asked for one. */
  function change(realm: Realm, work: (entries: Entry[]) => void): void {
    const index = indexes.get(realmKey(realm));
    if (!index) return;
    if (index.late) index.late.push(() => work(index.entries));
    else work(index.entries);
  }

  return {
    async find(realm, text, { before, limit }) {
      const index = indexOf(realm);
      await index.built;
      const wanted = folded(text.trim());
      const { entries } = index;
      const found: SubjectId[] = [];
      let looked = 0;
      for (let i = (before === undefined ? entries.length : placeOf(entries, before)) - 1; i >= 0; i--) {
        const { id, text: known } = entries[i]!;
        if (known.includes(wanted)) found.push(id);
        if (found.length === limit) break;
        if (++looked % SLICE === 0) await pause();
      }
      return found;
    },
    put(realm, { id, email = '', name = '' }) {
      change(realm, (entries) => {
        const at = placeOf(entries, id);
        const entry = { id, text: textOf(email, name) };
        if (entries[at]?.id === id) entries[at] = entry;
        else entries.splice(at, 0, entry);
      });
    },
    remove(realm, id) {
      change(realm, (entries) => {
        const at = placeOf(entries, id);
        if (entries[at]?.id === id) entries.splice(at, 1);
      });
    },
  };
}

const textOf = (email: string, name: string) => folded(`${email}\n${name}`);

/** Of the first entry that is not less than `id`. */
function placeOf(entries: readonly Entry[], id: string): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (entries[middle]!.id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
