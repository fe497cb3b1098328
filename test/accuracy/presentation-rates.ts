import { clusterBootstrap, type Interval, wilsonInterval } from './interval.ts';

/** One picture that was judged. `live` is the model's probability, 0..1; a bona fide one has no species. */
export interface Presentation {
  live: number;
  species?: string;
  /** Pictures of one person are drawn together. */
  person: string;
}

/** Error shares at a threshold: attacks that pass, live people who do not (ISO/IEC 30107-3). */
export interface PresentationPoint {
  threshold: number;
  /** By species; never averaged. */
  apcer: Record<string, { rate: number; interval: Interval; attacks: number }>;
  worst: number;
  bpcer: number;
  bpcerInterval: Interval;
}

const BOOTSTRAP = { replicates: 1000, seed: 20261120 };

/** The lowest threshold at which no species passes more often than `apcer`. */
export function pointForEverySpecies(presentations: Presentation[], apcer: number): PresentationPoint {
  const thresholds = [...speciesOf(presentations)].map(([, attacks]) => thresholdFor(attacks, apcer));
  return pointAt(presentations, Math.max(...thresholds));
}

/** The lowest threshold at which all attacks together pass no more often than `apcer`; single species may. */
export function pointForAllAttacks(presentations: Presentation[], apcer: number): PresentationPoint {
  return pointAt(presentations, thresholdFor(attacksOf(presentations), apcer));
}

export function pointAt(presentations: Presentation[], threshold: number): PresentationPoint {
  const passes = ({ live }: Presentation) => live >= threshold;
  const apcer: PresentationPoint['apcer'] = {};
  for (const [species, attacks] of speciesOf(presentations)) {
    const passed = attacks.filter(passes).length;
    apcer[species] = {
      rate: passed / attacks.length,
      interval: wilsonInterval(passed, attacks.length),
      attacks: attacks.length,
    };
  }
  const people = bonaFideOf(presentations);
  const refused = people.filter((presentation) => !passes(presentation)).length;
  return {
    threshold,
    apcer,
    worst: Math.max(...Object.values(apcer).map(({ rate }) => rate)),
    bpcer: refused / people.length,
    bpcerInterval: wilsonInterval(refused, people.length),
  };
}

/** Errors on people not used to choose the threshold, all folds together. */
export interface HeldOut {
  folds: number;
  /** Lowest and highest threshold of the folds. */
  thresholds: [number, number];
  /** Over all attacks. */
  apcer: number;
  apcerInterval: Interval;
  bpcer: number;
  bpcerInterval: Interval;
}

/** As `pointForAllAttacks`, with the threshold of every fold's people chosen on all others. */
export function pointOnHeldOutPeople(presentations: Presentation[], apcer: number, folds = 5): HeldOut {
  const people = [...new Set(presentations.map(({ person }) => person))].sort();
  const foldOf = ({ person }: Presentation) => people.indexOf(person) % folds;
  const thresholds: number[] = [];
  let [passed, refused] = [0, 0];
  for (let fold = 0; fold < folds; fold++) {
    const others = presentations.filter((one) => foldOf(one) !== fold);
    const threshold = thresholdFor(attacksOf(others), apcer);
    thresholds.push(threshold);
    const held = presentations.filter((one) => foldOf(one) === fold);
    passed += attacksOf(held).filter(({ live }) => live >= threshold).length;
    refused += bonaFideOf(held).filter(({ live }) => live < threshold).length;
  }
  const attacks = attacksOf(presentations).length;
  const live = bonaFideOf(presentations).length;
  return {
    folds,
    thresholds: [Math.min(...thresholds), Math.max(...thresholds)],
    apcer: passed / attacks,
    apcerInterval: wilsonInterval(passed, attacks),
    bpcer: refused / live,
    bpcerInterval: wilsonInterval(refused, live),
  };
}

/** Share of all attacks that pass at a point, all species together. */
export function apcerOfAll({ apcer }: Pick<PresentationPoint, 'apcer'>): {
  rate: number;
  interval: Interval;
} {
  const all = Object.values(apcer);
  const attacks = all.reduce((sum, one) => sum + one.attacks, 0);
  const passed = Math.round(all.reduce((sum, one) => sum + one.rate * one.attacks, 0));
  return { rate: passed / attacks, interval: wilsonInterval(passed, attacks) };
}

/** Over all attacks: the chance that a live picture scores above an attack (ties half), and where APCER = BPCER. */
export function separation(
  presentations: Presentation[],
): Record<'auc' | 'eer', { value: number; interval: Interval }> {
  const people = [...new Set(presentations.map(({ person }) => person))];
  const ranked = presentations
    .map((presentation) => ({ ...presentation, cluster: people.indexOf(presentation.person) }))
    .sort((a, b) => b.live - a.live);
  const statistics = (drawn?: Uint16Array): [number, number] => {
    let above = 0;
    let attacks = 0;
    let live = 0;
    let gap = Number.POSITIVE_INFINITY;
    let eer = Number.NaN;
    const weight = (of: boolean) =>
      ranked.reduce(
        (sum, { species, cluster }) => sum + ((species === undefined) === of ? (drawn?.[cluster] ?? 1) : 0),
        0,
      );
    const allLive = weight(true);
    const allAttacks = weight(false);
    for (let i = 0; i < ranked.length; ) {
      const score = ranked[i]!.live;
      let tiedLive = 0;
      let tiedAttacks = 0;
      for (; ranked[i]?.live === score; i++) {
        const { species, cluster } = ranked[i]!;
        if (species === undefined) tiedLive += drawn?.[cluster] ?? 1;
        else tiedAttacks += drawn?.[cluster] ?? 1;
      }
      above += tiedAttacks * (live + tiedLive / 2);
      live += tiedLive;
      attacks += tiedAttacks;
      const apcer = attacks / allAttacks;
      const bpcer = 1 - live / allLive;
      if (Math.abs(apcer - bpcer) < gap) {
        gap = Math.abs(apcer - bpcer);
        eer = (apcer + bpcer) / 2;
      }
    }
    return [above / (allLive * allAttacks), eer];
  };
  const [auc, eer] = statistics();
  const [aucInterval, eerInterval] = clusterBootstrap(people.length, statistics, BOOTSTRAP);
  return { auc: { value: auc, interval: aucInterval! }, eer: { value: eer, interval: eerInterval! } };
}

function thresholdFor(attacks: Presentation[], apcer: number): number {
  const falling = attacks.map(({ live }) => live).sort((a, b) => b - a);
  const firstRefused = falling[Math.floor(apcer * falling.length + 1e-9)];
  if (firstRefused === undefined) return 0;
  const lastAccepted = falling.findLast((live) => live > firstRefused) ?? 1;
  return firstRefused === 1 ? 1 + Number.EPSILON : (firstRefused + lastAccepted) / 2;
}

const attacksOf = (presentations: Presentation[]) =>
  presentations.filter(({ species }) => species !== undefined);
const bonaFideOf = (presentations: Presentation[]) =>
  presentations.filter(({ species }) => species === undefined);

function speciesOf(presentations: Presentation[]): Map<string, Presentation[]> {
  return Map.groupBy(attacksOf(presentations), ({ species }) => species!);
}
