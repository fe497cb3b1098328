import { movementIn } from '../../service/engine/challenges/index.ts';
import { judgeRepeats } from '../../service/engine/challenges/movements/judge-repeats.ts';
import { packTrace } from '../../service/engine/challenges/movements/pack-trace.ts';
import { repeatsOf } from '../../service/engine/challenges/movements/repeats.ts';
import { momentOf, type Trace } from '../../service/engine/challenges/movements/trace.ts';
import { seenFrame } from '../../service/engine/challenges/seen-frame.ts';
import { wilsonInterval } from '../accuracy/interval.ts';
import { type LivePerson, placeOf } from './people.ts';

/** Milliseconds of one part of a recording, which stands for a session; and the fewest. */
const PART = 8000;
const LEAST = 4000;
/** Milliseconds between two frames of the recordings. */
const PACE = 100;

/** What the rule against repeated movements finds in recordings of living people, played as they were recorded. */
export interface RepeatsRow {
  compared: string;
  /** Parts, or pairs of parts. */
  of: number;
  /** Stretches of movement in them, and those that count as shown before. */
  stretches: number;
  repeated: number;
  refused: number;
  interval: [number, number];
}

interface Part {
  clip: string;
  person: string;
  trace: Trace;
}

export function measureRepeats(people: readonly LivePerson[]): RepeatsRow[] {
  const parts = people.flatMap(partsOf);
  const pairs = parts.flatMap((one) => parts.map((other) => [one, other] as const));
  const row = (
    compared: string,
    found: readonly { stretches: number; repeated: number; refused: boolean }[],
  ) => {
    const sum = (of: (one: (typeof found)[number]) => number) => found.reduce((all, one) => all + of(one), 0);
    const refused = sum((one) => Number(one.refused));
    return {
      ...{ compared, of: found.length, refused },
      ...{ stretches: sum(({ stretches }) => stretches), repeated: sum(({ repeated }) => repeated) },
      interval: wilsonInterval(refused, found.length),
    };
  };
  const between = (holds: (one: Part, other: Part) => boolean) =>
    pairs
      .filter(([one, other]) => one !== other && holds(one, other))
      .map(([{ trace }, { trace: earlier }]) => ({
        ...repeatsOf(trace, earlier),
        refused: movementIn(packTrace(trace))(packTrace(earlier)),
      }));
  return [
    row(
      `each part of at most ${PART / 1000} s with itself`,
      parts.map(({ trace }) => ({
        ...repeatsOf(trace, trace),
        refused: judgeRepeats(trace, 'refuse').passed === false,
      })),
    ),
    row(
      'two parts of one recording: the same person, seat, camera and light, seconds apart',
      between((one, other) => one.clip === other.clip),
    ),
    row(
      'parts of two recordings of one person',
      between((one, other) => one.clip !== other.clip && one.person === other.person),
    ),
    row(
      'parts of recordings of two people',
      between((one, other) => one.person !== other.person),
    ),
  ];
}

function partsOf({ clip, recording }: LivePerson): Part[] {
  const frames = recording.moments
    .map(({ name, analysis }) => ({ ...placeOf(name), analysis }))
    .filter(({ zoom }) => zoom === 1)
    .sort((a, b) => a.frame - b.frame)
    .map(({ frame, analysis }) => ({ at: frame * PACE, analysis }));
  const parts: Part[] = [];
  for (let start = 0; start < (frames.at(-1)?.at ?? 0); start += PART) {
    const these = frames.filter(({ at }) => at >= start && at < start + PART);
    if (these.length * PACE < LEAST) continue;
    const trace = {
      at: these.map(({ at }) => at),
      moments: these.map(({ at, analysis }) => momentOf(seenFrame(at, analysis.face!))),
    };
    parts.push({ clip: clip.id, person: clip.person, trace });
  }
  return parts;
}
