import type { Migration } from '../migration.ts';

/** Wrong answers of one user are counted, and challenges that were left after wrong answers are found. */
export const wrongAnswers: Migration = {
  name: '0040-wrong-answers',
  up: () => [
    'create index behavior_challenge_user on behavior_challenge (organization, world, lineage, user_hash, last_answer_at)',
    "create index behavior_challenge_left on behavior_challenge (expires_at) where state = 'open' and attempts > 0",
  ],
};
