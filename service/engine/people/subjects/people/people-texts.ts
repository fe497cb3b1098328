import { setImmediate as pause } from 'node:timers/promises';
import type { SubjectId } from '../../../../lib/id.ts';

export interface PersonEntry {
  id: SubjectId;
  /** Folded. */
  text: string;
}

/**
 * Texts of people by id, the newest first, in blocks outside the heap of JavaScript: millions of strings are gone through by every
 * collection of garbage, while everything else waits.
 */
export interface PeopleTexts {
  size(): number;
  /** The newest first; all of them are older than those that are there. */
  append(entries: readonly PersonEntry[]): void;
  /** Adds, replaces, or removes where `text` is undefined. */
  set(id: SubjectId, text: string | undefined): void;
  /** At most `limit` people whose text contains `wanted`, the newest first, all of them older than `before`. Other requests get turns. */
  find(wanted: string, page: { before?: SubjectId | undefined; limit: number }): Promise<SubjectId[]>;
}

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

export function createPeopleTexts(): PeopleTexts {
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
    size: () => size,
    append(entries) {
      for (let i = 0; i < entries.length; i += FILLED) replace(blocks.length, entries.slice(i, i + FILLED));
    },
    set(id, text) {
      // The last block takes who is older than all.
      const at = Math.min(blockFrom(id), Math.max(0, blocks.length - 1));
      const before = blocks[at] ? unpack(blocks[at]) : [];
      const place = before.findIndex((one) => one.id <= id);
      const [newer, older] = place === -1 ? [before, []] : [before.slice(0, place), before.slice(place)];
      const others = older[0]?.id === id ? older.slice(1) : older;
      if (text === undefined && others === older) return;
      replace(at, [...newer, ...(text === undefined ? [] : [{ id, text }]), ...others]);
    },
    async find(wanted, { before, limit }) {
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
