import { chordOf, type MovementChord } from './movement-chord.ts';
import { type MovementShape, shapeOf } from './movement-shape.ts';
import { type MovementStructure, structureOf } from './movement-structure.ts';
import { type MovementTurning, turningOf } from './movement-turning.ts';
import { movementOf } from './movements.ts';
import type { PointerSample } from './raw-window.ts';
import { gaps, median } from './statistics.ts';

/** What is computed of one movement. */
export interface MovementFigures extends MovementShape, MovementChord, MovementTurning, MovementStructure {
  /** Steps as recorded. */
  steps: number;
  /** The same, 0 of a slow hand, and those of them that are the usual step to the pixel that rounding takes, unless that is on an axis. */
  comparable: number;
  equal: number;
  /** All of `steps` where they are level, upright or diagonal, as keys move a pointer; else 0. */
  onAxis: number;
}

type Stretch = readonly PointerSample[];

interface Known {
  count: number;
  /** When the stretch ended. */
  end: number;
  /** `undefined`: no movement. */
  figures: MovementFigures | undefined;
}

/** Shorter steps of a slow hand are equal, or level, by rounding: pixels. */
const SHORTEST_EQUAL_STEP = 3;
/** Of a movement by keys: shares of its steps. */
const ON_AXIS = 0.97;
const LONG_STEPS = 0.3;

export type Figures = ReturnType<typeof createFigures>;

/** Figures of movements, computed once for each stretch of samples of one log: one from and to the same times with as many samples is the same. */
export function createFigures() {
  /** By the time of the first sample. */
  let known = new Map<number, Known>();

  function knownOf(samples: Stretch): [start: number, one: Known] {
    const [start, end, count] = [samples[0]!.t, samples.at(-1)!.t, samples.length];
    const before = known.get(start);
    return [
      start,
      before?.end === end && before.count === count ? before : { end, count, figures: figuresOf(samples) },
    ];
  }

  return {
    /** Of each stretch that is a movement. Forgets all others. */
    of(stretches: readonly Stretch[]): MovementFigures[] {
      const all = stretches.map(knownOf);
      known = new Map(all);
      return all.map(([, { figures }]) => figures).filter((figures) => figures !== undefined);
    },
    /** Computes ahead of `of`. Forgets those that begin before `oldest`. */
    prepare(stretches: readonly Stretch[], oldest: number): void {
      for (const t of known.keys()) if (t < oldest) known.delete(t);
      for (const samples of stretches) known.set(...knownOf(samples));
    },
    clear: (): void => known.clear(),
  };
}

function figuresOf(samples: Stretch): MovementFigures | undefined {
  const movement = movementOf(samples);
  if (!movement) return undefined;
  const [dx, dy] = [gaps(movement.wholeX), gaps(movement.wholeY)];
  return {
    ...shapeOf(movement),
    ...chordOf(movement),
    ...turningOf(movement),
    ...structureOf(movement),
    ...equalStepsOf(dx, dy),
    ...axisStepsOf(dx, dy),
  };
}

function equalStepsOf(dx: readonly number[], dy: readonly number[]) {
  const [usualX, usualY] = [median(dx)!, median(dy)!];
  const comparable = isLong(usualX, usualY) ? dx.length : 0;
  const isEqual = (one: number, at: number) => Math.abs(one - usualX) <= 1 && Math.abs(dy[at]! - usualY) <= 1;
  return {
    comparable,
    equal: isOnAxis(usualX, usualY) ? 0 : comparable && dx.filter(isEqual).length,
  };
}

/** Of any length and in any of the eight directions: MouseKeys gathers speed, and keys take turns. Hands go level for a part of their way. */
function axisStepsOf(dx: readonly number[], dy: readonly number[]) {
  const steps = dx.length;
  const shareOf = (holds: (x: number, y: number) => boolean) =>
    dx.filter((one, at) => holds(one, dy[at]!)).length / steps;
  const byKeys = shareOf(isOnAxis) >= ON_AXIS && shareOf(isLong) >= LONG_STEPS;
  return { steps, onAxis: byKeys ? steps : 0 };
}

const isLong = (x: number, y: number): boolean => Math.hypot(x, y) >= SHORTEST_EQUAL_STEP;
const isOnAxis = (x: number, y: number): boolean => x === 0 || y === 0 || Math.abs(x) === Math.abs(y);
