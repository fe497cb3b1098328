import type { BehaviorModel } from '../../../../service/engine/behavior/index.ts';
import { bots } from '../../../bots/bots.ts';
import { type Evidence, markdownTable } from '../../../support/evidence.ts';
import type { Interval } from '../../interval.ts';
import { authorsOf, personOf, shownAuthors, siteOf } from '../sets/data-set.ts';
import type { BehaviorWindow } from '../windows.ts';
import { HALF_MINUTE, judged } from './bar.ts';
import { type Calibration, calibrationOf, type Said, STEPS } from './calibration-figures.ts';
import { withoutKeys, withTypists } from './joined-windows.ts';
import { heldOutPeople, type ModelWithout } from './learned.ts';

const TEN_SECONDS = 10_000;
/** A site with fewer windows weighs less than others by as much. */
const FULL_SITE = 50;
/** Others are judged by rules, whatever the learned layer has seen. */
const isImitator = ({ generator }: BehaviorWindow): boolean =>
  bots.some(({ name, kind }) => name === generator && kind === 'humanised');

/**
 * Whether confidence means what it says: of windows with confidence 0.8, 0.8 should be of people. That depends on which programs come:
 * here as many as people, every bot as many as another (decision 0034).
 */
export function measureCalibration(
  windows: readonly BehaviorWindow[],
  model: BehaviorModel,
  modelWithout: ModelWithout,
): Evidence & { result: string } {
  const unseen = (window: BehaviorWindow): BehaviorModel =>
    isImitator(window) && window.data.mouse.n > 0 ? modelWithout(window.generator!) : model;
  const halfMinutes = halfMinutesOf(windows);
  const short = tenSecondsOf(windows);
  const typed = { halfMinutes: withTypists(halfMinutes, windows), short: withTypists(short, windows) };
  const untyped = withoutKeys(halfMinutes);
  const unseenLayer = 'with the learned layer, each imitator unseen by its weights';
  const layers = [
    { layer: 'rules alone', said: saidOf(typed.halfMinutes, () => undefined) },
    { layer: 'with the learned layer', said: saidOf(typed.halfMinutes, () => model) },
    { layer: unseenLayer, said: saidOf(typed.halfMinutes, unseen) },
    { layer: 'the same, windows of 10 s with a movement', said: saidOf(typed.short, unseen) },
    { layer: 'rules alone, without typing', said: saidOf(untyped, () => undefined) },
    { layer: `${unseenLayer}, without typing`, said: saidOf(untyped, unseen) },
  ].map(({ layer, said }) => calibrationOf(layer, said));
  return {
    title: 'Calibration: whether confidence means what it says',
    result: layers
      .map(({ layer, brier, error }) => `${layer}: Brier ${brier.toFixed(3)}, ECE ${error.toFixed(3)}`)
      .join('; '),
    measured: layers,
    lines: linesOf(layers, halfMinutes, short),
  };
}

const programsOf = (windows: readonly BehaviorWindow[], length: number): BehaviorWindow[] =>
  windows.filter(
    ({ set, half, lengthMs, generator }) =>
      set === 'zoo' && half === 'held-out' && lengthMs === length && !generator?.startsWith('replay'),
  );

/** Those of held-out people with eight movements, and the first of each held-out session of the twelve bots. */
const halfMinutesOf = (windows: readonly BehaviorWindow[]): BehaviorWindow[] => [
  ...heldOutPeople(windows),
  ...programsOf(windows, HALF_MINUTE).filter(({ start }) => start === 0),
];

const tenSecondsOf = (windows: readonly BehaviorWindow[]): BehaviorWindow[] => {
  const people = windows.filter(
    ({ label, half, lengthMs }) => label === 'human' && half === 'held-out' && lengthMs === TEN_SECONDS,
  );
  return [...people, ...programsOf(windows, TEN_SECONDS)].filter(({ data }) => data.mouse.n > 0);
};

function saidOf(
  windows: readonly BehaviorWindow[],
  modelOf: (window: BehaviorWindow) => BehaviorModel | undefined,
): Said[] {
  const weights = weightsOf(windows);
  return windows.map((window, i) => ({
    confidence: judged(window, modelOf(window)).confidence,
    human: window.label === 'human',
    weight: weights[i]!,
    author: window.label === 'human' ? personOf(window) : window.session,
  }));
}

/** People weigh as much as programs; within either every site or bot the same, and within that each window. */
function weightsOf(windows: readonly BehaviorWindow[]): number[] {
  const groupOf = ({ label, set, generator }: BehaviorWindow): string =>
    label === 'human' ? `human/${siteOf(set)}` : `bot/${generator}`;
  const sizes = Map.groupBy(windows, groupOf);
  const worth = (group: string): number =>
    group.startsWith('human/') ? Math.min(1, sizes.get(group)!.length / FULL_SITE) : 1;
  const all = { human: 0, bot: 0 };
  for (const group of sizes.keys()) all[group.startsWith('human/') ? 'human' : 'bot'] += worth(group);
  return windows.map((window) => {
    const group = groupOf(window);
    return worth(group) / all[window.label] / sizes.get(group)!.length / 2;
  });
}

const shownInterval = ([low, high]: Interval, digits: number): string =>
  `[${low.toFixed(digits)}, ${high.toFixed(digits)}]`;

function linesOf(
  layers: readonly Calibration[],
  halfMinutes: readonly BehaviorWindow[],
  short: readonly BehaviorWindow[],
): string[] {
  const counted = (windows: readonly BehaviorWindow[]): string => {
    const [people, programs] = [
      windows.filter(({ label }) => label === 'human'),
      windows.filter(({ label }) => label !== 'human'),
    ];
    const sessions = new Set(programs.map(({ session }) => session)).size;
    const names = new Set(programs.map(({ generator }) => generator)).size;
    return `${people.length} of held-out people (${shownAuthors(authorsOf(people))}) and ${programs.length} of ${sessions} held-out sessions of ${names} bots`;
  };
  return [
    `Half-minutes: ${counted(halfMinutes)}; windows of 10 s with a movement: ${counted(short)}; the other bots hardly move, so that more of those that are left imitate. Replays are left out: they are movements of people. Sets of people hold movements or keys, and the bots fill in a form: **each window of a person has the keys of another**, a held-out typist of Aalto's test. For the rows without typing, keys are taken out of the windows of bots.`,
    '',
    '**Prior: as many programs as people**, every bot as many as another. Sites of people weigh the same, one with fewer than 50 windows less by as much. Where programs are rarer the share of people is higher than confidence says, and where all of them imitate it is lower (rules alone: the row under 0.8 then holds as many programs as people); the product does not know which come.',
    '',
    ...markdownTable(
      [
        'layer',
        'Brier',
        'ECE (ten steps)',
        'of it under 0.5, in favour of people',
        'said less what was, mean',
      ],
      layers.map(({ layer, brier, error, errorInterval, spared, bias }) => [
        layer,
        brier.toFixed(3),
        `${error.toFixed(3)} ${shownInterval(errorInterval, 3)}`,
        spared.toFixed(3),
        `${bias < 0 ? '−' : '+'}${Math.abs(bias).toFixed(3)}`,
      ]),
    ),
    '',
    ...markdownTable(
      ['layer', 'confidence', 'people', 'programs', 'said, mean', 'share of people'],
      layers.flatMap(({ layer, steps }) =>
        steps.map(({ from, people: n, programs: m, meant, was, wasInterval }) => [
          ...[layer, `${from.toFixed(1)} to ${(from + 1 / STEPS).toFixed(1)}`, n, m],
          ...[meant.toFixed(2), `${was.toFixed(2)} ${shownInterval(wasInterval, 2)}`],
        ]),
      ),
    ),
    '',
    'Intervals are of drawing people, and sessions of programs, again; where a step holds people alone, or programs alone, they say nothing. Those of the error lie too high: a draw has fewer different windows.',
  ];
}
