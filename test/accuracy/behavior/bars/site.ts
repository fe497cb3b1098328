import { markdownTable } from '../../../support/evidence.ts';
import { quantile, type Rate, rateOf, rateOfPeople, shown } from '../figures.ts';
import type { BehaviorWindow } from '../windows.ts';
import { type Bar, isFull } from './bar.ts';
import { marginOf, marginsOf, trainWithout } from './learned.ts';

interface Row {
  from: string;
  to: string;
  before: Rate;
  after: Rate;
  /** Before, of each person. */
  persons: { person: string; rate: Rate }[];
}

/** Bar 5: the people of one data set are kept out of training and are then judged, before and after z0 moves to their own traffic. */
export function measureSite(
  windows: readonly BehaviorWindow[],
  extra: readonly BehaviorWindow[],
  date: string,
): Bar {
  const people = windows.filter((window) => window.label === 'human' && isFull(window));
  const rows = (
    [
      ['webbot', 'balabit'],
      ['balabit', 'webbot'],
    ] as const
  ).map(([from, to]): Row => {
    const model = trainWithout([...windows, ...extra], { people: [to], bySession: true }, date);
    const site = people.filter(({ set }) => set === to);
    const confirmed = site.filter(({ half }) => half === 'dev');
    const others = site.filter(({ half }) => half === 'held-out');
    const recalibrated = model.z0 + quantile(marginsOf(confirmed, model), 0.01);
    const under = (z0: number) => (window: BehaviorWindow) => marginOf(window, model, z0)! < 0;
    const personOf = ({ person }: BehaviorWindow): string => person;
    return {
      ...{ from, to },
      before: rateOfPeople(site, personOf, under(model.z0)),
      after: rateOfPeople(others, personOf, under(recalibrated)),
      persons: [...Map.groupBy(site, personOf)].map(([person, list]) => ({
        person,
        rate: rateOf(list, under(model.z0)),
      })),
    };
  });
  const parts = rows.flatMap(({ before, after }) => [before.rate <= 0.05, after.rate <= 0.015]);
  return {
    number: 5,
    title: 'People of a site that training has never seen',
    goal: 'FPR 5 % at most at the 1 % of training people, 1.5 % after recalibration',
    verdict: parts.every(Boolean) ? 'holds' : parts.some(Boolean) ? 'in part' : 'missed',
    result: rows
      .map(
        ({ from, to, before, after }) => `${from} to ${to}: ${shown(before)}, recalibrated ${shown(after)}`,
      )
      .join('; '),
    lines: [
      ...markdownTable(
        [
          'people of training',
          'people judged',
          'under z0',
          'of other people, after z0 moved to 1 % of the first half',
        ],
        rows.map(({ from, to, before, after }) => [from, to, shown(before), shown(after)]),
      ),
      '',
      `Of each Balabit person before: ${rows[0]!.persons.map(({ person, rate }) => `${person} ${shown(rate)}`).join('; ')}. Users 12, 15 and 16 have a slow recorder (110 ms between moves), 7 and 9 a fast one.`,
    ],
    measured: rows,
  };
}
