import { clusterBootstrap, type Interval } from '../../interval.ts';

/** One window, what was said of it, and what it was. */
export interface Said {
  confidence: number;
  human: boolean;
  weight: number;
  /** Person, or session of a program: its windows are drawn together. */
  author: string;
}

interface Step {
  from: number;
  people: number;
  programs: number;
  /** Of the weighted windows. */
  meant: number;
  was: number;
  wasInterval: Interval;
  weight: number;
}

export interface Calibration {
  layer: string;
  steps: Step[];
  brier: number;
  /** Mean distance between what is said and what is, over the steps. */
  error: number;
  errorInterval: Interval;
  /** The part of `error` that comes of windows under 0.5, which say less against programs than is true. */
  spared: number;
  /** Mean of what is said, less the share of people. */
  bias: number;
}

export const STEPS = 10;

/** Brier score and expected calibration error, with intervals over people and sessions. */
export function calibrationOf(layer: string, list: readonly Said[]): Calibration {
  const all = figuresOf(list.map((one) => ({ ...one, times: 1 })));
  const authors = new Map([...new Set(list.map(({ author }) => author))].map((author, i) => [author, i]));
  const [errorInterval = [all.error, all.error] as Interval, ...shares] = clusterBootstrap(
    authors.size,
    (times) => {
      const drawn = figuresOf(list.map((one) => ({ ...one, times: times[authors.get(one.author)!]! })));
      return [drawn.error, ...drawn.steps.map(({ was }) => was)];
    },
    { replicates: 500, seed: 13 },
  );
  return {
    layer,
    brier: all.brier,
    error: all.error,
    errorInterval,
    spared: all.spared,
    bias: all.bias,
    steps: all.steps.flatMap((step, i) =>
      step.weight === 0 ? [] : [{ ...step, wasInterval: shares[i] ?? ([step.was, step.was] as Interval) }],
    ),
  };
}

function figuresOf(list: readonly (Said & { times: number })[]) {
  const drawn = list.map((one) => ({ ...one, weight: one.weight * one.times }));
  const weightOf = (human: boolean) =>
    sum(drawn.filter((one) => one.human === human).map(({ weight }) => weight));
  const [ofPeople, ofPrograms] = [weightOf(true), weightOf(false)];
  const before = sum(list.filter(({ human }) => human).map(({ weight }) => weight));
  const all = sum(list.map(({ weight }) => weight));
  // A draw has as many people, and as many programs, as the list has.
  const windows = drawn.map((one) => ({
    ...one,
    weight: one.weight * (one.human ? before / (ofPeople || 1) : (all - before) / (ofPrograms || 1)),
  }));
  const whole = sum(windows.map(({ weight }) => weight));
  const steps = Array.from({ length: STEPS }, (_, step) => {
    const own = windows.filter(
      ({ confidence }) => Math.min(STEPS - 1, Math.floor(STEPS * confidence + 1e-9)) === step,
    );
    const weight = sum(own.map((one) => one.weight));
    return {
      from: step / STEPS,
      weight: weight / whole,
      people: own.filter(({ human }) => human).length,
      programs: own.filter(({ human }) => !human).length,
      meant: sum(own.map((one) => one.weight * one.confidence)) / weight,
      was: sum(own.map((one) => (one.human ? one.weight : 0))) / weight,
    };
  });
  const errorOf = (some: typeof steps): number =>
    sum(some.map(({ weight, meant, was }) => (weight === 0 ? 0 : weight * Math.abs(meant - was))));
  return {
    steps,
    brier:
      sum(windows.map(({ confidence, human, weight }) => weight * (confidence - Number(human)) ** 2)) / whole,
    error: errorOf(steps),
    spared: errorOf(steps.filter(({ from, meant, was }) => from < 0.5 && meant > was)),
    bias: sum(windows.map(({ confidence, human, weight }) => weight * (confidence - Number(human)))) / whole,
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);
