import type { BehaviorModel } from '../../../../service/engine/behavior/index.ts';
import { sumOfStumps } from '../../../../service/engine/behavior/model/behavior-model.ts';
import { bots } from '../../../bots/bots.ts';
import { markdownTable } from '../../../support/evidence.ts';
import { type Area, areaOf, percent, type Rate, rateOfPeople, shown, shownArea } from '../figures.ts';
import { aboutSessions, personOf, siteOf } from '../sets/data-set.ts';
import { zeroForOthers } from '../training/zero-for-others.ts';
import type { BehaviorWindow } from '../windows.ts';
import { type Bar, isFull } from './bar.ts';
import { devQuantiles, fitOn } from './dev-quantile.ts';
import { type Halves, judgeHalves } from './halves.ts';
import { trainingWindows } from './learned.ts';

/** People under a limit, and windows of imitators under it. */
interface Under {
  people: Rate;
  programs: Rate;
}

interface Row {
  /** Sites whose people are in training. */
  from: string[];
  to: string;
  /** At the 1 % of all people of training together. */
  pooled: Under;
  /** At the 1 % of the site of training whose people score lowest: the zero that the product takes. */
  zero: Under;
  /** Of the people who are not in the half to whose 1 % the zero moved. */
  after: Under;
  /** The same of many halves of all people of the site, drawn at random. */
  halves: Halves;
  /** Of the first half's zero from that of the weights. */
  drift: number;
  /** People of the site against imitators of the zoo in sessions that training has not seen. */
  area: Area;
  generators: { name: string; area: Area; caught: Rate }[];
  /** At the pooled limit, of each person. */
  persons: { person: string; hits: number; of: number }[];
}

/** Bar 5: people of a site that is in no training are judged, before and after z0 moves to their own traffic. */
export function measureSite(
  windows: readonly BehaviorWindow[],
  extra: readonly BehaviorWindow[],
  shipped: BehaviorModel,
): Bar {
  const people = windows.filter((window) => window.label === 'human' && isFull(window));
  const programs = imitationsOf(windows);
  const sites = [...new Set(people.map(({ set }) => siteOf(set)))].filter((site) =>
    shipped.trained.on.includes(site),
  );
  const trainings = sites.flatMap((to) => {
    const others = sites.filter((site) => site !== to);
    const alone = others.length > 1 ? others.map((one) => [one]) : [];
    return [others, ...alone].map((from) => ({ from, to }));
  });
  const rows = trainings.map(({ from, to }) => {
    const used = trainingWindows([...windows, ...extra], {
      sites: sites.filter((site) => !from.includes(site)),
    });
    return rowOf({ from, to }, used, people, programs);
  });
  // Leave-site-out: weights with the people of a single site are shown, and nothing ships that is made so.
  const judged = rows.filter(({ from }) => from.length === sites.length - 1);
  const parts = judged.flatMap(({ pooled, halves }) => [pooled.people.rate <= 0.05, halves.people <= 0.015]);
  return {
    number: 5,
    title: 'People of a site that training has never seen',
    goal: 'FPR 5 % at most at the 1 % of the people of training together, 1.5 % after recalibration (mean over random halves of the people); with the people of all other sites in training (those of one site alone are shown)',
    verdict: parts.every(Boolean) ? 'holds' : parts.some(Boolean) ? 'in part' : 'missed',
    result: rows
      .map(
        ({ from, to, pooled, zero, after, halves }) =>
          `${from.join(' and ')} to ${to}: ${shown(pooled.people)} (under z0 ${percent(zero.people.rate)}), recalibrated ${percent(halves.people)} (first half to the other: ${shown(after.people)})`,
      )
      .join('; '),
    lines: linesOf(rows),
    measured: rows,
  };
}

function rowOf(
  { from, to }: Pick<Row, 'from' | 'to'>,
  used: readonly BehaviorWindow[],
  people: readonly BehaviorWindow[],
  programs: readonly BehaviorWindow[],
): Row {
  const weights = fitOn(used);
  const { pooled, lowest } = devQuantiles(used);
  const zOf = ({ data }: BehaviorWindow): number => sumOfStumps(data.mouse, weights);
  const site = people.filter(({ set }) => siteOf(set) === to);
  const confirmed = site.filter(({ half }) => half === 'dev');
  const others = confirmed.length === 0 ? [] : site.filter(({ half }) => half === 'held-out');
  // As the product moves it, which asks for more windows and people than some sets have.
  const scoredOf = (window: BehaviorWindow) => ({ person: personOf(window), z: zOf(window) });
  const moved = zeroForOthers(confirmed.map(scoredOf));
  const share = (list: readonly BehaviorWindow[], limit: number): Rate =>
    rateOfPeople(list, personOf, (window) => zOf(window) < limit);
  const under = (judged: readonly BehaviorWindow[], limit: number): Under => ({
    people: share(judged, limit),
    programs: share(judged.length === 0 ? [] : programs, limit),
  });
  const area = (list: readonly BehaviorWindow[]): Area => {
    const [human, bot] = [site, list].map((some) =>
      some.map((window) => ({ of: personOf(window), value: zOf(window) })),
    );
    return areaOf(human!, bot!);
  };
  return {
    from,
    to,
    pooled: under(site, pooled),
    zero: under(site, lowest),
    after: under(others, moved),
    halves: judgeHalves(site.map(scoredOf), programs.map(zOf)),
    drift: moved - lowest,
    area: area(programs),
    generators: [...Map.groupBy(programs, ({ generator }) => generator!)].map(([name, own]) => ({
      name,
      area: area(own),
      caught: share(own, pooled),
    })),
    persons: [...Map.groupBy(site, ({ person }) => person)].map(([person, own]) => {
      const { hits, of } = share(own, pooled);
      return { person, hits, of };
    }),
  };
}

/** Windows of imitators whose other sessions are in training. */
function imitationsOf(windows: readonly BehaviorWindow[]): BehaviorWindow[] {
  const names = new Set(bots.filter(({ kind }) => kind === 'humanised').map(({ name }) => name));
  return windows.filter(
    (window) => names.has(window.generator ?? '') && window.half === 'held-out' && isFull(window),
  );
}

function linesOf(rows: readonly Row[]): string[] {
  const balabit = rows.find(({ from, to }) => to === 'balabit' && from.length > 1)?.persons ?? [];
  const generators = rows[0]?.generators.map(({ name }) => name) ?? [];
  return [
    ...markdownTable(
      [
        ...['people of training', 'people judged', 'AUC against imitators'],
        ...['FPR at the 1 % of the people of training together', 'TPR there'],
        ...['FPR under z0, the 1 % of the lowest site of training', 'TPR there'],
        ...[
          'FPR of other people, after z0 moved to 1 % of one half: mean of random halves (95 of 100 at most)',
        ],
        ...['TPR then', 'FPR after z0 moved to 1 % of the first half', 'TPR then', 'by how much'],
      ],
      rows.map(({ from, to, area, pooled, zero, after, halves, drift }) => [
        ...[from.join(' and '), to, shownArea(area)],
        ...[pooled, zero].flatMap(({ people, programs }) => [shown(people), shown(programs)]),
        ...[`${percent(halves.people)} (${percent(halves.most)})`, percent(halves.programs)],
        ...[shown(after.people), shown(after.programs), drift.toFixed(2)],
      ]),
    ),
    '',
    'Of each imitator alone: AUC; windows at the limit of the people of training together.',
    '',
    ...markdownTable(
      ['people of training', 'people judged', ...generators],
      rows.map(({ from, to, generators: own }) => [
        ...[from.join(' and '), to],
        ...own.map(({ area, caught }) => `${shownArea(area)}; ${shown(caught)}`),
      ]),
    ),
    '',
    'The “dev 1 % threshold” of the bar is read as the 1 % quantile of all people of training together, each scored by weights that have not seen the person. Until 2026-11-24 the bar was judged under z0, the lowest of the sites’ 1 % quantiles, which calls fewer people of another site programs: that column stays, because z0 is what the product takes. Rows with people of one site in training are as BEHAVIOR.md 5.2 has them; there both limits are one. The bar is judged in the rows with people of all other sites in training, as weights are made that ship. The zero moves as in the product, each person of the same weight, and a little lower than the plain quantile (docs/decisions/0035).',
    'After recalibration the mean over 40 random halves of the people is judged, each half by the zero of the other. Until the noon of 2026-11-24 it was one division, dev and held-out: a few windows decide that (with other draws of the same weights 0 % to 2.8 % of `webbot`), and of `balabit` three people placed the zero, where the product asks for 30. Its figure stays, as the first half.',
    `A site is a recorder and a task: \`balabit\` are all people at the desktops of that set, those found later too. Weights are trained without any of the site, and both halves are judged. Imitators: the six of the zoo, sessions that training has not seen of generators that it has. Of each Balabit person, with both other sites in training, at the limit of the people of training together: ${
      balabit
        .map(({ person, hits, of }) => `${person} ${hits} of ${of} (${percent(hits / of)})`)
        .join('; ') || 'not measured'
    }. Users 12, 15 and 16 have a slow recorder (110 ms between moves), 7 and 9 a fast one.`,
    aboutSessions,
  ];
}
