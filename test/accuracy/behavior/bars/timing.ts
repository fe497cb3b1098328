import type { BehaviorModel } from '../../../../service/engine/behavior/index.ts';
import { mouseFeatures } from '../../../../service/engine/behavior/model/behavior-model.ts';
import { markdownTable } from '../../../support/evidence.ts';
import { areaUnderCurve, quantile, rateOf, shown } from '../figures.ts';
import type { Subject } from '../sets/data-set.ts';
import { boostStumps, type Stump } from '../training/boost-stumps.ts';
import { type BehaviorWindow, windowsOf } from '../windows.ts';
import { type Bar, HALF_MINUTE, isFull } from './bar.ts';
import { trainingWindows } from './learned.ts';
import { thinned } from './rate.ts';

/**
 * What the model may see: the shape of movements that were resampled to 20 ms, so that neither the rate of events nor the clock of the
 * recorder is in it. A figure that is not in this list is none of them until it was looked at: with `movement-figures.ts`, and on the same
 * movement at other rates (bar 8).
 */
const shapeFeatures: ReadonlySet<string> = new Set([
  // Path: straightness, turns, sides, what polynomials leave of it.
  ...['str', 'strIqr', 'strSd', 'strLo', 'dev', 'turn', 'turnSd', 'turnHi', 'top', 'flip', 'angSd', 'side'],
  ...['overSd', 'cubLo', 'qui', 'quiLo'],
  // Speed by its own mean or peak, and shares of a movement's own duration.
  ...['vcv', 'vcvLo', 'vcvHi', 'tpk', 'tpkIqr', 'tpkLo', 'vBeg', 'vBegLo', 'vEnd', 'tSp', 'tSpSd', 'tSkHi'],
  ...['q1Sd', 'slow', 'slowHi', 'rip', 'ripSh', 'fitHi', 'fitSm', 'ldj', 'ldjIqr', 'sub'],
  // How path, speed and duration of the movements of a window go together and scatter.
  ...['pl', 'plRest', 'fitts', 'fitts2', 'lenStr', 'vSd', 'durSd'],
]);

/** Inputs of a model that are not known as shape. */
export const unknownFeatures = (features: readonly string[]): string[] =>
  features.filter((name) => !shapeFeatures.has(name));

const columnsOf = ({ data: { env, counts, winMs } }: BehaviorWindow): number[] => [
  env.rate ?? 0,
  counts.move / Math.max(1, winMs),
];

/** Bar 12: the model has no timing of events in it; a model of nothing else shows why. */
export function measureTiming(
  windows: readonly BehaviorWindow[],
  subjects: readonly Subject[],
  shipped: BehaviorModel,
): Bar {
  const found = unknownFeatures([...new Set([...mouseFeatures, ...shipped.features])]);
  const used = trainingWindows(windows, {}).filter(({ lengthMs }) => lengthMs === HALF_MINUTE);
  const model = boostStumps(
    used.map(columnsOf),
    used.map(({ label }) => label === 'human'),
    { weights: balanced(used) },
  );
  const zOf = (window: BehaviorWindow): number => sumOf(model.bias, model.stumps, columnsOf(window));
  const fresh = windows.filter(
    (window) => window.half === 'held-out' && window.lengthMs === HALF_MINUTE && window.data.mouse.n > 0,
  );
  const people = fresh.filter((window) => window.label === 'human' && isFull(window));
  const programs = fresh.filter(({ set, generator }) => set === 'zoo' && !generator?.startsWith('replay'));
  const slow = subjects
    .filter(
      ({ set, half, generator }) => set === 'zoo' && half === 'held-out' && !generator?.startsWith('replay'),
    )
    .flatMap((subject) => windowsOf({ ...subject, track: thinned(subject.track, 110) }, HALF_MINUTE))
    .filter(({ data }) => data.mouse.n > 0);
  const ofSet = (set: string): number[] => people.filter((one) => one.set === set).map(zOf);
  const limit = quantile(used.filter(({ label }) => label === 'human').map(zOf), 0.01);
  const controls = [
    ...['webbot', 'balabit'].map((set) => ({
      name: `AUC, ${set} people and bots of the zoo`,
      value: areaUnderCurve(ofSet(set), programs.map(zOf)).toFixed(3),
    })),
    {
      name: 'bots as played, under the 1 % of people',
      value: shown(rateOf(programs, (one) => zOf(one) < limit)),
    },
    { name: 'the same bots at 9 Hz', value: shown(rateOf(slow, (one) => zOf(one) < limit)) },
  ];
  return {
    number: 12,
    title: 'No timing of events in the model',
    goal: 'no such feature in the model; a model of timing alone is reported as the control of the artefact',
    verdict: found.length === 0 ? 'holds' : 'missed',
    result: `${mouseFeatures.length} features, ${found.length} of them not in the list of shapes; control: ${controls.map(({ name, value }) => `${name} ${value}`).join('; ')}`,
    lines: [
      `Features: ${mouseFeatures.join(', ')}. ${
        found.length === 0 ? 'Each is' : `Not ${found.join(', ')}, but each other is`
      } in the list of figures of shape that \`bars/timing.ts\` allows: one that is new counts as timing until it was looked at.`,
      '',
      'Control, trained on the median interval of events and moves a second alone. It separates recorders, not people from programs:',
      '',
      ...markdownTable(
        ['control', 'figure'],
        controls.map(({ name, value }) => [name, value]),
      ),
    ],
    measured: { features: mouseFeatures, controls },
  };
}

const sumOf = (bias: number, stumps: readonly Stump[], row: readonly number[]): number =>
  stumps.reduce((z, [input, threshold, low, high]) => z + (row[input]! <= threshold ? low : high), bias);

function balanced(windows: readonly BehaviorWindow[]): Float64Array {
  const groupOf = ({ label, set, generator }: BehaviorWindow): string =>
    label === 'human' ? set : (generator ?? '');
  const sizes = Map.groupBy(windows, groupOf);
  const groups = { human: new Set<string>(), bot: new Set<string>() };
  for (const window of windows) groups[window.label].add(groupOf(window));
  return Float64Array.from(
    windows,
    (window) => 1 / sizes.get(groupOf(window))!.length / groups[window.label].size,
  );
}
