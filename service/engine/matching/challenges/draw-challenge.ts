import { type Chance, createChance, type RandomBytes } from '../../../lib/random/chance.ts';
import type { ChallengeRules } from './challenge-rules.ts';
import { type StepName, stepNamed } from './steps/registered-steps.ts';
import type { Step } from './steps/step.ts';

/** What the person chose before the start. */
export interface ChallengePath {
  /** Colored light of the screen is all right. */
  flash: boolean;
  /** Turning the head is possible. */
  motion: boolean;
}

/** `active`: motion, and colored light where it was drawn. `passive-frames`: no motion of the head was asked for. */
export type Assurance = 'active' | 'active-no-flash' | 'passive-frames';

export interface DrawnStep {
  name: StepName;
  holdMs: number;
  limitMs: number;
  /** First color of a step that has some. */
  color?: string;
  colors?: readonly string[];
}

export interface DrawnChallenge {
  steps: readonly DrawnStep[];
  path: ChallengePath;
  assurance: Assurance;
  strict: boolean;
  repeats: ChallengeRules['repeats'];
}

/** Milliseconds. */
const HOLD = [500, 1000] as const;
const LIMIT = 5000;
/** Without motion the frames alone are judged, and motion is only judged over three seconds. */
const HOLD_WITHOUT_MOTION = [3500, 5000] as const;
/** Of holding still between two steps without motion. */
const PAUSE = [600, 1800] as const;
/** Blinks of an attempt without motion: one or two. */
const MOST_BLINKS = 2;
/** From this many steps on both directions are asked for. */
const BOTH_TURNS_FROM = 3;
/** Draws that are tried for a sequence that was not asked for before. */
const MOST_DRAWS = 100;

/**
 * Draws the steps of one attempt, every order of them alike: at least one turn, from two steps on a blink where it is in the pool, from
 * three on both directions, no step twice. Without motion, holding still for a drawn time, one or two blinks and pauses of drawn lengths
 * (and colors, where they may be shown) take their place.
 *
 * `before`: sequences that the person has done in earlier sessions. Neither one of them nor its mirror image is drawn again, so that the film
 * of such a session does not fit, mirrored or not; where a profile knows too few sequences, the mirror image of one is, and where all were done,
 * one of them. Without motion there are too few to leave any out.
 */
export function drawChallenge(
  rules: ChallengeRules,
  path: ChallengePath,
  random: RandomBytes,
  before: readonly (readonly string[])[] = [],
): DrawnChallenge {
  const chance = createChance(random);
  const names = path.motion ? drawNew(rules, path, chance, before) : drawStill(rules, path, chance);
  return {
    steps: names.map((name, index) => drawStep(name, { ...path, index }, chance)),
    path,
    assurance: assuranceOf(rules, path),
    strict: rules.strict,
    repeats: rules.repeats,
  };
}

function drawNew(
  rules: ChallengeRules,
  path: ChallengePath,
  chance: Chance,
  before: readonly (readonly string[])[],
): StepName[] {
  const done = before.map((names) => names.join());
  const known = new Set([...done, ...before.map((names) => names.map(mirrored).join())]);
  const draw = () => drawMoving(rules, path, chance);
  let names = draw();
  for (let draws = 1; known.has(names.join()) && draws < MOST_DRAWS; draws++) names = draw();
  for (let draws = 1; done.includes(names.join()) && draws < MOST_DRAWS; draws++) names = draw();
  return names;
}

/** What a step shows in a film that is mirrored. */
const mirrored = (name: string): string =>
  name === 'turn-left' ? 'turn-right' : name === 'turn-right' ? 'turn-left' : name;

function drawMoving({ pool, count }: ChallengeRules, path: ChallengePath, chance: Chance): StepName[] {
  const allowed = pool.filter((name) => path.flash || stepNamed(name).needs !== 'flash');
  const turns = chance.shuffle(allowed.filter((name) => stepNamed(name).turn));
  if (turns.length === 0) throw new Error('A challenge with motion needs a turn in its pool.');
  const [turn, otherTurn] = turns;
  const lids = allowed.filter((name) => stepNamed(name).lids);
  const certain = [turn!, ...lids, ...(otherTurn && count >= BOTH_TURNS_FROM ? [otherTurn] : [])].slice(
    0,
    count,
  );
  const others = allowed.filter((name) => !certain.includes(name));
  const more = chance.shuffle(others).slice(0, count - certain.length);
  return chance.shuffle([...certain, ...more]);
}

/** Little to guess, because a person who needs this path is asked for little: how many blinks, their place beside the colors, and pauses. */
function drawStill({ pool }: ChallengeRules, path: ChallengePath, chance: Chance): StepName[] {
  const flash = path.flash ? pool.filter((name) => stepNamed(name).needs === 'flash') : [];
  const blinks = Array.from({ length: 1 + chance.below(MOST_BLINKS) }, (): StepName => 'blink');
  const steps: StepName[] = [];
  for (const name of chance.shuffle([...blinks, ...flash])) {
    if (steps.length > 0 && (steps.at(-1) === name || chance.below(2) === 1)) steps.push('hold-still');
    steps.push(name);
  }
  return ['hold-still', ...steps];
}

function drawStep(
  name: StepName,
  { motion, index }: ChallengePath & { index: number },
  chance: Chance,
): DrawnStep {
  const step: Step = stepNamed(name);
  const still = !motion && step.rest;
  const longer = still && index === 0;
  const [least, most] = longer ? HOLD_WITHOUT_MOTION : still ? PAUSE : (step.hold ?? HOLD);
  const holdMs = least + chance.below(most - least + 1);
  const colors = step.colors && chance.shuffle(step.colors);
  return {
    name,
    holdMs,
    limitMs: longer ? LIMIT + holdMs : LIMIT,
    ...(colors && { colors, color: colors[0]! }),
  };
}

function assuranceOf({ pool }: ChallengeRules, { flash, motion }: ChallengePath): Assurance {
  if (!motion) return 'passive-frames';
  return flash && pool.some((name) => stepNamed(name).needs === 'flash') ? 'active' : 'active-no-flash';
}
