import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { defined } from '../../lib/defined.ts';
import type { SubjectId } from '../../lib/id.ts';
import type { PersonalData, SealedValue } from '../personal-data/index.ts';
import type { Realm, Subject } from '../subjects/index.ts';
import { needlesOf, type Remembered } from './needles.ts';
import type { CopyOfReceipt, Proof, TableSearch } from './receipt.ts';
import { filesUnder, searchFiles } from './search-files.ts';

/** The person as they were, held in memory only, until the search is done. */
export interface Witness {
  realm: Realm;
  subject: SubjectId;
  remembered: Remembered;
  sealed: SealedValue[];
  /** Of the gallery's embedder. */
  probes: Float32Array[];
}

export interface ProverDeps {
  sealer: {
    openMany(
      values: readonly SealedValue[],
    ): Promise<({ is: 'open'; plain: Uint8Array } | { is: 'erased' } | { is: 'damaged' })[]>;
  };
  subjects: {
    /** Vectors as the models gave them, of all embedders, and the one that is searched by. */
    enrollments(
      realm: Realm,
      subject: SubjectId,
    ): Promise<{ templates: { embedder: string; vector: Float32Array }[] }[]>;
    nearest(realm: Realm, probe: Float32Array, rows: number): Promise<SubjectId[]>;
  };
  personalData: readonly PersonalData[];
  primary(): string | undefined;
  /** Data directory; absent where there is none. */
  data?: string;
  /** What lies elsewhere and is not searched, in words: the files of a PostgreSQL server. */
  elsewhere?: readonly string[];
  now(): number;
}

/** Nearest rows that the gallery is asked for. */
const ROWS = 64;
const OPENED_AT_ONCE = 2_000;

/** Shows that a person is gone: looks for what was known of them in every file that can be reached. */
export function createProver({
  sealer,
  subjects,
  personalData,
  primary,
  data,
  elsewhere = [],
  now,
}: ProverDeps) {
  async function openAll(values: readonly SealedValue[]) {
    const opened = [];
    for (let i = 0; i < values.length; i += OPENED_AT_ONCE)
      opened.push(...(await sealer.openMany(values.slice(i, i + OPENED_AT_ONCE))));
    return opened;
  }

  async function filesOf(copies: readonly CopyOfReceipt[]) {
    const own = data === undefined ? [] : await filesUnder(data, (path) => path === 'models');
    const copied: string[] = [];
    for (const { place, state } of copies) {
      if (state !== 'destroyed') continue;
      const names = await readdir(place).catch(() => []);
      copied.push(
        ...names.filter((name) => name.startsWith('gatehouse-keys.db')).map((name) => join(place, name)),
      );
    }
    return { own, copied };
  }

  return {
    /** To be called before anything is erased. */
    async remember(realm: Realm, subject: Subject): Promise<Witness> {
      const person = { ...realm, subject: subject.id };
      const values: SealedValue[] = [];
      for (const one of personalData) values.push(...((await one.sealedValues?.(person)) ?? []));
      const patterns: Remembered['patterns'][number][] = [];
      for (const [i, value] of (await openAll(values)).entries()) {
        const { searched } = values[i]!;
        if (value.is !== 'open' || !searched) continue;
        for (const bytes of searched.forms(value.plain)) patterns.push({ kind: searched.kind, bytes });
      }
      const compared = (await subjects.enrollments(realm, subject.id)).flatMap((one) => one.templates);
      const embedder = primary();
      return {
        realm,
        subject: subject.id,
        sealed: values,
        probes: compared.filter((one) => one.embedder === embedder).map(({ vector }) => vector),
        remembered: {
          patterns,
          ...defined({ email: subject.email, name: subject.name }),
        },
      };
    },

    /** After the erasure. `schemas`: of PostgreSQL, with the database as it was. */
    async prove(
      witness: Witness,
      copies: readonly CopyOfReceipt[],
      { tables, schemas }: { tables: TableSearch; schemas: readonly string[] },
    ): Promise<Proof> {
      const { realm, subject, remembered, sealed, probes } = witness;
      const { needles, tooShort } = needlesOf(remembered);
      const { own, copied } = await filesOf(copies);
      const { found, files, bytes, unreadable } = await searchFiles([...own, ...copied], needles);
      const snapshots = own.filter((file) => data !== undefined && file.startsWith(join(data, 'snapshots')));
      const named = await Promise.all(probes.map((probe) => subjects.nearest(realm, probe, ROWS)));
      const opened = await openAll(sealed);
      return {
        searchedAt: new Date(now()).toISOString(),
        needles: countBy(needles.map(({ kind }) => kind)),
        files,
        bytes,
        found,
        tables,
        sealedValues: { tried: sealed.length, opened: opened.filter(({ is }) => is === 'open').length },
        gallery: {
          searches: probes.length,
          named: named.filter((people) => people.includes(subject)).length,
        },
        notSearched: [
          ...elsewhere,
          ...(data === undefined ? [] : [`${join(data, 'models')}: files of models, the same for everybody`]),
          ...copies.flatMap(({ place, state }) =>
            state === 'destroyed' ? [] : [`${place}: cannot be reached`],
          ),
          ...(snapshots.length === 0
            ? []
            : [
                `the keyed hash of the address: it stays in ${snapshots.map((file) => basename(file)).join(', ')} until that is removed`,
              ]),
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

export type Prover = ReturnType<typeof createProver>;

/** Whether the search found anything that should not be there. */
export const isClean = ({ found, tables, sealedValues, gallery }: Proof): boolean =>
  found.length === 0 && (tables?.found.length ?? 0) === 0 && sealedValues.opened === 0 && gallery.named === 0;

function countBy(kinds: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of kinds) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
