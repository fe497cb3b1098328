import type { Analysis } from '../../../service/inference/face.ts';
import type { Actor, Asked, Seen } from './actor.ts';

/** One movement of what is held to the camera, in small stages from rest (stage 0) on. */
export interface Movement {
  /** Names of the pictures of its stages; the first is at rest. */
  stages: readonly string[];
  /** Back at once when the end is reached, as lids do. */
  returns?: true;
}

/** Pictures of one thing in the attacker's hands (or in the attacker's program), and what is done with it for each step. */
export interface Handled {
  /** The same scene at rest, a hand's tremor apart. */
  rest: readonly string[];
  plays: Readonly<Partial<Record<Asked, Movement>>>;
}

/** The attacker needs less time than a person: the eyes on the page, the hands ready. */
const REACTION = { least: 200, most: 500 };
/** Milliseconds between two movements that return. */
const PAUSE = 700;

/** One who answers each step with the movement that fits it best, and rests where none does. */
export function createHandler(
  { rest, plays }: Handled,
  readings: ReadonlyMap<string, Analysis>,
  random: () => number,
): Actor {
  let moving: { movement: Movement; stage: number } | undefined;
  let doing: Asked | undefined;
  let ready = 0;
  let forwards = true;
  let count = 0;

  const atRest = () => rest[count++ % rest.length]!;

  function move(asked: Asked, since: number): string {
    if (doing !== asked) {
      doing = asked;
      forwards = true;
      ready = REACTION.least + random() * (REACTION.most - REACTION.least);
    }
    const wanted = plays[asked];
    if (moving && moving.movement !== wanted) {
      // first back to rest, the way it came
      moving.stage--;
      if (moving.stage > 0) return moving.movement.stages[moving.stage]!;
      moving = undefined;
      return atRest();
    }
    if (!wanted || since < ready) return atRest();
    moving ??= { movement: wanted, stage: 0 };
    const last = wanted.stages.length - 1;
    if (wanted.returns) {
      moving.stage += forwards ? 1 : -1;
      if (moving.stage >= last) forwards = false;
      if (moving.stage <= 0) {
        moving = undefined;
        forwards = true;
        ready = since + PAUSE;
        return atRest();
      }
      return wanted.stages[Math.min(last, moving.stage)]!;
    }
    // at the end the hand trembles by a stage
    moving.stage = moving.stage >= last ? last - (random() < 0.5 ? 1 : 0) : moving.stage + 1;
    return wanted.stages[moving.stage]!;
  }

  return {
    next(asked, since): Seen {
      const name = move(asked, since);
      const analysis = readings.get(name);
      if (!analysis) throw new Error(`There is no picture "${name}".`);
      return { analysis, name };
    },
  };
}
