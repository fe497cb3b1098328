import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { createProgress } from '../../service/cli/terminal/progress.ts';
import type { Terminal } from '../../service/cli/terminal/terminal.ts';
import { measureShift } from '../../service/engine/matching/gallery-calibration/gallery-shift.ts';
import {
  forEveryGroup,
  type Scorer,
  thresholdForFalseMatchRate,
} from '../../service/engine/matching/index.ts';
import { crossScores } from '../../service/inference/gallery/cross-scores.ts';
import type { Manifest, ScorerEntry } from '../../service/inference/models/manifest.ts';
import { defined } from '../../service/lib/defined.ts';
import { withMeasuredPipeline } from '../support/measured-pipeline.ts';
import { noCache, openEmbeddingCache } from './embedding-cache.ts';
import { judgesOf, readGroups } from './faces.ts';
import { type Group, samePerson } from './groups.ts';
import { createRandom } from './random.ts';

/** Shares of an organization's people by group. */
type Composition = readonly [group: string, share: number][];

/** False-match rates in multiples of the nominal one, means over the draws. */
export interface OwnGalleryRow {
  holdsFor: string;
  composition: string;
  people: number;
  /** Of strangers drawn as the organization is, with all of its people: by the table, and with the shift. */
  table: number;
  shifted: number;
  /** Of strangers of one group with the people of that group, in the group where it is highest. */
  worstTable: number;
  worstShifted: number;
  /** Share of organizations whose thresholds were raised. */
  raised: number;
}

const NOMINAL = 1e-3;
const DRAWS = 60;
const SEED = 20261126;
const SIZES = [30, 60, 100];
/** A group needs so many people who are not drawn, to be strangers. */
const FEWEST_STRANGERS = 14;

/** Organizations drawn from the groups by the rule of the product; none of them is a stranger. */
export function measureOwnGalleries(
  scorer: ScorerEntry,
  groups: readonly Group[],
  judges: readonly string[],
): OwnGalleryRow[] {
  const people = groups.flatMap(({ name, embeddings }) => embeddings.map((one) => ({ name, one })));
  const scores = scoreMatrix(
    scorer,
    people.map(({ one }) => one),
    judges,
  );
  const placesOf = (group: string) => [...people.keys()].filter((place) => people[place]!.name === group);
  const rows: OwnGalleryRow[] = [];
  for (const { holdsFor = 'average', calibration } of new Set<Scorer>([scorer, forEveryGroup(scorer)])) {
    const { threshold } = thresholdForFalseMatchRate(calibration, NOMINAL);
    for (const composition of compositionsOf(groups.map(({ name }) => name)))
      for (const size of SIZES) {
        const random = createRandom(SEED);
        const parts = composition.map(([group, share]) => ({
          share,
          places: placesOf(group),
          count: Math.max(1, Math.round(share * size)),
        }));
        if (parts.some(({ places, count }) => places.length < count + FEWEST_STRANGERS)) continue;
        const draws = Array.from({ length: DRAWS }, () => {
          const drawn = parts.map(({ share, places, count }) => {
            const mixed = shuffled(places, random);
            return { share, members: mixed.slice(0, count), strangers: mixed.slice(count) };
          });
          const gallery = drawn.flatMap(({ members }) => members);
          const { shift } = measureShift(pairScores(scores, gallery), calibration);
          const rates = (at: number) => ({
            all: drawn.reduce(
              (sum, { share, strangers }) => sum + share * rateOf(scores, strangers, gallery, at),
              0,
            ),
            own: drawn.map(({ strangers, members }) => rateOf(scores, strangers, members, at)),
          });
          return { shift, table: rates(threshold), shifted: rates(threshold + shift) };
        });
        const times = (rate: (draw: (typeof draws)[number]) => number) =>
          draws.reduce((sum, draw) => sum + rate(draw), 0) / DRAWS / NOMINAL;
        const worst = (which: 'table' | 'shifted') =>
          Math.max(...parts.map((_, part) => times((draw) => draw[which].own[part]!)));
        rows.push({
          holdsFor,
          composition: composition
            .map(([group, share]) => `${Math.round(100 * share)} % ${group}`)
            .join(', '),
          people: size,
          table: times(({ table }) => table.all),
          shifted: times(({ shifted }) => shifted.all),
          worstTable: worst('table'),
          worstShifted: worst('shifted'),
          raised: draws.filter(({ shift }) => shift > 0).length / DRAWS,
        });
      }
  }
  return rows;
}

/** One group, halves, and each group as a minority of 5 % beside the largest. */
function compositionsOf(groups: readonly string[]): Composition[] {
  const largest = groups.at(-1)!;
  const halves = groups.flatMap((one, i) =>
    groups.slice(i + 1).map(
      (other): Composition => [
        [one, 0.5],
        [other, 0.5],
      ],
    ),
  );
  const minorities = groups.slice(0, -1).map(
    (one): Composition => [
      [one, 0.05],
      [largest, 0.95],
    ],
  );
  return [...groups.map((one): Composition => [[one, 1]]), ...halves, ...minorities];
}

/** NaN for a pair that is one person's. */
function scoreMatrix(
  { terms }: ScorerEntry,
  embeddings: Group['embeddings'],
  judges: readonly string[],
): Float64Array[] {
  const people = embeddings.length;
  const leftOut: [number, number][] = [];
  for (let a = 0; a < people; a++)
    for (let b = a + 1; b < people; b++)
      if (samePerson(embeddings[a]!, embeddings[b]!, judges)) leftOut.push([a, b]);
  const { byPair } = crossScores({
    people,
    leftOut,
    terms: terms.map(({ model, weight, offset }) => {
      const dimensions = embeddings[0]![model]!.length;
      const vectors = new Float32Array(people * dimensions);
      for (const [place, one] of embeddings.entries()) vectors.set(one[model]!, place * dimensions);
      return { weight, offset, dimensions, vectors };
    }),
  });
  const matrix = Array.from({ length: people }, () => new Float64Array(people).fill(Number.NaN));
  let pair = 0;
  for (let a = 0; a < people; a++)
    for (let b = a + 1; b < people; b++, pair++) matrix[a]![b] = matrix[b]![a] = byPair[pair]!;
  return matrix;
}

const pairScores = (scores: readonly Float64Array[], people: readonly number[]): Float64Array =>
  Float64Array.from(
    people
      .flatMap((a, i) => people.slice(i + 1).map((b) => scores[a]![b]!))
      .filter((one) => !Number.isNaN(one)),
  ).sort();

function rateOf(
  scores: readonly Float64Array[],
  strangers: readonly number[],
  members: readonly number[],
  threshold: number,
): number {
  let [above, all] = [0, 0];
  for (const a of strangers)
    for (const b of members) {
      const score = scores[a]![b]!;
      if (Number.isNaN(score)) continue;
      all += 1;
      if (score >= threshold) above += 1;
    }
  return above / Math.max(1, all);
}

function shuffled(all: readonly number[], random: () => number): number[] {
  const drawn = [...all];
  for (let i = drawn.length - 1; i > 0; i--) {
    const other = Math.floor(random() * (i + 1));
    [drawn[i], drawn[other]] = [drawn[other]!, drawn[i]!];
  }
  return drawn;
}

function asText(rows: readonly OwnGalleryRow[]): string {
  const times = (value: number) => value.toFixed(2).padStart(6);
  return rows
    .map(
      ({ holdsFor, composition, people, raised, ...one }) =>
        `${holdsFor.padEnd(11)}  ${composition.padEnd(24)}  ${String(people).padStart(3)} people: table ${times(one.table)}, shifted ${times(one.shifted)}; worst group ${times(one.worstTable)}, ${times(one.worstShifted)}; raised in ${Math.round(100 * raised)} %`,
    )
    .join('\n');
}

/** `npm run accuracy -- own-gallery`; `hashesOf`: what the cache is keyed by. */
export function createOwnGalleryCommand(
  terminal: Terminal,
  hashesOf: (manifest: Manifest) => string,
): Command {
  return new Command('own-gallery')
    .description(
      'own-gallery calibration: false matches in organizations of one group, halves and a minority',
    )
    .option('--groups <folder>', 'pictures of people by group, a folder each', '../shared/data/faces-groups')
    .option('--scorer <id>', 'scorer', 'r')
    .option('--cache <file>', 'as of faces')
    .option('--workers <n>', 'worker threads', '2')
    .option('--json', 'print JSON')
    .action(
      async (options: { groups: string; scorer: string; cache?: string; workers: string; json?: true }) => {
        if (!existsSync(options.groups))
          throw new Error(`Not measured: ${options.groups} is not on this machine.`);
        const scratch = mkdtempSync(join(tmpdir(), 'own-gallery-'));
        const workers = Number(options.workers);
        try {
          const rows = await withMeasuredPipeline(
            { workers, embedders: 'all', scratch },
            async ({ analyzer, manifest, request }) => {
              const scorer = manifest.scorers.find(({ id }) => id === options.scorer);
              if (!scorer) throw new Error(`There is no scorer ${options.scorer}.`);
              const groups = await readGroups({
                analyze: (picture) => analyzer.analyze(picture, { ...request, deadline: 60_000 }),
                scorers: manifest.scorers,
                concurrency: 2 * workers,
                progress: await createProgress(terminal, 'own-gallery'),
                cache:
                  options.cache === undefined
                    ? noCache
                    : openEmbeddingCache(options.cache, hashesOf(manifest)),
                ...defined({ groups: resolve(options.groups) }),
              });
              return measureOwnGalleries(scorer, groups, judgesOf(manifest.scorers));
            },
          );
          const title = `scorer ${options.scorer}, ${DRAWS} draws each, FMR in multiples of ${NOMINAL}`;
          terminal.answer(options.json ? JSON.stringify(rows) : `${title}\n${asText(rows)}`);
        } finally {
          rmSync(scratch, { recursive: true });
        }
      },
    );
}
