import type { BehaviorModel } from '../../../../service/engine/behavior/index.ts';
import { bots } from '../../../bots/bots.ts';
import { markdownTable } from '../../../support/evidence.ts';
import {
  type Area,
  areaOf,
  mean,
  percent,
  quantile,
  type Rate,
  rateOf,
  rateOfPeople,
  type Scored,
  shown,
  shownArea,
} from '../figures.ts';
import { personOf } from '../sets/data-set.ts';
import type { BehaviorWindow } from '../windows.ts';
import { type Bar, HALF_MINUTE } from './bar.ts';
import { heldOutPeople, type ModelWithout, marginOf, marginsOf } from './learned.ts';

interface Row {
  name: string;
  area: Area;
  /** At the 1 % quantile of the people of training, and at the 0.1 % quantile of the held-out ones. */
  one: Rate;
  /** At the 1 % quantile of the held-out people themselves: a false-positive rate of 1 % in fact. */
  exact: Rate;
  thousandth: Rate;
  falseAlarms: Rate;
  /** Mean over two and four windows, at 1 % of such groups of held-out people. */
  two: Rate;
  four: Rate;
}

/** Which sessions of the generators are tested. */
interface Sessions {
  sessions: 'all sessions' | 'held-out sessions';
  rows: Row[];
  worstArea: number;
  one: number;
  exact: number;
  four: number;
  groups: number;
}

/** Bar 4: each generator in turn is kept out of training, then tested. */
export function measureUnseen(windows: readonly BehaviorWindow[], modelWithout: ModelWithout): Bar {
  const measured = (['all sessions', 'held-out sessions'] as const).map((sessions) =>
    measureSessions(windows, sessions, modelWithout),
  );
  const [all] = measured as [Sessions, Sessions];
  const alarms = all.rows.filter(({ name }) => imitators.includes(name)).map((row) => row.falseAlarms.rate);
  const parts = measured.flatMap(({ worstArea, one, four }) => [worstArea >= 0.93, one >= 0.55, four >= 0.9]);
  return {
    number: 4,
    title: 'A generator that training has never seen, real Chromium',
    goal: 'AUC 0.93 and more each; TPR at FPR 1 % 55 % on average in one window, 90 % after four; of all sessions, and of the held-out ones alone',
    verdict: parts.every(Boolean) ? 'holds' : parts.some(Boolean) ? 'in part' : 'missed',
    result: `held-out people under the 1 % of training people: ${percent(Math.min(...alarms))} to ${percent(Math.max(...alarms))}; ${measured
      .map(
        ({ sessions, worstArea, one, exact, four, groups }) =>
          `${sessions}: worst AUC ${worstArea.toFixed(3)}, mean TPR ${percent(one)} at the 1 % of training people, ${percent(exact)} at 1 % of held-out people, after four windows ${percent(four)} (${groups} groups)`,
      )
      .join('; ')}`,
    lines: [
      ...measured.flatMap(({ sessions, rows }) => [
        `${sessions === 'all sessions' ? 'All sessions' : 'Held-out sessions alone'}:`,
        '',
        ...markdownTable(head, rows.map(cellsOf)),
        '',
      ]),
      'No session of a generator is in training where it is left out. But 20 sessions of each (two of three of the first 30) are dev sessions, on which size and steps of the weights and the figures of movements were chosen: so the held-out sessions stand apart, and the bar asks for both.',
      'Kin are left out with a bot: families of drawn programs (`test/bots/families`) that work like it, though no code is shared: `through` with `bezier` and `ghost`, `strokes` with `minimum-jerk` and `adaptive`, `spring` with `windmouse`. Other bots of the zoo stay in training, as BEHAVIOR.md has it: `adaptive` is made of `minimum-jerk`’s code, and either knows the other.',
      'Several windows: mean of clipped z; windows of a bot come from several of its sessions, those of a person follow each other; the threshold is the 1 % quantile of the held-out groups themselves, which flatters. Intervals of one window are of people and of sessions, those of several of groups.',
      'FPR 0.1 % must not be claimed: it needs 3,000 windows of 100 unrelated people and more (BEHAVIOR.md §6.6).',
    ],
    measured: all.rows.map((row, i) => ({ ...row, heldOut: measured[1]!.rows[i]! })),
  };
}

const imitators = bots.filter(({ kind }) => kind === 'humanised').map(({ name }) => name);
const others = ['certh-moderate', 'certh-advanced', 'steps'];

const head = [
  'left out',
  'AUC',
  'TPR at the 1 % of training people',
  'held-out people under it',
  'TPR at 1 % of held-out people',
  'after 2 windows',
  'after 4 windows',
  'TPR at 0.1 % (no claim)',
];
const cellsOf = (row: Row): string[] => [
  ...[row.name, shownArea(row.area), shown(row.one), shown(row.falseAlarms)],
  ...[shown(row.exact), shown(row.two), shown(row.four), shown(row.thousandth)],
];

function measureSessions(
  windows: readonly BehaviorWindow[],
  sessions: Sessions['sessions'],
  modelWithout: ModelWithout,
): Sessions {
  const used = windows.filter(
    ({ label, half }) => label === 'human' || sessions === 'all sessions' || half === 'held-out',
  );
  const rows = [...imitators, ...others].map((name) => measureLeftOut(used, name, modelWithout(name)));
  const zoo = rows.filter(({ name }) => imitators.includes(name));
  return {
    sessions,
    rows,
    worstArea: Math.min(...zoo.map(({ area: { area } }) => area)),
    one: mean(zoo.map((row) => row.one.rate)),
    exact: mean(zoo.map((row) => row.exact.rate)),
    four: mean(zoo.map((row) => row.four.rate)),
    groups: zoo.reduce((sum, row) => sum + row.four.of, 0),
  };
}

function measureLeftOut(windows: readonly BehaviorWindow[], name: string, model: BehaviorModel): Row {
  const people = heldOutPeople(windows);
  const programs = windows.filter(
    ({ generator, lengthMs }) => generator === name && lengthMs === HALF_MINUTE,
  );
  const human = scoredOf(people, personOf, model);
  const bot = scoredOf(programs, ({ session }) => session, model);
  const quantileOf = (list: readonly Scored[], share: number): number =>
    quantile(
      list.map(({ value }) => value),
      share,
    );
  const under = (list: readonly Scored[], limit: number): Rate =>
    rateOfPeople(
      list,
      ({ of }) => of,
      ({ value }) => value < limit,
    );
  const clipped = (z: number): number => Math.max(-3, Math.min(3, model.slope * z));
  const consecutive = [...Map.groupBy(people, ({ session }) => session).values()].map((session) =>
    marginsOf(session, model).map(clipped),
  );
  const after = (size: number): Rate => {
    const limit = quantile(
      consecutive.flatMap((zs) => groupsOf(zs, size)),
      0.01,
    );
    return rateOf(
      groupsOf(
        bot.map(({ value }) => clipped(value)),
        size,
      ),
      (z) => z < limit,
    );
  };
  return {
    name,
    area: areaOf(human, bot),
    one: under(bot, 0),
    exact: under(bot, quantileOf(human, 0.01)),
    falseAlarms: under(human, 0),
    thousandth: under(bot, quantileOf(human, 0.001)),
    two: after(2),
    four: after(4),
  };
}

/** Means over groups that follow each other and do not overlap. */
const groupsOf = (values: readonly number[], size: number): number[] =>
  Array.from({ length: Math.floor(values.length / size) }, (_, i) =>
    mean(values.slice(i * size, (i + 1) * size)),
  );

const scoredOf = (
  windows: readonly BehaviorWindow[],
  nameOf: (window: BehaviorWindow) => string,
  model: BehaviorModel,
): Scored[] =>
  windows.flatMap((window) => {
    const value = marginOf(window, model);
    return value === undefined ? [] : [{ of: nameOf(window), value }];
  });
