import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type FacesDeps, readGroups, readPeople } from './faces.ts';
import { readGroupList } from './groups.ts';
import { type Interval, wilsonInterval } from './interval.ts';
import { newton } from './logistic.ts';
import { createRandom } from './random.ts';

/** A linear rule on a unit vector: no person from `limit` on. */
export interface PersonRule {
  weights: number[];
  bias: number;
  limit: number;
}

/** How many pictures of a set are refused by a rule that no picture of its half took part in. */
export interface RefusedShare {
  set: string;
  isPerson: boolean;
  pictures: number;
  refused: number;
  interval: Interval;
}

interface Sample {
  set: string;
  isPerson: boolean;
  /** The person, or the picture: the halves have none in common. */
  owner: string;
  vector: Float32Array;
  weight: number;
}

/** Groups weigh more than the many pictures of LFW, the smallest most, so that the rule costs no group more than another. */
const GROUP_WEIGHT = 3;
const SMALLEST_GROUP_WEIGHT = 8;
/** Of the squared factors of standardized values, beside the mean loss. */
const RIDGE = 0.03;
/** By rules of the other half none of LFW is refused, and 7 of 865 people of the groups, 3 of 93 of the smallest (2026-11-26). */
const LIMIT = 0.5;
const SEED = 20261126;

/**
 * The rule of all pictures, and what rules of one half of them refuse of the other. `others`: a folder with a folder for each kind of
 * picture that shows no person.
 */
export async function measurePersonRule(
  pairsFile: string,
  others: string,
  embedder: string,
  deps: FacesDeps,
): Promise<{ rule: PersonRule; shares: RefusedShare[] }> {
  const samples = await readSamples(pairsFile, others, embedder, deps);
  const [one, other] = halvesOf(samples);
  const found = new Map<string, { isPerson: boolean; pictures: number; refused: number }>();
  for (const [known, unknown] of [
    [one, other],
    [other, one],
  ] as const) {
    const rule = fitPersonRule(known);
    for (const { set, isPerson, vector } of unknown) {
      const count = found.get(set) ?? { isPerson, pictures: 0, refused: 0 };
      count.pictures += 1;
      if (scoreOf(rule, vector) >= rule.limit) count.refused += 1;
      found.set(set, count);
    }
  }
  return {
    rule: fitPersonRule(samples),
    shares: [...found].map(([set, count]) => ({
      set,
      ...count,
      interval: wilsonInterval(count.refused, count.pictures),
    })),
  };
}

async function readSamples(
  pairsFile: string,
  others: string,
  embedder: string,
  deps: FacesDeps,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  const set = basename(dirname(pairsFile));
  for (const [i, pictures] of (await readPeople(pairsFile, deps)).entries())
    for (const one of pictures)
      samples.push({ set, isPerson: true, owner: `${set}/${i}`, vector: one[embedder]!, weight: 1 });
  const groups = await readGroups(deps);
  const smallest = Math.min(...groups.map(({ embeddings }) => embeddings.length));
  for (const { name, embeddings } of groups) {
    const weight = embeddings.length === smallest ? SMALLEST_GROUP_WEIGHT : GROUP_WEIGHT;
    for (const [i, one] of embeddings.entries())
      samples.push({ set: name, isPerson: true, owner: `${name}/${i}`, vector: one[embedder]!, weight });
  }
  for (const { group, files } of readGroupList(others)) {
    deps.progress.start(files.length);
    for (const file of files) {
      const { face } = await deps.analyze(readFileSync(join(others, file)));
      const vector = face?.embeddings[embedder];
      if (vector) samples.push({ set: group, isPerson: false, owner: file, vector, weight: 1 });
      deps.progress.step(file);
    }
    deps.progress.stop();
  }
  return samples;
}

function halvesOf(samples: readonly Sample[]): [Sample[], Sample[]] {
  const random = createRandom(SEED);
  const owners = [...new Set(samples.map(({ owner }) => owner))];
  const first = new Set(owners.filter(() => random() < 0.5));
  return [samples.filter(({ owner }) => first.has(owner)), samples.filter(({ owner }) => !first.has(owner))];
}

/** Logistic regression on standardized values. */
function fitPersonRule(samples: readonly Pick<Sample, 'isPerson' | 'vector' | 'weight'>[]): PersonRule {
  const size = samples[0]!.vector.length;
  const columns = Array.from({ length: size }, (_, i) => samples.map(({ vector }) => vector[i]!));
  const means = columns.map(meanOf);
  const spreads = columns.map((column, i) =>
    Math.max(1e-9, Math.sqrt(meanOf(column.map((value) => (value - means[i]!) ** 2)))),
  );
  const rows = samples.map(({ vector, isPerson, weight }) => ({
    x: [1, ...Array.from(vector, (value, i) => (value - means[i]!) / spreads[i]!)],
    target: isPerson ? 0 : 1,
    weight,
  }));
  const ridge = [0, ...means.map(() => 2 * RIDGE * samples.length)];
  const [base, ...factors] = newton(rows, size + 1, ridge);
  const weights = factors.map((factor, i) => Number((factor / spreads[i]!).toPrecision(4)));
  const shift = factors.reduce((sum, factor, i) => sum + (factor / spreads[i]!) * means[i]!, 0);
  return { weights, bias: Number((base! - shift).toPrecision(4)), limit: LIMIT };
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const scoreOf = ({ weights, bias }: PersonRule, vector: Float32Array): number =>
  weights.reduce((sum, weight, i) => sum + weight * vector[i]!, bias);

export function personRuleAsText(
  shares: readonly RefusedShare[],
  about: { data: string; date: string },
): string {
  const percent = (value: number) => (100 * value).toFixed(1);
  return [
    `${about.data}, ${about.date}: refused as no person, by rules of the other half of the pictures; Wilson 95 %`,
    ...shares.map(
      ({ set, isPerson, pictures, refused, interval: [low, high] }) =>
        `  ${isPerson ? 'people' : 'others'} ${set.padEnd(18)} ${refused} of ${pictures} (${percent(refused / pictures)} % [${percent(low)}, ${percent(high)}])`,
    ),
  ].join('\n');
}
