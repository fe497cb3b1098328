import { type MatchPlan, matchRateForGallery } from '../../service/engine/matching/index.ts';
import type { ScorerEntry } from '../../service/inference/models/manifest.ts';
import { calibrationTable } from './calibration-table.ts';
import { type Interval, wilsonInterval } from './interval.ts';
import { enrollmentOf, matchingOver, type People, REALM, shuffled } from './judgement.ts';
import { createRandom } from './random.ts';
import { allCosines, compareSingles } from './several-pictures.ts';

/** Of the first draw a share with Wilson's 95 % interval, each person counted once; of all draws the mean and the least and most. */
export interface DrawnShare {
  hits: number;
  of: number;
  interval: Interval;
  mean: number;
  range: [number, number];
}

/** One scope of `members` people with one picture each. Fractions. */
export interface ScopeReport {
  scorer: string;
  /** `shipped`: the tables of the manifest. `held out`: made of the people who take part in no draw of the scope. */
  tables: 'shipped' | 'held out';
  falseFlagRate: number;
  /** Members who return with another picture: taken for themselves, and in the grey band. */
  found: DrawnShare;
  foundInReview: DrawnShare;
  /** People who are no members: taken for one, and in the grey band. */
  flagged: DrawnShare;
  flaggedToReview: DrawnShare;
}

export interface ScopeOptions {
  members: number;
  returning: number;
  strangers: number;
  draws: number;
  falseFlagRates: readonly number[];
  /** The review rate, in multiples of the false-flag rate. */
  reviewed: number;
}

const SEED = 20261121;
const counted = ['found', 'foundInReview', 'flagged', 'flaggedToReview'] as const;
type Counts = Record<(typeof counted)[number], number>;

/** Uniqueness by the product's own search and thresholds, as engine/uniqueness asks for them, over scopes drawn at random. */
export async function measureScopes(
  people: People,
  scorers: readonly ScorerEntry[],
  order: ScopeOptions,
): Promise<ScopeReport[]> {
  const reports: ScopeReport[] = [];
  for (const [i, scorer] of scorers.entries())
    for (const tables of ['shipped', 'held out'] as const)
      for (const falseFlagRate of order.falseFlagRates) {
        const random = createRandom(SEED);
        const draws: Counts[] = [];
        for (let draw = 0; draw < order.draws; draw++) {
          const drawn = drawScope(people, order, random);
          const measured = tables === 'shipped' ? scorers.slice(0, i + 1) : [withTable(scorer, drawn.others)];
          draws.push(await countDraw(drawn, { scorers: measured as never }, falseFlagRate, order));
        }
        const shares = counted.map((name) => [name, shareOf(name, draws, order)] as const);
        reports.push({
          scorer: scorer.id,
          tables,
          falseFlagRate,
          ...Object.fromEntries(shares),
        } as ScopeReport);
      }
  return reports;
}

interface Drawn {
  members: People;
  strangers: People;
  others: People;
}

/** Those who return come first. */
function drawScope(
  people: People,
  { members, returning, strangers }: ScopeOptions,
  random: () => number,
): Drawn {
  const several = shuffled(
    people.filter((pictures) => pictures.length > 1),
    random,
  ).slice(0, returning);
  const rest = shuffled(
    people.filter((pictures) => !several.includes(pictures)),
    random,
  );
  const single = members - returning;
  return {
    members: [...several, ...rest.slice(0, single)],
    strangers: rest.slice(single, single + strangers),
    others: rest.slice(single + strangers),
  };
}

async function countDraw(
  { members, strangers }: Drawn,
  plan: MatchPlan,
  falseFlagRate: number,
  { returning, reviewed }: ScopeOptions,
): Promise<Counts> {
  const gallery = members.map(([first], i) => [enrollmentOf(first!, `${i}`, `sub_${i}`, true)]);
  const { search } = matchingOver(gallery);
  const surely = Math.log10(matchRateForGallery(falseFlagRate, members.length));
  const rates = { falseIdentificationRate: falseFlagRate * reviewed };
  const counts: Counts = { found: 0, foundInReview: 0, flagged: 0, flaggedToReview: 0 };
  for (const [i, pictures] of members.slice(0, returning).entries()) {
    const { alike } = await search(REALM, pictures[1]!, plan, rates, () => true);
    if (alike[0]?.subject !== gallery[i]![0]!.subject) continue;
    counts[alike[0].comparison.logRate <= surely ? 'found' : 'foundInReview'] += 1;
  }
  for (const [probe] of strangers) {
    const [nearest] = (await search(REALM, probe!, plan, rates, () => true)).alike;
    if (nearest) counts[nearest.comparison.logRate <= surely ? 'flagged' : 'flaggedToReview'] += 1;
  }
  return counts;
}

/** The scorer with a table of these people alone. */
function withTable(scorer: ScorerEntry, people: People): ScorerEntry {
  const personOf = people.flatMap((pictures, person) => pictures.map(() => person));
  const pictures = people.flat();
  const terms = scorer.terms.map(({ model, weight, offset }) => ({
    weight,
    offset,
    cosines: allCosines(pictures.map((one) => one[model]!)),
  }));
  const { several: _, ...calibration } = scorer.calibration;
  return { ...scorer, calibration: { ...calibration, ...calibrationTable(compareSingles(personOf, terms)) } };
}

function shareOf(
  name: (typeof counted)[number],
  draws: readonly Counts[],
  { returning, strangers }: ScopeOptions,
): DrawnShare {
  const of = name.startsWith('found') ? returning : strangers;
  const all = draws.map((draw) => draw[name] / of);
  const hits = draws[0]![name];
  return {
    hits,
    of,
    interval: wilsonInterval(hits, of),
    mean: all.reduce((sum, one) => sum + one, 0) / all.length,
    range: [Math.min(...all), Math.max(...all)],
  };
}

/** Lines of the report. */
export function scopesAsText(reports: readonly ScopeReport[], about: string): string {
  const percent = (value: number) => `${(100 * value).toFixed(value < 0.1 ? 2 : 1)} %`;
  const cell = ({ hits, of, interval, mean, range }: DrawnShare) =>
    `${hits}/${of} [${percent(interval[0])}, ${percent(interval[1])}], all draws ${percent(mean)} (${percent(range[0])} to ${percent(range[1])})`;
  return [
    about,
    'Of the first draw: counts with Wilson 95 % intervals; of all draws: mean (least to most).',
    ...reports.flatMap(({ scorer, tables, falseFlagRate, ...one }) => [
      '',
      `${scorer}, ${tables} tables, configured false-flag rate ${percent(falseFlagRate)}:`,
      `  members who return, known at once   ${cell(one.found)}`,
      `  members who return, to a reviewer   ${cell(one.foundInReview)}`,
      `  strangers taken for a member        ${cell(one.flagged)}`,
      `  strangers to a reviewer             ${cell(one.flaggedToReview)}`,
    ]),
  ].join('\n');
}
