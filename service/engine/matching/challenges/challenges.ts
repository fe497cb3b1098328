import type { RandomBytes } from '../../../lib/random/chance.ts';
import { type Challenge, createChallenge } from './challenge.ts';
import { type ChallengeRules, type ChallengeSettings, challengeRules } from './challenge-rules.ts';
import { type ChallengePath, drawChallenge } from './draw-challenge.ts';
import { movementIn } from './movements/repeats.ts';
import type { ChallengeModels } from './verdict.ts';

/** Challenges of live sessions. */
export interface Challenges {
  rules(profile: { definition: { challenge?: ChallengeSettings | undefined } }): ChallengeRules;
  /** Draws a challenge by chance, for one attempt: none of the sequences that this person did before (`drawChallenge`). */
  begin(
    rules: ChallengeRules,
    models: ChallengeModels,
    path: ChallengePath,
    before: readonly (readonly string[])[],
  ): Challenge;
  /** Whether an earlier movement, packed, holds parts of this one: the person moved as before, which no one does. */
  movementIn: typeof movementIn;
}

export const createChallenges = (random: RandomBytes): Challenges => ({
  rules: ({ definition }) => challengeRules(definition.challenge),
  begin: (rules, models, path, before) => createChallenge(drawChallenge(rules, path, random, before), models),
  movementIn,
});
