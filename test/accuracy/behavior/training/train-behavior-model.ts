import {
  type BehaviorModel,
  FULL_MOVEMENTS,
  inputsOf,
  mouseFeatures,
  sumOfStumps,
  zeroOf,
} from '../../../../service/engine/behavior/model/behavior-model.ts';
import { Problem } from '../../../../service/lib/problem.ts';
import { boostStumps } from './boost-stumps.ts';
import { platt } from './calibrate.ts';
import { carryingInputs } from './carrying-inputs.ts';
import { isFullWindow, type TrainingWindow } from './training-window.ts';
import { zeroForOthers } from './zero-for-others.ts';

export interface AboutModel {
  id: string;
  /** ISO date. */
  at: string;
  doubt?: string;
}

/** Parts of the people, each of which is scored by weights that have not seen it. */
export const FOLDS = 5;
/** Many small steps, each over few inputs: a program that is even in one figure is caught though others are as of a person. */
const BOOST = { rounds: 1_000, rate: 0.15, share: 0.12 };
/** Fewer windows of a set say nothing about its lowest hundredth. */
const FEWEST_FOR_ZERO = 50;
/** Fewer full windows of a generator say nothing about its share in them. */
const FEWEST_FULL = 10;
/** A replay is a person's movement: as a program's it spoils what else is learned (BEHAVIOR.md 1.5). */
const LEFT_OUT = /replay/;
/** Families of drawn programs teach what programs are; the slope is that of programs that someone wrote. */
const DRAWN = /^simulated-/;
const FEWEST = { people: 5, humanWindows: 200, generators: 2, botWindows: 50 };

/**
 * Stumps over the shape of movements; z0 from people that the scoring model has not seen, the slope from generators that it has not
 * seen. Throws CONFLICT where there is too little to learn from.
 */
export function trainBehaviorModel(
  windows: readonly TrainingWindow[],
  { id, at, doubt }: AboutModel,
): BehaviorModel {
  const usable = windows.filter(
    ({ data, generator }) => data.mouse.n >= 1 && !LEFT_OUT.test(generator ?? ''),
  );
  const people = usable.filter((one) => isHuman(one) && !one.thinned);
  const programs = usable.filter((one) => !isHuman(one));
  const personOf = ({ set, person }: TrainingWindow) => `${set}/${person}`;
  const persons = [...new Set(people.map(personOf))].toSorted();
  const generators = [...new Set(programs.map(({ generator }) => generator ?? 'unknown'))].toSorted();
  refuseTooLittle({ persons, people, generators, programs });

  const unseenPeople = persons
    .reduce<string[][]>(
      (parts, person, i) => {
        parts[i % FOLDS]!.push(person);
        return parts;
      },
      Array.from({ length: FOLDS }, () => []),
    )
    .flatMap((part) => {
      const held = new Set(part);
      const model = fitStumps(usable.filter((one) => !(isHuman(one) && held.has(personOf(one)))));
      return people.filter((one) => held.has(personOf(one))).map((one) => scored(one, model));
    });
  const written = generators.filter((name) => !DRAWN.test(name));
  const unseenPrograms = (written.length > 1 ? written : generators).flatMap((generator) => {
    const isOf = (one: TrainingWindow) => !isHuman(one) && (one.generator ?? 'unknown') === generator;
    const model = fitStumps(usable.filter((one) => !isOf(one)));
    return usable.filter((one) => isOf(one) && !one.thinned).map((one) => scored(one, model));
  });
  const zeros = zerosOf(unseenPeople);
  const { slope, even } = platt(
    withWeights(unseenPeople, unseenPrograms, ({ data }) => zeroOf(data.mouse.n, zeros)),
  );
  const full = fullCalibration(unseenPeople, unseenPrograms, zeros.z0);
  const { bias, stumps, medians } = fitStumps(usable);
  return {
    format: 1,
    id,
    features: [...mouseFeatures],
    medians: medians.map(rounded),
    bias: rounded(bias),
    stumps: stumps.map(([input, ...rest]) => [input, ...(rest.map(rounded) as [number, number, number])]),
    z0: zeros.z0,
    thinZeros: zeros.thinZeros,
    slope: rounded(slope),
    even: rounded(even),
    ...(full && { full }),
    trained: {
      at,
      on: [...new Set(usable.map(({ set }) => set))].toSorted(),
      humanWindows: people.length,
      people: persons.length,
      botWindows: programs.length,
      generators,
      ...(doubt !== undefined && { doubt }),
    },
  };
}

const isHuman = ({ label }: TrainingWindow): boolean => label === 'human';

interface Counted {
  persons: readonly string[];
  people: readonly TrainingWindow[];
  generators: readonly string[];
  programs: readonly TrainingWindow[];
}

function refuseTooLittle({ persons, people, generators, programs }: Counted): void {
  const enough =
    persons.length >= FEWEST.people &&
    people.length >= FEWEST.humanWindows &&
    generators.length >= FEWEST.generators &&
    programs.length >= FEWEST.botWindows;
  if (enough) return;
  throw new Problem(
    'CONFLICT',
    `Training needs at least ${FEWEST.humanWindows} windows with movements of ${FEWEST.people} people and ${FEWEST.botWindows} of ${FEWEST.generators} generators; there are ${people.length} of ${persons.length} and ${programs.length} of ${generators.length}.`,
  );
}

/** Weights without their zeros and slope. */
export type Fitted = Pick<BehaviorModel, 'medians' | 'bias' | 'stumps'>;

export function fitStumps(windows: readonly TrainingWindow[]): Fitted {
  const medians = mouseFeatures.map((name) => middleOf(windows.map(({ data }) => data.mouse[name])));
  const rows = windows.map(({ data }) => inputsOf(data.mouse, medians));
  const inputs = carryingInputs(windows);
  const weights = weightsOf(windows);
  return { medians, ...boostStumps(rows, windows.map(isHuman), { ...BOOST, inputs, weights }) };
}

/** People and programs weigh the same; within each, every set or generator, as recorded and slower; within that, windows by their movements. */
function weightsOf(windows: readonly TrainingWindow[]): Float64Array {
  const groupOf = ({ label, set, generator, thinned = false }: TrainingWindow) =>
    `${label}/${label === 'human' ? set : (generator ?? 'unknown')}/${thinned}`;
  const own = windows.map(({ data }) => Math.min(1, data.mouse.n / FULL_MOVEMENTS));
  const sums = new Map<string, number>();
  for (const [i, one] of windows.entries()) {
    const group = groupOf(one);
    sums.set(group, (sums.get(group) ?? 0) + own[i]!);
  }
  const groups = { human: 0, bot: 0 };
  for (const group of sums.keys()) groups[group.startsWith('human/') ? 'human' : 'bot'] += 1;
  return Float64Array.from(windows, (one, i) => {
    const share = own[i]! / sums.get(groupOf(one))!;
    return share / groups[one.label];
  });
}

interface Scored {
  window: TrainingWindow;
  z: number;
}

const scored = (window: TrainingWindow, model: Fitted): Scored => ({
  window,
  z: sumOfStumps(window.data.mouse, model),
});

type Zeros = Pick<BehaviorModel, 'z0' | 'thinZeros'>;

/**
 * The 1 % quantiles of people by movements, placed for people who come later (`zeroForOthers`), never falling with more movements: of
 * each set, and the lowest of these. Sets differ more than people of one do, so that the quantile of all together would call more than
 * one in a hundred of some sets programs.
 */
function zerosOf(people: readonly Scored[]): Zeros {
  const quantileOf = (some: readonly Scored[]): number => {
    const sets = [...Map.groupBy(some, ({ window }) => window.set).values()];
    const enough = sets.filter(({ length }) => length >= FEWEST_FOR_ZERO);
    return Math.min(...(enough.length > 0 ? enough : [some]).map(zeroOfSet));
  };
  const full = people.filter(isFull);
  let least = rounded(quantileOf(full.length > 0 ? full : people));
  const z0 = least;
  const thinZeros: number[] = [];
  for (let movements = FULL_MOVEMENTS - 1; movements >= 1; movements--) {
    const some = people.filter(({ window }) => window.data.mouse.n === movements);
    if (some.length > 0) least = Math.min(least, rounded(quantileOf(some)));
    thinZeros.unshift(least);
  }
  return { z0, thinZeros };
}

const isFull = ({ window: { data } }: Scored): boolean => isFullWindow(data);

const zeroOfSet = (some: readonly Scored[]): number =>
  zeroForOthers(some.map(({ window: { set, person }, z }) => ({ person: `${set}/${person}`, z })));

/**
 * How surely a person's a full window is, fitted on full windows: thinner ones, of which there are more, are harder to separate and
 * would make it too careful. Undefined where too few windows are full.
 */
function fullCalibration(
  people: readonly Scored[],
  programs: readonly Scored[],
  z0: number,
): BehaviorModel['full'] {
  const fullPeople = people.filter(isFull);
  const generators = [...Map.groupBy(programs.filter(isFull), ({ window }) => window.generator).values()];
  const fullPrograms = generators.filter(({ length }) => length >= FEWEST_FULL);
  if (fullPeople.length < FEWEST_FOR_ZERO || fullPrograms.length < FEWEST.generators) return undefined;
  const { slope, even } = platt(withWeights(fullPeople, fullPrograms.flat(), () => z0));
  return { slope: rounded(slope), even: rounded(even) };
}

function withWeights(
  people: readonly Scored[],
  programs: readonly Scored[],
  zero: (window: TrainingWindow) => number,
) {
  const all = [...people, ...programs];
  const weights = weightsOf(all.map(({ window }) => window));
  return all.map(({ window, z }, i) => ({
    z: z - zero(window),
    human: isHuman(window),
    weight: weights[i]!,
  }));
}

function middleOf(values: readonly (number | null | undefined)[]): number {
  const known = values.filter((one) => one !== null && one !== undefined).toSorted((a, b) => a - b);
  return known[Math.floor(known.length / 2)] ?? 0;
}

const rounded = (x: number): number => (Math.abs(x) < 1e-9 ? 0 : Number(x.toPrecision(6)));
