import { createComparison, isRepeated } from '../../service/engine/matching/challenges/movements/repeats.ts';
import {
  type Moment,
  mirrored,
  momentOf,
  readTrace,
  type Trace,
} from '../../service/engine/matching/challenges/movements/trace.ts';
import { seenFrame } from '../../service/engine/matching/challenges/seen-frame.ts';
import { challengeRules, stepNames } from '../../service/engine/matching/index.ts';
import { median } from '../../service/lib/median.ts';
import { wilsonInterval } from '../accuracy/interval.ts';
import { createRandom } from '../accuracy/random.ts';
import { challengeModels } from '../support/challenge-frames.ts';
import { createScripted, natureOf } from './actors/scripted.ts';
import { type LivePerson, placeOf } from './people.ts';
import { runTrial } from './trial.ts';

/** Milliseconds of one part of a recording, which stands for a session; and the fewest. */
const PART = 8000;
const LEAST = 4000;
/** Milliseconds between two frames of the recordings. */
const PACE = 100;

/** Degrees of a turn of the head that nothing asked for, and milliseconds of the part around it. */
const TURNED = 12;
const AROUND = 5000;
/** Drawn people, and sessions of each with the same steps. */
const DRAWN = 50;
const SESSIONS = 3;

/** What the rule against repeated movements finds in movements of living people and of drawn heads. */
export interface RepeatsRow {
  compared: string;
  /** Parts, or pairs of parts. */
  of: number;
  /** Short stretches of movement in them, and those that count as shown before. */
  stretches: number;
  repeated: number;
  /** Long ones. */
  longStretches: number;
  longRepeated: number;
  refused: number;
  interval: [number, number];
}

interface Part {
  clip: string;
  person: string;
  /** Milliseconds of the recording. */
  from: number;
  to: number;
  trace: Trace;
}

type Pair = readonly [fresh: Trace, earlier: Trace];

function rowOf(compared: string, pairs: readonly Pair[]): RepeatsRow {
  const row: RepeatsRow = {
    compared,
    of: pairs.length,
    refused: 0,
    stretches: 0,
    repeated: 0,
    longStretches: 0,
    longRepeated: 0,
    interval: [0, 1],
  };
  for (const [fresh, earlier] of pairs) {
    const comparison = createComparison(fresh);
    const repeats = comparison.repeatsOf(earlier);
    const isFlipped = fresh !== earlier && comparison.isIn(mirrored(earlier));
    row.stretches += repeats.short.stretches;
    row.repeated += repeats.short.repeated;
    row.longStretches += repeats.long.stretches;
    row.longRepeated += repeats.long.repeated;
    row.refused += isRepeated(repeats) || isFlipped ? 1 : 0;
  }
  return { ...row, interval: wilsonInterval(row.refused, row.of) };
}

/** Recordings of living people, played as they were recorded. */
export function measureRepeats(people: readonly LivePerson[]): RepeatsRow[] {
  const parts = people.flatMap(partsOf);
  const turns = people.flatMap(turnsOf);
  const between = (of: readonly Part[], holds: (one: Part, other: Part) => boolean): Pair[] =>
    of.flatMap((one) =>
      of.filter((other) => one !== other && holds(one, other)).map(({ trace }): Pair => [one.trace, trace]),
    );
  return [
    rowOf(
      `each part of at most ${PART / 1000} s with itself`,
      parts.map(({ trace }): Pair => [trace, trace]),
    ),
    rowOf(
      'two parts of one recording: the same person, seat, camera and light, seconds apart',
      between(parts, (one, other) => one.clip === other.clip),
    ),
    rowOf(
      'parts of two recordings of one person',
      between(parts, (one, other) => one.clip !== other.clip && one.person === other.person),
    ),
    rowOf(
      'parts of recordings of two people',
      between(parts, (one, other) => one.person !== other.person),
    ),
    rowOf(
      `${AROUND / 1000} s around two turns of ${TURNED}° and more (of ${turns.length}) of one person that do not overlap`,
      between(turns, (one, other) => one.person === other.person && !overlap(one, other)),
    ),
    rowOf(
      `${AROUND / 1000} s around turns of ${TURNED}° and more of two people`,
      between(turns, (one, other) => one.person !== other.person),
    ),
    ...[0.05, 0.15, 0.3, 1].flatMap((sway) =>
      [4, 6].map((count) =>
        rowOf(
          `drawn heads: one person, the same ${count} steps in the same order, ${SESSIONS} times; sway ${sway} (most people: .3)`,
          drawnPairs(sway, count),
        ),
      ),
    ),
  ];
}

/** Sessions of drawn people who do the same again, each with what varies from time to time. */
function drawnPairs(sway: number, count: number): Pair[] {
  const rules = challengeRules({ steps: [...stepNames], count, repeats: 'record' });
  return Array.from({ length: DRAWN }, (_, p) => {
    const nature = natureOf(createRandom(5000 + p));
    const sessions: Trace[] = [];
    let asks: ReturnType<typeof runTrial>['attempts'][number]['steps'] | undefined;
    for (let tries = 0; tries < 60 && sessions.length < SESSIONS; tries++) {
      const random = createRandom(100_000 + 1000 * p + tries);
      const [attempt] = runTrial({
        rules,
        path: { flash: true, motion: true },
        models: challengeModels,
        random,
        attempts: 1,
        ...(asks && { asks }),
        actor: () => createScripted(random, { sway, nature }),
      }).attempts;
      if (!attempt!.passed) continue;
      asks = attempt!.steps;
      sessions.push(readTrace(attempt!.movement!)!);
    }
    return sessions.flatMap((one) =>
      sessions.filter((other) => other !== one).map((other): Pair => [one, other]),
    );
  }).flat();
}

const overlap = (one: Part, other: Part): boolean =>
  one.clip === other.clip && one.from < other.to && other.from < one.to;

interface Read {
  at: number;
  yaw: number;
  moment: Moment;
}

function readingsOf({ recording }: LivePerson): Read[] {
  return recording.moments
    .map(({ name, yaw, analysis }) => ({ ...placeOf(name), yaw, analysis }))
    .filter(({ zoom }) => zoom === 1)
    .sort((a, b) => a.frame - b.frame)
    .map(({ frame, yaw, analysis }) => {
      const at = frame * PACE;
      return { at, yaw, moment: momentOf(seenFrame(at, analysis.face!)) };
    });
}

const partOf = ({ clip }: LivePerson, from: number, to: number, read: readonly Read[]): Part => ({
  clip: clip.id,
  person: clip.person,
  from,
  to,
  trace: { at: read.map(({ at }) => at), moments: read.map(({ moment }) => moment) },
});

function partsOf(person: LivePerson): Part[] {
  const read = readingsOf(person);
  const parts: Part[] = [];
  for (let start = 0; start < (read.at(-1)?.at ?? 0); start += PART) {
    const these = read.filter(({ at }) => at >= start && at < start + PART);
    if (these.length * PACE >= LEAST) parts.push(partOf(person, start, start + PART, these));
  }
  return parts;
}

/** Around the farthest moment of each turn away from where the head is most of the time. */
function turnsOf(person: LivePerson): Part[] {
  const read = readingsOf(person);
  const rest = median(read.map(({ yaw }) => yaw));
  const parts: Part[] = [];
  for (let i = 0; i < read.length; ) {
    const side = Math.sign(read[i]!.yaw - rest);
    let far = i;
    while (i < read.length && Math.sign(read[i]!.yaw - rest) === side) {
      if (Math.abs(read[i]!.yaw - rest) > Math.abs(read[far]!.yaw - rest)) far = i;
      i++;
    }
    if (Math.abs(read[far]!.yaw - rest) < TURNED) continue;
    const [first, last] = [read[0]!.at, read.at(-1)!.at];
    const from = Math.max(first, Math.min(read[far]!.at - AROUND / 2, last - AROUND));
    const these = read.filter(({ at }) => at >= from && at <= from + AROUND);
    if (these.length * PACE >= LEAST) parts.push(partOf(person, from, from + AROUND, these));
  }
  return parts;
}
