import type { ChallengeModels, ChallengePath, ChallengeRules } from '../../service/engine/matching/index.ts';
import { type Recording, stepsOf } from './actors/person.ts';
import type { LivePerson } from './people.ts';
import type { Readings } from './readings.ts';
import type { Sources } from './sources.ts';
import type { Trial } from './trial.ts';

/** What a trial of a species depends on beside its own number. */
export interface Judge {
  rules: ChallengeRules;
  path: ChallengePath;
  models: ChallengeModels;
}

/** `product`: random, of all the profile's steps. `within reach`: of those alone that the attacker's recording shows. `same`: those of the old session, in its order. */
export type Draw = 'product' | 'within reach' | 'same';

/** One way of attacking; the trial's number chooses source and chance. */
export interface Species {
  name: string;
  /** Who does it, in plain words. */
  attacker: string;
  /** Real recordings, simulated, or both. */
  made: string;
  draw: Draw;
  /**
   * Reads the frames of its sources, and gives its trials; how many sources there are. `names`: theirs, where one trial is of one source:
   * trial i of names[i % names.length].
   */
  prepare(
    sources: Sources,
    readings: Readings,
  ): Promise<{
    sources: number;
    names?: readonly string[];
    run(trial: number, judge: Judge, random: () => number): Trial;
  }>;
}

/**
 * The same rules with the steps alone that the recording shows: an attacker may have better recordings than these, so a step that is
 * missing here stops no attack (nor, for a live person, a session). It takes the random steps from the product's defense: each row that
 * uses it stands beside one that does not.
 */
export const withinReach = (rules: ChallengeRules, recording: Recording): ChallengeRules => {
  const able = new Set<string>(stepsOf(recording));
  return { ...rules, pool: rules.pool.filter((step) => able.has(step)) };
};

/** People whose recordings show a turn: the only ones whose recordings are worth replaying. */
export const turning = ({ people }: Sources): LivePerson[] =>
  people.filter(({ recording }) => showsTurn(recording));

export const showsTurn = (recording: Recording): boolean =>
  stepsOf(recording).some((step) => step === 'turn-left' || step === 'turn-right');

/** Of them those whose recordings show turns to both sides: the only people whose old session may be one that the default profile drew. */
export const turningBothWays = (sources: Sources): LivePerson[] =>
  turning(sources).filter(
    ({ recording: { fits } }) => fits['turn-left'].length > 0 && fits['turn-right'].length > 0,
  );

/** People whose recordings show what the path without motion asks for. */
export const canKeepStill = ({ recording }: LivePerson) => {
  const steps = stepsOf(recording);
  return steps.includes('hold-still') && steps.includes('blink');
};
