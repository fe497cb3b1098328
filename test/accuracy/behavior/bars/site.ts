import type { BehaviorModel } from '../../../../service/engine/behavior/index.ts';
import { bots } from '../../../bots/bots.ts';
import { markdownTable } from '../../../support/evidence.ts';
import {
  type Area,
  areaOf,
  quantile,
  type Rate,
  rateOf,
  rateOfPeople,
  type Scored,
  shown,
  shownArea,
} from '../figures.ts';
import { siteOf } from '../sets/data-set.ts';
import type { BehaviorWindow } from '../windows.ts';
import { type Bar, HALF_MINUTE, isFull } from './bar.ts';
import { marginOf, marginsOf, trainWithout } from './learned.ts';

interface Row {
  /** Sites whose people are in training. */
  from: string[];
  to: string;
  before: Rate;
  after: Rate;
  /** People of the site against imitators of the zoo in sessions that training has not seen. */
  area: Area;
  caught: Rate;
  caughtAfter: Rate;
  /** Before, of each person. */
  persons: { person: string; rate: Rate }[];
}

/** Bar 5: people of a site that is in no training are judged, before and after z0 moves to their own traffic. */
export function measureSite(
  windows: readonly BehaviorWindow[],
  extra: readonly BehaviorWindow[],
  shipped: BehaviorModel,
  date: string,
): Bar {
  const people = windows.filter((window) => window.label === 'human' && isFull(window));
  const programs = imitationsOf(windows);
  const sites = [...new Set(people.map(({ set }) => siteOf(set)))].filter((site) =>
    shipped.trained.on.includes(site),
  );
  const rows = sites.map((to) =>
    rowOf(
      { from: sites.filter((site) => site !== to), to },
      trainWithout([...windows, ...extra], { site: to }, date),
      people,
      programs,
    ),
  );
  const parts = rows.flatMap(({ before, after }) => [
    before.rate <= 0.05,
    ...(after.of === 0 ? [] : [after.rate <= 0.015]),
  ]);
  return {
    number: 5,
    title: 'People of a site that training has never seen',
    goal: 'FPR 5 % at most at the 1 % of training people, 1.5 % after recalibration',
    verdict: parts.every(Boolean) ? 'holds' : parts.some(Boolean) ? 'in part' : 'missed',
    result: rows
      .map(
        ({ from, to, before, after }) =>
          `${from.join(' and ')} to ${to}: ${shown(before)}, recalibrated ${shown(after)}`,
      )
      .join('; '),
    lines: linesOf(rows),
    measured: rows,
  };
}

function rowOf(
  { from, to }: Pick<Row, 'from' | 'to'>,
  model: BehaviorModel,
  people: readonly BehaviorWindow[],
  programs: readonly BehaviorWindow[],
): Row {
  const site = people.filter(({ set }) => siteOf(set) === to);
  const confirmed = site.filter(({ half }) => half === 'dev');
  const others = confirmed.length === 0 ? [] : site.filter(({ half }) => half === 'held-out');
  const recalibrated = model.z0 + quantile(marginsOf(confirmed, model), 0.01);
  const under = (z0: number) => (window: BehaviorWindow) => (marginOf(window, model, z0) ?? 0) < 0;
  const personOf = ({ person }: BehaviorWindow): string => person;
  const scored = (list: readonly BehaviorWindow[]): Scored[] =>
    list.map((window) => ({ of: window.person, value: marginOf(window, model) ?? 0 }));
  return {
    ...{ from, to },
    before: rateOfPeople(site, personOf, under(model.z0)),
    after: rateOfPeople(others, personOf, under(recalibrated)),
    area: areaOf(scored(site), scored(programs)),
    caught: rateOf(programs, under(model.z0)),
    caughtAfter: rateOf(confirmed.length === 0 ? [] : programs, under(recalibrated)),
    persons: [...Map.groupBy(site, personOf)].map(([person, list]) => ({
      person,
      rate: rateOf(list, under(model.z0)),
    })),
  };
}

/** Windows of imitators whose other sessions are in training. */
function imitationsOf(windows: readonly BehaviorWindow[]): BehaviorWindow[] {
  const names = new Set(bots.filter(({ kind }) => kind === 'humanised').map(({ name }) => name));
  return windows.filter(
    ({ generator, half, lengthMs, data }) =>
      names.has(generator ?? '') && half === 'held-out' && lengthMs === HALF_MINUTE && data.mouse.n > 0,
  );
}

const linesOf = (rows: readonly Row[]): string[] => [
  ...markdownTable(
    [
      'people of training',
      'people judged',
      'AUC against imitators',
      'FPR under z0',
      'TPR under z0',
      'FPR of other people, after z0 moved to 1 % of the first half',
      'TPR then',
    ],
    rows.map(({ from, to, area, before, caught, after, caughtAfter }) => [
      ...[from.join(' and '), to, shownArea(area), shown(before), shown(caught)],
      ...[shown(after), shown(caughtAfter)],
    ]),
  ),
  '',
  `A site is a recorder and a task: \`balabit\` are all people at the desktops of that set, those found later too. Weights are trained without any of the site, both halves are judged, and z0 moves to its dev half: others are judged then. Imitators: the six of the zoo together, sessions that training has not seen of generators that it has. Of each Balabit person before: ${(
    rows.find(({ to }) => to === 'balabit')?.persons ?? []
  )
    .map(({ person, rate }) => `${person} ${shown(rate)}`)
    .join('; ')}. Users 12, 15 and 16 have a slow recorder (110 ms between moves), 7 and 9 a fast one.`,
];
