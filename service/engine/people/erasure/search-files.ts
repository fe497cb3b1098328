import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';

/** A byte pattern and what kind of thing it is. At least `SHORTEST` bytes, so that chance does not find it. */
export interface Needle {
  kind: string;
  bytes: Uint8Array;
}

export interface Haystack {
  files: number;
  bytes: number;
  found: { file: string; kind: string; times: number }[];
  /** Files that could not be read, with the system's code. */
  unreadable: string[];
}

/** 6 bytes come up by chance once in 281 TB of sealed data. */
export const SHORTEST = 6;
/** Read at a time: half a millisecond of this thread. */
const CHUNK = 256 * 1024;

/**
 * Reads each file once, a piece at a time, for all needles together. What disappears while it is read is no finding. `note`: how many
 * were read. Not in the process that has a database or a lock among them open: see search-in-process.ts.
 */
export async function searchFiles(
  files: readonly string[],
  needles: readonly Needle[],
  note: (read: number) => void = () => undefined,
): Promise<Haystack> {
  const search = createSearch(needles);
  const result: Haystack = { files: 0, bytes: 0, found: [], unreadable: [] };
  for (const [i, file] of files.entries()) {
    note(i);
    try {
      const { bytes, times } = await searchFile(file, search);
      result.files += 1;
      result.bytes += bytes;
      for (const [kind, count] of times) result.found.push({ file, kind, times: count });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT')
        result.unreadable.push(`${basename(file)} (${code ?? (error as Error).message})`);
    }
  }
  return result;
}

type Search = ReturnType<typeof createSearch>;

async function searchFile(path: string, { longest, scan }: Search) {
  const times = new Map<string, number>();
  const overlap = Math.max(0, longest - 1);
  const buffer = new Uint8Array(CHUNK + overlap);
  let bytes = 0;
  let kept = 0;
  const file: FileHandle = await open(path, 'r');
  try {
    for (;;) {
      const { bytesRead } = await file.read(buffer, kept, CHUNK, bytes);
      const length = kept + bytesRead;
      bytes += bytesRead;
      // What begins in the overlap may end in the next piece; at the end there is none.
      const end = bytesRead === 0 ? length : Math.max(0, length - overlap);
      scan(buffer.subarray(0, length), end, (kind) => times.set(kind, (times.get(kind) ?? 0) + 1));
      if (bytesRead === 0) return { bytes, times };
      buffer.copyWithin(0, end, length);
      kept = length - end;
    }
  } finally {
    await file.close();
  }
}

function createSearch(needles: readonly Needle[]) {
  /** By the first two bytes; 0 is none. */
  const first = new Uint16Array(65_536);
  const groups: Needle[][] = [[]];
  for (const needle of needles) {
    if (needle.bytes.length < SHORTEST) throw new RangeError(`A needle has at least ${SHORTEST} bytes.`);
    const start = needle.bytes[0]! * 256 + needle.bytes[1]!;
    if (first[start] === 0) first[start] = groups.push([]) - 1;
    groups[first[start]!]!.push(needle);
  }
  return {
    longest: Math.max(0, ...needles.map(({ bytes }) => bytes.length)),
    /** Calls `hit` for every needle that begins in `bytes` before `end`. */
    scan(bytes: Uint8Array, end: number, hit: (kind: string) => void): void {
      for (let i = 0; i < end; i++) {
        const group = first[bytes[i]! * 256 + (bytes[i + 1] ?? 0)]!;
        if (group === 0) continue;
        for (const { kind, bytes: wanted } of groups[group]!) if (standsAt(bytes, i, wanted)) hit(kind);
      }
    },
  };
}

function standsAt(bytes: Uint8Array, at: number, wanted: Uint8Array): boolean {
  if (at + wanted.length > bytes.length) return false;
  for (let i = 2; i < wanted.length; i++) if (bytes[at + i] !== wanted[i]) return false;
  return bytes[at + 1] === wanted[1];
}
