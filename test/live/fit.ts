import {
  type Distributions,
  type MeasureName,
  type Measures,
  measureNames,
  ratioOf,
  type SpeciesWeights,
  type Weights,
  weigh,
} from '../../service/engine/matching/challenges/weighing/weigh.ts';
import { newton } from '../accuracy/logistic.ts';
import { natural, type Sample } from './samples.ts';

/** Area under the curve, each source the same weight, below which a measure says nothing of a species. */
const SEPARATES = 0.7;
/** Of the logistic fit: holds the scale where the data separate wholly. */
const RIDGE = 0.02;

/** How far one measure separates living people from one species. */
export interface Separation extends Distributions {
  species: string;
  measure: MeasureName;
  /** Share of pairs of a person and an attack in which the person lies farther to the people's side. */
  auc: number;
}

interface Valued {
  value: number;
  weight: number;
}

/** Each source counts the same, however many attempts it has. */
const valuesOf = (samples: readonly Sample[], of: (measures: Measures) => number | undefined): Valued[] =>
  samples.flatMap(({ attempts }) => {
    const values = attempts
      .map(of)
      .filter((value) => value !== undefined && Number.isFinite(value)) as number[];
    return values.map((value) => ({ value, weight: 1 / values.length }));
  });

function spreadOf(values: readonly Valued[]): { mean: number; variance: number } {
  const total = values.reduce((sum, { weight }) => sum + weight, 0);
  const mean = values.reduce((sum, { value, weight }) => sum + weight * value, 0) / total;
  const variance = values.reduce((sum, { value, weight }) => sum + weight * (value - mean) ** 2, 0) / total;
  return { mean, variance };
}

function areaUnder(people: readonly Valued[], attacks: readonly Valued[]): number {
  let won = 0;
  let all = 0;
  for (const a of people)
    for (const b of attacks) {
      const weight = a.weight * b.weight;
      won += weight * (a.value > b.value ? 1 : a.value === b.value ? 0.5 : 0);
      all += weight;
    }
  return won / all;
}

const living = (samples: readonly Sample[]) => samples.filter(({ kind }) => kind === 'living');

export function separations(samples: readonly Sample[], species: readonly string[]): Separation[] {
  return species.flatMap((one) =>
    measureNames.map((measure) => {
      const people = valuesOf(living(samples), (measures) => measures[measure]);
      const attacks = valuesOf(
        samples.filter(({ kind }) => kind === one),
        (measures) => measures[measure],
      );
      const [a, b] = [spreadOf(people), spreadOf(attacks)];
      const area = areaUnder(people, attacks);
      return {
        species: one,
        measure,
        auc: a.mean >= b.mean ? area : 1 - area,
        living: a.mean,
        attack: b.mean,
        width: Math.sqrt((a.variance + b.variance) / 2),
      };
    }),
  );
}

/** Distributions of the measures that separate, and a logistic fit of their sum, for each species. */
export function fitWeights(
  samples: readonly Sample[],
  species: readonly string[],
  limits: Omit<Weights, 'species'>,
): Weights {
  const found = separations(samples, species).filter(
    ({ species: one, measure, auc }) => auc >= SEPARATES && (natural[one]?.includes(measure) ?? true),
  );
  const fitted = species.map((one): [string, SpeciesWeights] => {
    const measures = Object.fromEntries(
      found
        .filter((separation) => separation.species === one)
        .map(({ measure, living: a, attack, width }) => [
          measure,
          { living: digits(a), attack: digits(attack), width: digits(width) },
        ]),
    ) as SpeciesWeights['measures'];
    const sum = (values: Measures) =>
      (Object.entries(measures) as [MeasureName, Distributions][]).reduce(
        (total, [name, distributions]) =>
          total + (values[name] === undefined ? 0 : ratioOf(values[name], distributions)),
        0,
      );
    const classes = [
      { target: 1, of: living(samples) },
      { target: 0, of: samples.filter(({ kind }) => kind === one) },
    ];
    const rows = classes.flatMap(({ target, of }) =>
      of.flatMap(({ attempts }) =>
        attempts.map((values) => ({
          x: [sum(values), 1],
          target,
          weight: 1 / attempts.length / of.length,
        })),
      ),
    );
    const [scale, offset] = newton(rows, 2, [RIDGE, 0]) as [number, number];
    return [one, { measures, scale: digits(scale), offset: digits(offset) }];
  });
  return { ...limits, species: Object.fromEntries(fitted) };
}

const digits = (value: number): number => Number(value.toPrecision(4));

/** The ratio of every attempt of each source, by a fit without its clip or photograph. */
export function leftOut(samples: readonly Sample[], species: readonly string[]): Map<Sample, number[]> {
  return new Map(
    samples.map((sample) => {
      const others = samples.filter(({ owner }) => owner !== sample.owner);
      const weights = fitWeights(others, species, { sure: 0, strict: 0, undecided: 0 });
      return [sample, sample.attempts.map((values) => weigh(values, weights)!.ratio)];
    }),
  );
}
