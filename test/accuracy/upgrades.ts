import {
  type Embeddings,
  holdingFor,
  holdsRate,
  isSameAt,
  type Scorer,
  thresholdForFalseMatchRate,
} from '../../service/engine/matching/index.ts';
import { scoreOf } from '../../service/engine/matching/score.ts';
import { upgradeRate } from '../../service/engine/verification/enrollment/upgrade-templates.ts';
import type { ScorerEntry } from '../../service/inference/models/manifest.ts';
import { judgesOf } from './faces.ts';
import { type Group, samePerson } from './groups.ts';
import type { People } from './judgement.ts';

/** What becomes of strangers that a superseded scorer takes for the person, and of the person. */
export interface UpgradeReport {
  scorer: string;
  /** Ordered pairs (a picture enrolled, a picture of a stranger) of people of LFW, and of people of one group. */
  pairs: { people: number; groups: number };
  /** Those that the profile's own rule verifies by the superseded scorer: its real false matches. */
  verified: { people: number; groups: number };
  /** Of these, those whose picture would be kept as provisional. */
  kept: { people: number; groups: number };
  /** Two pictures of one stranger against one enrolled picture: the stranger becomes the person. Groups have one picture of each. */
  upgraded: number;
  /** Share of two visits of the person that upgrade, by pictures enrolled. */
  genuine: { pictures: number; visits: number; upgraded: number }[];
}

const RATE = 1e-3;
const MOST_ENROLLED = 4;

/** At the profile's rate of 1 in 1,000 for every measured group. `people`: with all their pictures. */
export function measureUpgrades(
  people: People,
  groups: readonly Group[],
  scorers: readonly ScorerEntry[],
): UpgradeReport[] {
  return scorers
    .filter(({ supersededBy }) => supersededBy !== undefined)
    .map((former) => {
      const present = scorers.filter(({ id }) => id === former.supersededBy);
      const rule = {
        verifies: former,
        strict: holdingFor([former], 'every-group', former.id),
        agree: holdingFor(present, 'every-group'),
        judges: judgesOf(present),
      };
      return reportOf(former.id, people, groups, rule);
    });
}

interface Rule {
  verifies: ScorerEntry;
  strict: Scorer[];
  agree: Scorer[];
  /** Embedders that say who is one person in two pictures. */
  judges: string[];
}

const noShift = () => 0;

function reportOf(scorer: string, people: People, groups: readonly Group[], rule: Rule): UpgradeReport {
  const { threshold } = thresholdForFalseMatchRate(rule.verifies.calibration, RATE / 10);
  const verifies = (probe: Embeddings, enrolled: Embeddings) =>
    scoreOf(rule.verifies, probe, enrolled)! >= threshold;
  const keeps = (probe: Embeddings, enrolled: readonly Embeddings[]) =>
    holdsRate(rule.strict, probe, enrolled, upgradeRate(RATE), noShift);
  const agrees = (a: Embeddings, b: Embeddings) => isSameAt(rule.agree, a, b, RATE) === true;

  const report: UpgradeReport = {
    scorer,
    pairs: { people: 0, groups: 0 },
    verified: { people: 0, groups: 0 },
    kept: { people: 0, groups: 0 },
    upgraded: 0,
    genuine: [],
  };
  for (const [i, own] of people.entries())
    for (const enrolled of own)
      for (const [j, others] of people.entries()) {
        if (i === j) continue;
        report.pairs.people += others.length;
        const verified = others.filter((probe) => verifies(probe, enrolled));
        const kept = verified.filter((probe) => keeps(probe, [enrolled]));
        report.verified.people += verified.length;
        report.kept.people += kept.length;
        for (const [at, first] of kept.entries())
          report.upgraded += kept.slice(at + 1).filter((second) => agrees(first, second)).length;
      }
  for (const { embeddings } of groups)
    for (const [i, enrolled] of embeddings.entries())
      for (const [j, probe] of embeddings.entries()) {
        // Some pictures are twins of one shoot: who is one person by the scorer in use is no stranger.
        if (i === j || samePerson(enrolled, probe, rule.judges)) continue;
        report.pairs.groups += 1;
        if (!verifies(probe, enrolled)) continue;
        report.verified.groups += 1;
        if (keeps(probe, [enrolled])) report.kept.groups += 1;
      }
  for (let pictures = 1; pictures <= MOST_ENROLLED; pictures++)
    report.genuine.push(genuineOf(people, pictures, keeps, agrees));
  return report;
}

/** The first pictures of each person are enrolled, every two of the others are visits. */
function genuineOf(
  people: People,
  pictures: number,
  keeps: (probe: Embeddings, enrolled: readonly Embeddings[]) => boolean,
  agrees: (a: Embeddings, b: Embeddings) => boolean,
): UpgradeReport['genuine'][number] {
  let [visits, upgraded] = [0, 0];
  for (const own of people) {
    const enrolled = own.slice(0, pictures);
    const probes = own.slice(pictures);
    const kept = probes.map((probe) => keeps(probe, enrolled));
    for (let i = 0; i < probes.length; i++)
      for (let j = i + 1; j < probes.length; j++) {
        visits += 1;
        if (kept[i] && kept[j] && agrees(probes[i]!, probes[j]!)) upgraded += 1;
      }
  }
  return { pictures, visits, upgraded };
}

export function upgradesAsText(reports: readonly UpgradeReport[], about: string): string {
  const percent = (hits: number, of: number) => `${((100 * hits) / Math.max(1, of)).toFixed(1)} %`;
  return [
    `${about}; profile default: 1 in 1,000 for every measured group`,
    ...reports.flatMap(({ scorer, pairs, verified, kept, upgraded, genuine }) => [
      '',
      `${scorer}, ordered pairs of strangers, ${pairs.people} of the pictures of people and ${pairs.groups} within groups:`,
      `  taken for the person by the former scorer   ${verified.people} and ${verified.groups}`,
      `  kept as provisional                         ${kept.people} and ${kept.groups}`,
      `  two visits of one stranger upgrade          ${upgraded} (groups have one picture of each person)`,
      ...genuine.map(
        (one) =>
          `  two visits of the person upgrade            ${percent(one.upgraded, one.visits)} of ${one.visits}, ${one.pictures} enrolled`,
      ),
    ]),
  ].join('\n');
}
