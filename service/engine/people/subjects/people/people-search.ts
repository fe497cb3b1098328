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
export type PeopleSearch = ReturnType<typeof createPeopleSearch>;

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

export function createPeopleSearch({ store, log }: PeopleSearchDeps) {
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
    /**
     * People whose address or name contains `text`, in any case; the newest first. While the index of the realm is built, only its
     * newest people so far are searched, at least two hundred.
     */
    async find(
      realm: Realm,
      text: string,
      { before, limit }: { before?: SubjectId; limit: number },
    ): Promise<FoundPeople> {
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
    /** Begins to build the index of a realm in the background, if there is none. */
    prepare(realm: Realm): void {
      if (!closed) indexOf(realm);
    },
    /** For a new person, or a changed address or name. */
    put(realm: Realm, { id, email = '', name = '' }: { id: SubjectId; email?: string; name?: string }): void {
      const index = indexes.get(realmKey(realm));
      if (index) change(index, id, textOf(email, name));
    },
    /** For an erased person. */
    remove(realm: Realm, id: SubjectId): void {
      const index = indexes.get(realmKey(realm));
      if (index) change(index, id, undefined);
    },
    /** The same where the realm is not known any more. */
    removeAnywhere(id: SubjectId): void {
      for (const index of indexes.values()) change(index, id, undefined);
    },
    /** Forgets every index: the next search reads anew. */
    forgetRead: (): void => indexes.clear(),
    /** Whether there is an index of the realm, or one is built. */
    isKept: (realm: Realm): boolean => indexes.has(realmKey(realm)),
    /** Forgets every index, and stops building; at the end of the service. A search throws OVERLOADED from then on. */
    async close(): Promise<void> {
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

interface PersonEntry {
  id: SubjectId;
  /** Folded. */
  text: string;
}

/**
 * Texts of people by id, the newest first, in blocks outside the heap of JavaScript: millions of strings are gone through by every
 * collection of garbage, while everything else waits.
 */
type PeopleTexts = ReturnType<typeof createPeopleTexts>;

interface Block {
  size: number;
  oldest: SubjectId;
  /** All texts, each with a zero byte behind it, then all ids. */
  bytes: Buffer;
  /** Where they end: those of the texts, then those of the ids. */
  ends: Uint32Array;
}

/** People of a block that is filled at once, and the most of one. */
const FILLED = 256;
const MOST = 2 * FILLED;
/** Blocks that are looked through before other requests get a turn: a millisecond. */
const A_TURN = 64;

export function createPeopleTexts() {
  const blocks: Block[] = [];
  let size = 0;

  /** The first that has a person who is older than `id`, or `id` itself. */
  function blockFrom(id: SubjectId): number {
    let [low, high] = [0, blocks.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (blocks[middle]!.oldest > id) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function replace(at: number, entries: readonly PersonEntry[]): void {
    const room = entries.length > MOST ? FILLED : MOST;
    const packed: Block[] = [];
    for (let i = 0; i < entries.length; i += room) packed.push(pack(entries.slice(i, i + room)));
    size += entries.length - (blocks[at]?.size ?? 0);
    blocks.splice(at, 1, ...packed);
  }

  return {
    size: (): number => size,
    /** The newest first; all of them are older than those that are there. */
    append(entries: readonly PersonEntry[]): void {
      for (let i = 0; i < entries.length; i += FILLED) replace(blocks.length, entries.slice(i, i + FILLED));
    },
    /** Adds, replaces, or removes where `text` is undefined. */
    set(id: SubjectId, text: string | undefined): void {
      // The last block takes who is older than all.
      const at = Math.min(blockFrom(id), Math.max(0, blocks.length - 1));
      const before = blocks[at] ? unpack(blocks[at]) : [];
      const place = before.findIndex((one) => one.id <= id);
      const [newer, older] = place === -1 ? [before, []] : [before.slice(0, place), before.slice(place)];
      const others = older[0]?.id === id ? older.slice(1) : older;
      if (text === undefined && others === older) return;
      replace(at, [...newer, ...(text === undefined ? [] : [{ id, text }]), ...others]);
    },
    /** At most `limit` people whose text contains `wanted`, the newest first, all of them older than `before`. Other requests get turns. */
    async find(
      wanted: string,
      { before, limit }: { before?: SubjectId | undefined; limit: number },
    ): Promise<SubjectId[]> {
      const bytes = Buffer.from(wanted);
      const found: SubjectId[] = [];
      // All up to this one were looked through. People may come and go meanwhile: the blocks are found anew.
      let last = before;
      for (let looked = 1; ; looked++) {
        const at = last === undefined ? 0 : blockFrom(last);
        const block = blocks[blocks[at]?.oldest === last ? at + 1 : at];
        if (block === undefined) return found;
        for (const id of hits(block, bytes)) {
          if (last !== undefined && id >= last) continue;
          found.push(id);
          if (found.length >= limit) return found;
        }
        last = block.oldest;
        if (looked % A_TURN === 0) await pause();
      }
    },
  };
}

const pack = (entries: readonly PersonEntry[]): Block => {
  const parts = [...entries.map(({ text }) => `${text}\0`), ...entries.map(({ id }) => id)];
  const ends = new Uint32Array(parts.length);
  let end = 0;
  for (const [i, part] of parts.entries()) {
    end += Buffer.byteLength(part);
    ends[i] = end;
  }
  return { size: entries.length, oldest: entries.at(-1)!.id, bytes: Buffer.from(parts.join('')), ends };
};

const partOf = ({ bytes, ends }: Block, part: number, shorter = 0): string =>
  bytes.toString('utf8', part === 0 ? 0 : ends[part - 1], ends[part]! - shorter);

const idOf = (block: Block, at: number) => partOf(block, block.size + at) as SubjectId;

const unpack = (block: Block): PersonEntry[] =>
  Array.from({ length: block.size }, (_, at) => ({ id: idOf(block, at), text: partOf(block, at, 1) }));

/** Whose text contains these bytes. */
function* hits(block: Block, wanted: Buffer): Generator<SubjectId> {
  const { size, bytes, ends } = block;
  let at = 0;
  for (let from = 0; at < size; from = ends[at++]!) {
    const place = bytes.indexOf(wanted, from);
    while (at < size && ends[at]! <= place) at++;
    if (place === -1 || at === size) return;
    // Not across the end of a text.
    if (place + wanted.length < ends[at]!) yield idOf(block, at);
  }
}
