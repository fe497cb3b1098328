import type { BehaviorModel } from '../../../../service/engine/behavior/index.ts';
import { bots } from '../../../bots/bots.ts';
import { replayNames } from '../../../bots/replay.ts';
import { type Evidence, markdownTable } from '../../../support/evidence.ts';
import {
  type Area,
  areaOf,
  limitAt,
  type Rate,
  rateOfPeople,
  type Scored,
  shown,
  shownArea,
} from '../figures.ts';
import { authorsOf, personOf, shownAuthors } from '../sets/data-set.ts';
import type { BehaviorWindow } from '../windows.ts';
import { HALF_MINUTE, judged } from './bar.ts';
import { heldOutPeople, type ModelWithout } from './learned.ts';

interface Against {
  area: Area;
  one: Rate;
  thousandth: Rate;
  /** Held-out people under the limit of `one`. */
  alarms: Rate;
}
interface Row {
  name: string;
  windows: number;
  moving: number;
  rules: Against;
  /** Undefined: nothing that the learned layer judges. */
  learned: Against | undefined;
}

/**
 * Every generator, and what is missed: the score as a caller gets it, by rules alone and with weights that have not seen the generator.
 */
export function measureGenerators(
  windows: readonly BehaviorWindow[],
  shipped: BehaviorModel,
  modelWithout: ModelWithout,
): Evidence & { result: string } {
  const people = heldOutPeople(windows);
  const trained = new Set(shipped.trained.generators);
  const names = [
    ...bots.map(({ name }) => name),
    ...replayNames,
    ...['certh-moderate', 'certh-advanced', 'captcha-bot'],
  ];
  // Replays and programs of the captcha set are in no training.
  const modelOf = (name: string): BehaviorModel => (trained.has(name) ? modelWithout(name) : shipped);
  const rows = names.flatMap((name): Row[] => {
    const own = windows.filter(({ generator, lengthMs }) => generator === name && lengthMs === HALF_MINUTE);
    if (own.length === 0) return [];
    const moving = own.filter(({ data }) => data.mouse.n > 0).length;
    return [
      {
        name,
        windows: own.length,
        moving,
        rules: against(people, own),
        learned: moving < own.length / 10 ? undefined : against(people, own, modelOf(name)),
      },
    ];
  });
  const missed = rows.filter(({ rules, learned }) => rules.one.hits === 0 && (learned?.one.hits ?? 0) === 0);
  return {
    title: 'Every generator: how many are noticed where 1 % of people are',
    result: `${rows.length} generators; noticed in no window at FPR 1 %: ${missed.map(({ name }) => name).join(', ') || 'none'}`,
    measured: rows,
    lines: [
      ...markdownTable(
        [
          ...['generator', 'windows', 'of them with a movement', 'rules alone: AUC', 'TPR at FPR 1 %'],
          'TPR at FPR 0.1 % (not claimable)',
          ...['with weights that have not seen it: AUC', 'TPR at FPR 1 %', 'people under that limit'],
          'TPR at FPR 0.1 % (not claimable)',
        ],
        rows.map(({ name, windows: n, moving, rules, learned }) => [
          ...[name, n, moving, shownArea(rules.area), shown(rules.one), shown(rules.thousandth)],
          ...(learned === undefined
            ? ['not applicable: hardly a movement', '', '', '']
            : [
                ...[shownArea(learned.area), shown(learned.one), shown(learned.alarms)],
                shown(learned.thousandth),
              ]),
        ]),
      ),
      '',
      `Confidence of one half-minute against that of ${people.length} windows of held-out people (bar 2); equal confidences count half in AUC, intervals are of drawing people and sessions of programs again. TPR at FPR 1 %: windows under the highest confidence under which at most 1 % of these people are; with rules alone all people have 0.50 and more, so that no person is under it. The limit is that of the same people, which flatters. Every window of a generator counts, also those without a movement, which the learned layer does not judge. Kin of a generator are left out of training with it, as in bar 4; replays are in no training.`,
      '',
      `**FPR 0.1 % must not be claimed**: the limit is ${rankOf(people.length)} confidence of ${people.length} windows of ${shownAuthors(authorsOf(people))}, where 3,000 windows of 100 unrelated people and more are asked for.`,
    ],
  };
}

/** Which of the sorted values `limitAt` takes for 0.1 %: as many lie below it at most. */
const rankOf = (many: number): string => {
  const below = Math.floor(0.001 * many);
  return ['the lowest', 'the second lowest', 'the third lowest'][below] ?? `the ${below + 1}th lowest`;
};

function against(
  people: readonly BehaviorWindow[],
  programs: readonly BehaviorWindow[],
  model?: BehaviorModel,
): Against {
  const scored = (list: readonly BehaviorWindow[]): Scored[] =>
    list.map((window) => ({ of: personOf(window), value: judged(window, model).confidence }));
  const [human, bot] = [scored(people), scored(programs)];
  const limitOf = (share: number): number =>
    limitAt(
      human.map(({ value }) => value),
      share,
    );
  const under =
    (limit: number) =>
    ({ value }: Scored): boolean =>
      value < limit;
  return {
    area: areaOf(human, bot),
    one: rateOfPeople(bot, ({ of }) => of, under(limitOf(0.01))),
    thousandth: rateOfPeople(bot, ({ of }) => of, under(limitOf(0.001))),
    alarms: rateOfPeople(human, ({ of }) => of, under(limitOf(0.01))),
  };
}
