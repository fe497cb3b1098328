import { type FileHandle, open, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { defined } from '../../../lib/defined.ts';
import type { SubjectId } from '../../../lib/id.ts';
import { noteProgress } from '../../../lib/progress/progress.ts';
import { time } from '../../../lib/time.ts';
import type { PersonalData, SealedValue, Searched } from '../../audit/index.ts';
import type { Realm, Subject } from '../subjects/subject.ts';
import type { CopyOfReceipt, Proof, TableSearch } from './ledger.ts';

export interface ProverDeps {
  sealer: Opener;
  subjects: {
    catchUp(): Promise<void>;
    nearest(realm: Realm, embedder: string, probe: Float32Array, rows: number): Promise<SubjectId[]>;
  };
  /** Data directory; absent where there is none. */
  data?: string;
  /** Descriptions of what is not searched, such as the files of a PostgreSQL server. */
  elsewhere?: readonly string[];
  now(): number;
}

/** Nearest rows that the gallery is asked for. */
const ROWS = 64;

export type Prover = ReturnType<typeof createProver>;

/** Proves an erasure: searches every reachable file for the person's former values. */
export function createProver({ sealer, subjects, data, elsewhere = [], now }: ProverDeps) {
  async function searchGallery({ realm, subject, probes }: Witness): Promise<Proof['gallery']> {
    await subjects.catchUp();
    const named = await Promise.all(
      probes.map(({ embedder, vector }) => subjects.nearest(realm, embedder, vector, ROWS)),
    );
    return { searches: probes.length, named: named.filter((people) => people.includes(subject)).length };
  }

  return {
    /** After the erasure. `schemas`: of PostgreSQL, with the database as it was. */
    async prove(
      witness: Witness,
      copies: readonly CopyOfReceipt[],
      { tables, schemas }: { tables: TableSearch; schemas: readonly string[] },
    ): Promise<Proof> {
      const { needles, tooShort } = needlesOf(witness.remembered);
      const own = data === undefined ? [] : await filesUnder(data, (path) => path === 'models');
      const { found, files, bytes, unreadable } = await searchFiles(
        [...own, ...(await filesOfCopies(copies))],
        needles,
      );
      const gallery = await searchGallery(witness);
      const opened = await openAll(sealer, witness.sealed);
      return {
        searchedAt: time(now()),
        needles: countBy(needles.map(({ kind }) => kind)),
        files,
        bytes,
        found,
        tables,
        sealedValues: { tried: opened.length, opened: opened.filter(({ is }) => is === 'open').length },
        gallery,
        notSearched: [
          ...elsewhere,
          ...(data === undefined
            ? []
            : [`${join(data, 'models')}: model files, the same on every appliance`]),
          ...copies.flatMap(({ place, state }) =>
            state === 'destroyed' ? [] : [`${place}: cannot be reached`],
          ),
          ...hashesInSnapshots(data, own),
          ...schemas.map(
            (schema) =>
              `the id and the keyed hash of the address: they stay in the PostgreSQL schema ${schema} until that is removed`,
          ),
          ...unreadable,
          ...tooShort.map((kind) => `the ${kind}: shorter than six bytes, which chance would find too`),
        ],
      };
    },
  };
}

/** Files of the reachable copies of the key store. */
async function filesOfCopies(copies: readonly CopyOfReceipt[]): Promise<string[]> {
  const files: string[] = [];
  for (const { place, state } of copies) {
    if (state !== 'destroyed') continue;
    const names = await readdir(place).catch(() => []);
    files.push(
      ...names.filter((name) => name.startsWith('gatehouse-keys.db')).map((name) => join(place, name)),
    );
  }
  return files;
}

function hashesInSnapshots(data: string | undefined, files: readonly string[]): string[] {
  const snapshots = files.filter((file) => data !== undefined && file.startsWith(join(data, 'snapshots')));
  if (snapshots.length === 0) return [];
  const names = snapshots.map((file) => basename(file)).join(', ');
  return [`the keyed hash of the address: it stays in ${names} until that is removed`];
}

/** Whether the search found anything that should not be there. */
export const isClean = ({ found, tables, sealedValues, gallery }: Proof): boolean =>
  found.length === 0 && (tables?.found.length ?? 0) === 0 && sealedValues.opened === 0 && gallery.named === 0;

function countBy(kinds: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of kinds) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** Data of a person, saved before the erasure for the proof. */
interface Remembered {
  email?: string;
  name?: string;
  /** The sealed values to search for (`Searched.forms`), in every form. */
  patterns: readonly { kind: Searched['kind']; bytes: Uint8Array }[];
}

/** Bytes of a template that are searched for, at several offsets: long enough to be unique, short enough for one page. */
const WINDOW = 24;

/** Byte patterns of the person's values as plain text; and the values that are too short to search for. */
export function needlesOf({ email, name, patterns }: Remembered): {
  needles: Needle[];
  tooShort: string[];
} {
  const tooShort: string[] = [];
  const needles: Needle[] = [];
  // A person of many verifications has thousands.
  const known = new Set<string>();
  const add = (kind: string, bytes: Uint8Array) => {
    const name = `${kind} ${Buffer.from(bytes).toString('latin1')}`;
    if (known.has(name)) return;
    known.add(name);
    needles.push({ kind, bytes });
  };
  const addText = (kind: string, text: string) => {
    const plain = Buffer.from(text);
    if (plain.length < SHORTEST) {
      if (!tooShort.includes(kind)) tooShort.push(kind);
      return;
    }
    add(kind, plain);
    for (const encoded of base64(plain)) if (encoded.length >= SHORTEST) add(`${kind} as base64`, encoded);
  };
  if (email !== undefined) for (const text of [email, email.trim().toLowerCase()]) addText('e-mail', text);
  if (name !== undefined) addText('name', name);
  for (const { kind, bytes } of patterns) {
    if (kind === 'picture mark') add(kind, bytes);
    else {
      for (const window of windows(bytes)) {
        add(kind === 'portrait' ? kind : `${kind} as floats`, window);
        for (const encoded of base64(window)) add(`${kind} as base64`, encoded);
      }
    }
  }
  return { needles, tooShort };
}

/** From the beginning, the middle and the end; whole floats. Zeroes alone are no pattern. */
function windows(template: Uint8Array): Uint8Array[] {
  const last = template.length - WINDOW;
  const starts = new Set([0, Math.floor(last / 8) * 4, last].filter((start) => start >= 0));
  return [...starts]
    .map((start) => template.subarray(start, start + WINDOW))
    .filter((window) => window.some((byte) => byte !== 0));
}

/** Base64 digits that do not depend on the bytes before and after, for each of the three alignments; also as base64url. */
function base64(bytes: Uint8Array): Uint8Array[] {
  return [0, 1, 2].flatMap((shift) => {
    const shifted = Buffer.concat([new Uint8Array(shift), bytes]);
    const digits = (encoding: 'base64' | 'base64url') =>
      shifted.toString(encoding).slice(Math.ceil((shift * 8) / 6), Math.floor((shifted.length * 8) / 6));
    return [...new Set([digits('base64'), digits('base64url')])].map((text) => Buffer.from(text));
  });
}

/** The person as they were, held in memory only, until the search is done. */
export interface Witness {
  realm: Realm;
  subject: SubjectId;
  remembered: Remembered;
  sealed: SealedValue[];
  /** Vectors of the galleries' embedders. */
  probes: { embedder: string; vector: Float32Array }[];
}

/** Opens what is sealed. */
interface Opener {
  openMany(
    values: readonly SealedValue[],
  ): Promise<({ is: 'open'; plain: Uint8Array } | { is: 'erased' } | { is: 'damaged' })[]>;
}

export interface RememberDeps {
  sealer: Opener;
  subjects: {
    /** Vectors as the models gave them, of all embedders, and the one that is searched by. */
    enrollments(
      realm: Realm,
      subject: SubjectId,
    ): Promise<{ templates: { embedder: string; vector: Float32Array }[] }[]>;
  };
  personalData: readonly PersonalData[];
  /** The embedders of the galleries. */
  galleries(): readonly string[];
}

const OPENED_AT_ONCE = 2_000;

async function openAll(sealer: Opener, values: readonly SealedValue[]) {
  const opened = [];
  for (let i = 0; i < values.length; i += OPENED_AT_ONCE)
    opened.push(...(await sealer.openMany(values.slice(i, i + OPENED_AT_ONCE))));
  return opened;
}

/** The values that the proof searches for; call it before anything is erased. */
export async function rememberPerson(
  { sealer, subjects, personalData, galleries }: RememberDeps,
  realm: Realm,
  { id: subject, email, name }: Subject,
): Promise<Witness> {
  const sealed: SealedValue[] = [];
  for (const one of personalData) sealed.push(...((await one.sealedValues?.({ ...realm, subject })) ?? []));
  const patterns: Remembered['patterns'][number][] = [];
  for (const [i, value] of (await openAll(sealer, sealed)).entries()) {
    const { searched } = sealed[i]!;
    if (value.is !== 'open' || !searched) continue;
    for (const bytes of searched.forms(value.plain)) patterns.push({ kind: searched.kind, bytes });
  }
  const compared = (await subjects.enrollments(realm, subject)).flatMap((one) => one.templates);
  const searched = galleries();
  return {
    realm,
    subject,
    sealed,
    probes: compared.filter(({ embedder }) => searched.includes(embedder)),
    remembered: {
      patterns,
      ...defined({ email, name }),
    },
  };
}

/** A byte pattern and what kind of thing it is. At least `SHORTEST` bytes, so that chance does not find it. */
export interface Needle {
  kind: string;
  bytes: Uint8Array;
}

interface Haystack {
  files: number;
  bytes: number;
  found: { file: string; kind: string; times: number }[];
  /** Files that could not be read, with the system's code. */
  unreadable: string[];
}

/** 6 bytes come up by chance once in 281 TB of sealed data. */
const SHORTEST = 6;
/** Read at a time: half a millisecond of this thread. */
const CHUNK = 256 * 1024;

/** Every regular file under the folder, in no order; those that vanish meanwhile are left out. `skip` by path from the folder. */
export async function filesUnder(
  folder: string,
  skip: (path: string) => boolean = () => false,
): Promise<string[]> {
  const files: string[] = [];
  const visit = async (path: string): Promise<void> => {
    for (const entry of await readdir(join(folder, path), { withFileTypes: true }).catch(absent)) {
      const inside = join(path, entry.name);
      if (skip(inside)) continue;
      if (entry.isDirectory()) await visit(inside);
      else if (entry.isFile()) files.push(join(folder, inside));
    }
  };
  await visit('');
  return files;
}

/** Reads each file once, a piece at a time, for all needles together. What disappears while it is read is no finding. */
export async function searchFiles(files: readonly string[], needles: readonly Needle[]): Promise<Haystack> {
  const search = createSearch(needles);
  const result: Haystack = { files: 0, bytes: 0, found: [], unreadable: [] };
  for (const [i, file] of files.entries()) {
    noteProgress('searching the files', i, files.length);
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

interface Search {
  longest: number;
  /** Calls `hit` for every needle that begins in `bytes` before `end`. */
  scan(bytes: Uint8Array, end: number, hit: (kind: string) => void): void;
}

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

function createSearch(needles: readonly Needle[]): Search {
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
    scan(bytes, end, hit) {
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

const absent = (error: NodeJS.ErrnoException) => {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
  throw error;
};
