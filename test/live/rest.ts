import {
  createRestComparison,
  SAME_REST,
} from '../../service/engine/matching/challenges/movements/stretches.ts';
import {
  momentOf,
  packTrace,
  readTrace,
  type Trace,
} from '../../service/engine/matching/challenges/movements/trace.ts';
import { isMeasured, seenFrame } from '../../service/engine/matching/challenges/seen-frame.ts';
import type { Analysis } from '../../service/inference/face.ts';
import { wilsonInterval } from '../accuracy/interval.ts';
import { type LivePerson, placeOf } from './people.ts';
import type { Readings } from './readings.ts';
import { readAnew } from './replays.ts';

/** Milliseconds of one part of a recording, about as long as an attempt without motion, and from one to the next. */
const PART = 5000;
const NEXT = 1000;
/** Milliseconds between two frames of the recordings. */
const PACE = 100;

/** What the comparison of faces at rest finds: in copies all that are found are right, elsewhere none is. */
export interface RestRow {
  compared: string;
  pairs: number;
  /** Of people. */
  people: number;
  /** At the limit of the rule. */
  found: number;
  interval: [number, number];
  /** The least likeness of copies that could be compared, the largest of others. */
  extreme: number;
  /** Too little was there to compare. */
  uncompared: number;
}

interface Part {
  clip: string;
  person: string;
  chosenOn: boolean;
  from: number;
  trace: Trace;
}

type Pair = readonly [fresh: Trace, earlier: Trace, person: string];

/** Limits were chosen on the recordings that other thresholds saw too; the others are shown by themselves. */
export async function measureRest(people: readonly LivePerson[], readings: Readings): Promise<RestRow[]> {
  const parts = people.flatMap(partsOf);
  const copies: Pair[] = [];
  const other: Pair[] = [];
  for (const person of people) {
    const own = parts.filter(({ clip }) => clip === person.clip.id);
    const shown = own.length === 0 ? [] : await readAnew(person, readings);
    for (const again of shown.map(traceOf))
      for (const { from, trace } of own)
        (person.clip.usedForThresholds ? copies : other).push([cut(again, from), trace, person.clip.person]);
  }
  const pairs = (holds: (one: Part, two: Part) => boolean): Pair[] =>
    parts.flatMap((one) =>
      parts
        .filter((two) => one !== two && holds(one, two))
        .map((two): Pair => [one.trace, two.trace, one.person]),
    );
  const apart = (one: Part, two: Part) => one.clip !== two.clip || Math.abs(one.from - two.from) >= PART;
  const samePerson = (one: Part, two: Part) => one.person === two.person && apart(one, two);
  return [
    rowOf('copies encoded anew, of people the limit was chosen on', copies, Math.min),
    rowOf('copies encoded anew, of other people', other, Math.min),
    rowOf(
      'one person at two times, of people the limit was chosen on',
      pairs((one, two) => one.chosenOn && samePerson(one, two)),
      Math.max,
    ),
    rowOf(
      'one person at two times, of other people',
      pairs((one, two) => !one.chosenOn && samePerson(one, two)),
      Math.max,
    ),
    rowOf(
      'two people, both of those the limit was chosen on',
      pairs((one, two) => one.person !== two.person && one.chosenOn && two.chosenOn),
      Math.max,
    ),
    rowOf(
      'two people, at least one of the others',
      pairs((one, two) => one.person !== two.person && !(one.chosenOn && two.chosenOn)),
      Math.max,
    ),
  ];
}

function rowOf(compared: string, pairs: readonly Pair[], extremeOf: typeof Math.min): RestRow {
  const comparisons = new Map<Trace, ReturnType<typeof createRestComparison>>();
  const found = pairs.map(([fresh, earlier]) => {
    if (!comparisons.has(fresh)) comparisons.set(fresh, createRestComparison(asKept(fresh)));
    return comparisons.get(fresh)!(asKept(earlier));
  });
  const compared0 = found.filter((likeness) => likeness > 0);
  const hits = found.filter((likeness) => likeness >= SAME_REST).length;
  return {
    compared,
    pairs: pairs.length,
    people: new Set(pairs.map(([, , person]) => person)).size,
    found: hits,
    interval: wilsonInterval(hits, pairs.length),
    extreme: compared0.reduce((one, two) => extremeOf(one, two), compared0[0] ?? 0),
    uncompared: found.length - compared0.length,
  };
}

/** Rounded, as it is stored. */
const kept = new Map<Trace, Trace>();
function asKept(trace: Trace): Trace {
  const before = kept.get(trace);
  if (before) return before;
  const after = trace.at.length === 0 ? trace : readTrace(packTrace(trace))!;
  kept.set(trace, after);
  return after;
}

const traceOf = (shown: ReadonlyMap<string, Analysis>): Trace => {
  const frames = [...shown]
    .map(([name, analysis]) => ({ ...placeOf(name), analysis }))
    .filter(({ zoom, analysis }) => zoom === 1 && analysis.face !== undefined)
    .sort((a, b) => a.frame - b.frame)
    .map(({ frame, analysis }) => seenFrame(frame * PACE, analysis.face!))
    .filter(isMeasured);
  return { at: frames.map(({ at }) => at), moments: frames.map(momentOf) };
};

function cut({ at, moments }: Trace, from: number): Trace {
  const places = at.flatMap((time, i) => (time >= from && time < from + PART ? [i] : []));
  return { at: places.map((i) => at[i]!), moments: places.map((i) => moments[i]!) };
}

function partsOf({ clip, recording }: LivePerson): Part[] {
  const whole = traceOf(new Map(recording.moments.map(({ name, analysis }) => [name, analysis])));
  const [first, last] = [whole.at[0] ?? 0, whole.at.at(-1) ?? 0];
  const parts: Part[] = [];
  for (let from = first; from + PART <= last + PACE; from += NEXT) {
    const trace = cut(whole, from);
    if (trace.at.length * PACE >= 0.9 * PART)
      parts.push({ clip: clip.id, person: clip.person, chosenOn: clip.usedForThresholds, from, trace });
  }
  return parts;
}
