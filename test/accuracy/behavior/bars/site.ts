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
import type { BehaviorWindow } from '../windows.ts';
import { type Bar, HALF_MINUTE, isFull } from './bar.ts';
import { marginOf, marginsOf, trainWithout } from './learned.ts';

interface Row {
  /** Sets whose people are in training. */
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

const sites = ['webbot', 'balabit', 'sapimouse'];

/** Bar 5: the people of one data set are kept out of training and are then judged, before and after z0 moves to their own traffic. */
export function measureSite(
  windows: readonly BehaviorWindow[],
  extra: readonly BehaviorWindow[],
  date: string,
): Bar {
  const people = windows.filter((window) => window.label === 'human' && isFull(window));
  const there = sites.filter((name) => people.some(({ set, half }) => set === name && half === 'dev'));
  const all = [...windows, ...extra];
  const pairs = there.flatMap((to) => {
    const others = there.filter((name) => name !== to);
    // All other sites, and each of them alone.
    return [others, ...(others.length > 1 ? others.map((one) => [one]) : [])].map((from) => ({ from, to }));
  });
  const rows = pairs.map((pair) => measureSiteAway(pair, { people, all, sites: there, date }));
  const counted = rows.filter(({ from }) => from.length === there.length - 1);
  const parts = counted.flatMap(({ before, after }) => [before.rate <= 0.05, after.rate <= 0.015]);
  return {
    number: 5,
    title: 'People of a site that training has never seen',
    goal: 'FPR 5 % at most at the 1 % of training people, 1.5 % after recalibration',
    verdict: parts.every(Boolean) ? 'holds' : parts.some(Boolean) ? 'in part' : 'missed',
    result: counted
      .map(
        ({ from, to, before, after }) =>
          `${from.join(' + ')} to ${to}: ${shown(before)}, recalibrated ${shown(after)}`,
      )
      .join('; '),
    lines: linesOf(rows),
    measured: rows,
  };
}

interface Material {
  people: readonly BehaviorWindow[];
  all: readonly BehaviorWindow[];
  sites: readonly string[];
  date: string;
}

function measureSiteAway(
  { from, to }: Pick<Row, 'from' | 'to'>,
  { people, all, sites: there, date }: Material,
): Row {
  const away = there.filter((name) => !from.includes(name));
  const model = trainWithout(all, { people: away, bySession: true }, date);
  const site = people.filter(({ set }) => set === to);
  const confirmed = site.filter(({ half }) => half === 'dev');
  const others = site.filter(({ half }) => half === 'held-out');
  const programs = imitationsOf(all);
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
    caughtAfter: rateOf(programs, under(recalibrated)),
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
    ({ generator, half, lengthMs, thinned, data }) =>
      names.has(generator ?? '') &&
      half === 'held-out' &&
      lengthMs === HALF_MINUTE &&
      !thinned &&
      data.mouse.n > 0,
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
      ...[from.join(' + '), to, shownArea(area), shown(before), shown(caught)],
      ...[shown(after), shown(caughtAfter)],
    ]),
  ),
  '',
  `The verdict is of the rows with all other sites in training. Imitators: the six of the zoo together, sessions that training has not seen of generators that it has. Of each Balabit person before: ${(
    rows.find(({ to }) => to === 'balabit')?.persons ?? []
  )
    .map(({ person, rate }) => `${person} ${shown(rate)}`)
    .join('; ')}. Users 12, 15 and 16 have a slow recorder (110 ms between moves), 7 and 9 a fast one.`,
];
