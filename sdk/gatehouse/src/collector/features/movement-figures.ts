import { chordOf, type MovementChord } from './movement-chord.ts';
import { type MovementShape, shapeOf } from './movement-shape.ts';
import { type MovementStructure, structureOf } from './movement-structure.ts';
import { type MovementTurning, turningOf } from './movement-turning.ts';
import { type Movement, movementOf } from './movements.ts';
import type { PointerSample } from './raw-window.ts';
import { gaps, median } from './statistics.ts';

/** What is computed of one movement. */
export interface MovementFigures extends MovementShape, MovementChord, MovementTurning, MovementStructure {
  /** Steps as recorded, and those that are the usual step to the pixel that rounding takes. 0 of a slow hand. */
  steps: number;
  equal: number;
  /** Of the equal ones, where the usual step is level, upright or diagonal; `equal` is 0 then. */
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

/** Shorter steps of a slow hand are equal by rounding: pixels. */
const SHORTEST_EQUAL_STEP = 3;

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
  return (
    movement && {
      ...shapeOf(movement),
      ...chordOf(movement),
      ...turningOf(movement),
      ...structureOf(movement),
      ...equalStepsOf(movement),
    }
  );
}

function equalStepsOf({ wholeX, wholeY }: Movement) {
  const [dx, dy] = [gaps(wholeX), gaps(wholeY)];
  const [usualX, usualY] = [median(dx)!, median(dy)!];
  const steps = Math.hypot(usualX, usualY) < SHORTEST_EQUAL_STEP ? 0 : dx.length;
  const isEqual = (one: number, at: number) => Math.abs(one - usualX) <= 1 && Math.abs(dy[at]! - usualY) <= 1;
  const many = steps && dx.filter(isEqual).length;
  const isOnAxis = usualX === 0 || usualY === 0 || Math.abs(usualX) === Math.abs(usualY);
  return { steps, equal: isOnAxis ? 0 : many, onAxis: isOnAxis ? many : 0 };
}
