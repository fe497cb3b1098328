import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { defined } from '../../../lib/defined.ts';
import type { SubjectId } from '../../../lib/id.ts';
import { time } from '../../../lib/time.ts';
import type { PersonalData, SealedValue, Searched } from '../../audit/index.ts';
import type { Realm, Subject } from '../subjects/subject.ts';
import type { CopyOfReceipt, Proof, TableSearch } from './ledger.ts';
import { type NotSearched, sentenceOf } from './not-searched.ts';
import { type Needle, SHORTEST } from './search-files.ts';
import { searchInProcess } from './search-in-process.ts';

export interface ProverDeps {
  sealer: Opener;
  subjects: {
    catchUp(): Promise<void>;
    nearest(realm: Realm, embedder: string, probe: Float32Array, rows: number): Promise<SubjectId[]>;
  };
  /** Data directory; absent where there is none. */
  data?: string;
  /** What is never searched, such as the files of a PostgreSQL server. */
  elsewhere?: readonly NotSearched[];
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
      const { found, files, bytes, unreadable } = await searchInProcess(
        [...own, ...(await filesOfCopies(copies))],
        needles,
      );
      const gallery = await searchGallery(witness);
      const opened = await openAll(sealer, witness.sealed);
      const notSearched: NotSearched[] = [
        ...elsewhere,
        ...(data === undefined ? [] : [{ code: 'MODEL_FILES' as const, where: join(data, 'models') }]),
        ...copies.flatMap(({ place, state }) =>
          state === 'destroyed' ? [] : [{ code: 'COPY_UNREACHABLE' as const, where: place }],
        ),
        ...hashesInSnapshots(data, own),
        ...schemas.map((where) => ({ code: 'ID_IN_SCHEMA' as const, where })),
        ...unreadable.map((where) => ({ code: 'UNREADABLE' as const, where })),
        ...tooShort.map((kind) => ({ code: tooShortCodes[kind] })),
      ];
      return {
        searchedAt: time(now()),
        needles: countBy(needles.map(({ kind }) => kind)),
        files,
        bytes,
        found,
        tables,
        sealedValues: { tried: opened.length, opened: opened.filter(({ is }) => is === 'open').length },
        gallery,
        notSearched: notSearched.map(sentenceOf),
        notSearchedCodes: notSearched,
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

function hashesInSnapshots(data: string | undefined, files: readonly string[]): NotSearched[] {
  const snapshots = files.filter((file) => data !== undefined && file.startsWith(join(data, 'snapshots')));
  if (snapshots.length === 0) return [];
  return [{ code: 'HASH_IN_SNAPSHOTS', where: snapshots.map((file) => basename(file)).join(', ') }];
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

const tooShortCodes = { 'e-mail': 'ADDRESS_TOO_SHORT', name: 'NAME_TOO_SHORT' } as const;

/** Byte patterns of the person's values as plain text; and the values that are too short to search for. */
export function needlesOf({ email, name, patterns }: Remembered): {
  needles: Needle[];
  tooShort: (keyof typeof tooShortCodes)[];
} {
  const tooShort: (keyof typeof tooShortCodes)[] = [];
  const needles: Needle[] = [];
  // A person of many verifications has thousands.
  const known = new Set<string>();
  const add = (kind: string, bytes: Uint8Array) => {
    const name = `${kind} ${Buffer.from(bytes).toString('latin1')}`;
    if (known.has(name)) return;
    known.add(name);
    needles.push({ kind, bytes });
  };
  const addText = (kind: keyof typeof tooShortCodes, text: string) => {
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

const absent = (error: NodeJS.ErrnoException) => {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
  throw error;
};
