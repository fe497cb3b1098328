import {
  cosineSimilarity,
  createMatching,
  type Embeddings,
  forEveryGroup,
  type MatchPlan,
  thresholdForFalseMatchRate,
} from '../../service/engine/matching/index.ts';
import { samePerson } from '../../service/engine/matching/matching.ts';
import { scoreOf } from '../../service/engine/matching/score.ts';
import type { Enrollment, Realm } from '../../service/engine/people/index.ts';
import type { ScorerEntry } from '../../service/inference/models/manifest.ts';
import type { SubjectId, TemplateId } from '../../service/lib/id.ts';
import { type Interval, wilsonInterval } from './interval.ts';
import { createRandom } from './random.ts';

/** Refused genuine people or accepted strangers; `interval` is Wilson's, 95 %, and counts comparisons as independent. */
export interface Share {
  hits: number;
  of: number;
  rate: number;
  interval: Interval;
}

/** One rule of judgement as it was and as it is, on the same pictures. */
export interface RuleReport {
  rule: string;
  rows: { variant: string; genuineRefused: Share; strangersAccepted: Share }[];
}

/** A person's pictures, best first as they are enrolled. */
export type People = readonly (readonly Embeddings[])[];

/** The rates of the built-in profile `default`, which hold for every group. */
const RATES = { falseMatchRate: 1e-3, falseIdentificationRate: 0.01 };
const SEED = 20261121;
export const REALM = { organization: 'org_measured', world: 'live' } as Realm;

const share = (hits: number, of: number): Share => ({
  hits,
  of,
  rate: of === 0 ? Number.NaN : hits / of,
  interval: wilsonInterval(hits, of),
});

/** The rules of judgement that changed with the corrections, each before and after, by the product's own functions. */
export async function measureJudgement(
  people: People,
  scorer: ScorerEntry,
  gallerySizes: readonly number[] = [50, 200],
): Promise<RuleReport[]> {
  const plan: MatchPlan = { scorers: [forEveryGroup(scorer)] };
  const reports = [secondPictures(people, plan.scorers), await unconfirmedPictures(people, plan)];
  for (const size of gallerySizes) reports.push(await searches(people, plan, size));
  return reports;
}

export const enrollmentOf = (
  embeddings: Embeddings,
  id: string,
  subject: string,
  anchor: boolean,
): Enrollment => ({
  id,
  subject: subject as SubjectId,
  quality: 1,
  createdAt: 0,
  anchor,
  templates: Object.entries(embeddings).map(([embedder, vector]) => ({
    id: `tpl_${id}` as TemplateId,
    embedder,
    vector: vector!,
  })),
});

/** A second picture beside the first: at the rate of a verification (before), or by an anchor and the majority at 1 % (now). */
function secondPictures(people: People, scorers: MatchPlan['scorers']): RuleReport {
  const scorer = scorers.at(-1)!;
  const { threshold } = thresholdForFalseMatchRate(scorer.calibration, RATES.falseMatchRate);
  const before = (first: Embeddings, second: Embeddings) => scoreOf(scorer, first, second)! >= threshold;
  const now = (first: Embeddings, second: Embeddings) =>
    samePerson(scorers, second, [enrollmentOf(first, 'first', 'sub_one', true)]).same;
  const several = people.filter((pictures) => pictures.length > 1);
  const measure = (variant: string, accepts: typeof now) => {
    const refused = several.filter(([first, second]) => !accepts(first!, second!)).length;
    let strangers = 0;
    for (const [i, [first]] of several.entries())
      for (const [j, [other]] of several.entries()) if (i !== j && accepts(first!, other!)) strangers += 1;
    return {
      variant,
      genuineRefused: share(refused, several.length),
      strangersAccepted: share(strangers, several.length * (several.length - 1)),
    };
  };
  return {
    rule: `a second picture at enrollment, ${several.length} people`,
    rows: [
      measure('before: at the verification rate', before),
      measure('now: anchor and majority at 1 %', now),
    ],
  };
}

/** A verification of people with a confirmed picture and further unconfirmed ones: with and without the look at the anchors. */
async function unconfirmedPictures(people: People, plan: MatchPlan): Promise<RuleReport> {
  const several = people.filter((pictures) => pictures.length > 2);
  const measure = async (variant: string, allAnchors: boolean) => {
    let [refused, strangers, genuine, others] = [0, 0, 0, 0];
    for (const [i, pictures] of several.entries()) {
      const enrolled = pictures
        .slice(0, -1)
        .map((embeddings, k) => enrollmentOf(embeddings, `${k}`, `sub_${i}`, allAnchors || k === 0));
      const { against } = matchingOver([enrolled]);
      const matches = async (probe: Embeddings) =>
        (await against(REALM, enrolled[0]!.subject, probe, plan, RATES.falseMatchRate)).matched;
      genuine += 1;
      if (!(await matches(pictures.at(-1)!))) refused += 1;
      for (const [j, [other]] of people.entries()) {
        if (people[j] === pictures) continue;
        others += 1;
        if (await matches(other!)) strangers += 1;
      }
    }
    return { variant, genuineRefused: share(refused, genuine), strangersAccepted: share(strangers, others) };
  };
  return {
    rule: `1:1 with one confirmed and further unconfirmed pictures, ${several.length} people`,
    rows: [
      await measure('before: all pictures alike', true),
      await measure('now: the anchors too, at ten times the rate', false),
    ],
  };
}

/** 1:N over galleries drawn at random: by the gallery's rate alone (before), and never laxer than 1:1 (now). */
async function searches(people: People, plan: MatchPlan, size: number): Promise<RuleReport> {
  const DRAWS = Math.ceil(1000 / size);
  const STRANGERS = 200;
  const several = people.filter((pictures) => pictures.length > 1);
  const measure = async (
    variant: string,
    rates: Parameters<ReturnType<typeof createMatching>['search']>[3],
  ) => {
    const random = createRandom(SEED);
    let [refused, strangers, genuine, others] = [0, 0, 0, 0];
    for (let draw = 0; draw < DRAWS; draw++) {
      const chosen = shuffled(several, random).slice(0, size);
      const outside = shuffled(
        people.filter((pictures) => !chosen.includes(pictures)),
        random,
      ).slice(0, STRANGERS);
      const gallery = chosen.map(([first], i) => [enrollmentOf(first!, `${i}`, `sub_${i}`, true)]);
      const { search } = matchingOver(gallery);
      const find = (probe: Embeddings) => search(REALM, probe, plan, rates, () => true);
      for (const [i, pictures] of chosen.entries()) {
        const { matched, subject } = await find(pictures[1]!);
        genuine += 1;
        if (!matched || subject !== gallery[i]![0]!.subject) refused += 1;
      }
      for (const [probe] of outside) {
        others += 1;
        if ((await find(probe!)).matched) strangers += 1;
      }
    }
    return { variant, genuineRefused: share(refused, genuine), strangersAccepted: share(strangers, others) };
  };
  const { falseIdentificationRate } = RATES;
  return {
    rule: `1:N over ${size} people with one picture, ${DRAWS} galleries`,
    rows: [
      await measure('before: the gallery’s rate (FPIR 1 %)', { falseIdentificationRate }),
      await measure('now: and never laxer than 1:1', RATES),
    ],
  };
}

/** The product's matching over people held in memory, without a correction of the organization's own. */
export function matchingOver(gallery: readonly Enrollment[][]) {
  const bySubject = new Map(gallery.map((enrolled) => [enrolled[0]!.subject, enrolled]));
  return createMatching({
    subjects: {
      catchUp: async () => {},
      enrollments: async (_realm, subject) => bySubject.get(subject) ?? [],
      enrollmentsOf: async (_realm, subjects) =>
        new Map(subjects.map((subject) => [subject, bySubject.get(subject)!])),
      people: () => gallery.length,
      nearest: async (_realm, embedder, probe, most) => nearestTo(probe, gallery, embedder).slice(0, most),
    },
    shifts: { of: () => () => 0, calibrationStateOf: () => () => 'not-measured' },
  });
}

function nearestTo(probe: Float32Array, gallery: readonly Enrollment[][], searched: string): SubjectId[] {
  return gallery
    .map((enrolled) => {
      const { vector } = enrolled[0]!.templates.find(({ embedder }) => embedder === searched)!;
      return { subject: enrolled[0]!.subject, cosine: cosineSimilarity(vector, probe) };
    })
    .sort((a, b) => b.cosine - a.cosine)
    .map(({ subject }) => subject);
}

export function shuffled<T>(list: readonly T[], random: () => number): T[] {
  const copy = [...list];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [copy[i], copy[j]] = [copy[j]!, copy[i]!];
  }
  return copy;
}
