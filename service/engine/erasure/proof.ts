import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { SubjectId } from '../../lib/id.ts';
import { time } from '../../lib/time.ts';
import type { Realm } from '../subjects/index.ts';
import { needlesOf } from './needles.ts';
import type { CopyOfReceipt, Proof, TableSearch } from './receipt.ts';
import { type Opener, openAll, type Witness } from './remember-person.ts';
import { filesUnder, searchFiles } from './search-files.ts';

export interface ProverDeps {
  sealer: Opener;
  subjects: {
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
