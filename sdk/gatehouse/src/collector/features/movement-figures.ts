import { type MovementShape, shapeOf } from './movement-shape.ts';
import { type MovementStructure, structureOf } from './movement-structure.ts';
import { type MovementTurning, turningOf } from './movement-turning.ts';
import { movementOf } from './movements.ts';
import type { PointerSample } from './raw-window.ts';
import { gaps, median } from './statistics.ts';

/** What is computed of one movement. */
export interface MovementFigures extends MovementShape, MovementTurning, MovementStructure {
  /** Steps as recorded, and those that are the usual step to the pixel that rounding takes. Both 0 of a slow hand. */
  steps: number;
  equal: number;
}

type Stretch = readonly PointerSample[];

interface Known {
  first: PointerSample;
  last: PointerSample;
  count: number;
  /** `undefined`: no movement. */
  figures: MovementFigures | undefined;
}

/** Shorter steps of a slow hand are equal by rounding: pixels. */
const SHORTEST_EQUAL_STEP = 3;

export type Figures = ReturnType<typeof createFigures>;

/** Figures of movements, computed once for each stretch of samples of one log: a stretch with the same ends and as many samples is the same. */
export function createFigures() {
  let known = new Map<number, Known>();

  function knownOf(samples: Stretch): Known {
    const before = known.get(samples[0]!.t);
    const [first, last, count] = [samples[0]!, samples.at(-1)!, samples.length];
    if (before?.count === count && isSame(before.first, first) && isSame(before.last, last)) return before;
    return { first, last, count, figures: figuresOf(samples) };
  }

  return {
    /** Of each stretch that is a movement. Forgets all others. */
    of(stretches: readonly Stretch[]): MovementFigures[] {
      const all = stretches.map(knownOf);
      known = new Map(all.map((one) => [one.first.t, one]));
      return all.map(({ figures }) => figures).filter((figures) => figures !== undefined);
    },
    /** Computes ahead of `of`. Forgets those that begin before `oldest`. */
    prepare(stretches: readonly Stretch[], oldest: number): void {
      for (const t of known.keys()) if (t < oldest) known.delete(t);
      for (const samples of stretches) known.set(samples[0]!.t, knownOf(samples));
    },
    clear: (): void => known.clear(),
  };
}

const isSame = (a: PointerSample, b: PointerSample): boolean => a.t === b.t && a.x === b.x && a.y === b.y;

function figuresOf(samples: Stretch): MovementFigures | undefined {
  const movement = movementOf(samples);
  return (
    movement && {
      ...shapeOf(movement),
      ...turningOf(movement),
      ...structureOf(movement),
      ...equalStepsOf(samples),
    }
  );
}

function equalStepsOf(samples: Stretch) {
  const [dx, dy] = [wholeSteps(samples, 'x'), wholeSteps(samples, 'y')];
  const [usualX, usualY] = [median(dx)!, median(dy)!];
  if (Math.hypot(usualX, usualY) < SHORTEST_EQUAL_STEP) return { steps: 0, equal: 0 };
  let equal = 0;
  for (let at = 0; at < dx.length; at += 1)
    if (Math.abs(dx[at]! - usualX) <= 1 && Math.abs(dy[at]! - usualY) <= 1) equal += 1;
  return { steps: dx.length, equal };
}

/** Steps between samples at whole pixels. */
const wholeSteps = (samples: Stretch, axis: 'x' | 'y'): number[] =>
  gaps(samples.map((sample) => Math.round(sample[axis])));
