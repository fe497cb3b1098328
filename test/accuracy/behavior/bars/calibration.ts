import type { BehaviorModel } from '../../../../service/engine/behavior/index.ts';
import { bots } from '../../../bots/bots.ts';
import { type Evidence, markdownTable } from '../../../support/evidence.ts';
import type { BehaviorWindow } from '../windows.ts';
import { HALF_MINUTE, judged } from './bar.ts';
import { heldOutPeople, type ModelWithout } from './learned.ts';

/** One window, what was said of it, and what it was. */
interface Said {
  confidence: number;
  human: boolean;
  weight: number;
}

interface Decile {
  from: number;
  people: number;
  programs: number;
  /** Of the weighted windows. */
  meant: number;
  was: number;
  weight: number;
}

interface Calibration {
  layer: string;
  deciles: Decile[];
  brier: number;
  /** Mean distance between what is said and what is, over the deciles. */
  error: number;
  /** Mean of what is said, less the share of people. */
  bias: number;
}

const STEPS = 10;
/** Others are judged by rules, whatever the learned layer has seen. */
const isImitator = (generator: string): boolean =>
  bots.some(({ name, kind }) => name === generator && kind === 'humanised');

/**
 * Whether confidence means what it says: among windows of confidence 0.8, 0.8 should be of people. That depends on how many programs
 * there are; here as many as people, each set of people and each generator weighing the same.
 */
export function measureCalibration(
  windows: readonly BehaviorWindow[],
  model: BehaviorModel,
  modelWithout: ModelWithout,
): Evidence & { result: string } {
  const people = heldOutPeople(windows);
  const programs = windows.filter(
    ({ set, half, lengthMs, generator, start }) =>
      set === 'zoo' &&
      half === 'held-out' &&
      lengthMs === HALF_MINUTE &&
      start === 0 &&
      !generator?.startsWith('replay'),
  );
  const all = [...people, ...programs];
  const weights = weightsOf(all);
  const said = (modelOf: (window: BehaviorWindow) => BehaviorModel | undefined): Said[] =>
    all.map((window, i) => ({
      confidence: judged(window, modelOf(window)).confidence,
      human: window.label === 'human',
      weight: weights[i]!,
    }));
  const layers = [
    { layer: 'rules alone', said: said(() => undefined) },
    { layer: 'rules and learned layer, which has seen the generators', said: said(() => model) },
    {
      layer: 'rules and learned layer, each imitator by weights that have not seen its generator',
      said: said(({ label, generator, data }) =>
        label === 'human' || generator === null || data.mouse.n === 0 || !isImitator(generator)
          ? model
          : modelWithout(generator),
      ),
    },
  ].map(({ layer, said: list }) => calibrationOf(layer, list));
  return {
    title: 'Calibration: whether confidence means what it says',
    result: layers
      .map(({ layer, brier, error }) => `${layer}: Brier ${brier.toFixed(3)}, ECE ${error.toFixed(3)}`)
      .join('; '),
    measured: layers,
    lines: linesOf(layers, people.length, programs.length),
  };
}

/** People weigh as much as programs; within either each set or generator the same, and within that each window. */
function weightsOf(windows: readonly BehaviorWindow[]): number[] {
  const groupOf = ({ label, set, generator }: BehaviorWindow): string =>
    label === 'human' ? `human/${set}` : `bot/${generator}`;
  const sizes = Map.groupBy(windows, groupOf);
  const many = (label: string): number => [...sizes.keys()].filter((name) => name.startsWith(label)).length;
  return windows.map(
    (window) => 1 / 2 / many(window.label === 'human' ? 'human' : 'bot') / sizes.get(groupOf(window))!.length,
  );
}

export function calibrationOf(layer: string, list: readonly Said[]): Calibration {
  const deciles = Array.from({ length: STEPS }, (_, step): Decile => {
    const own = list.filter(
      ({ confidence }) => Math.min(STEPS - 1, Math.floor(STEPS * confidence + 1e-9)) === step,
    );
    const weight = sum(own.map((one) => one.weight));
    return {
      ...{ from: step / STEPS, weight },
      people: own.filter(({ human }) => human).length,
      programs: own.filter(({ human }) => !human).length,
      meant: sum(own.map((one) => one.weight * one.confidence)) / weight,
      was: sum(own.map((one) => (one.human ? one.weight : 0))) / weight,
    };
  }).filter(({ weight }) => weight > 0);
  return {
    ...{ layer, deciles },
    brier: sum(list.map(({ confidence, human, weight }) => weight * (confidence - Number(human)) ** 2)),
    error: sum(deciles.map(({ weight, meant, was }) => weight * Math.abs(meant - was))),
    bias: sum(list.map(({ confidence, human, weight }) => weight * (confidence - Number(human)))),
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);

const linesOf = (layers: readonly Calibration[], people: number, programs: number): string[] => [
  `${people} half-minutes of held-out people and the first half-minutes of ${programs} held-out sessions of the twelve bots, replays left out. **Prior: as many programs as people**, each set of people and each generator weighing the same. Where one visitor in a hundred is a program a confidence of 0.65 means a far surer person than here, and nothing in the product corrects for that.`,
  '',
  ...markdownTable(
    ['layer', 'Brier', 'ECE (ten steps)', 'said less what was, mean'],
    layers.map(({ layer, brier, error, bias }) => [
      layer,
      brier.toFixed(3),
      error.toFixed(3),
      `${bias < 0 ? '−' : '+'}${Math.abs(bias).toFixed(3)}`,
    ]),
  ),
  '',
  ...markdownTable(
    ['layer', 'confidence', 'people', 'programs', 'said, mean', 'share of people'],
    layers.flatMap(({ layer, deciles }) =>
      deciles.map(({ from, people: n, programs: m, meant, was }) => [
        ...[layer, `${from.toFixed(1)} to ${(from + 1 / STEPS).toFixed(1)}`, n, m],
        ...[meant.toFixed(2), was.toFixed(2)],
      ]),
    ),
  ),
];
