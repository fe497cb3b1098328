import type { Migration } from '../migration.ts';

/** How far the assistant has come, and the language of the consent text. */
export const setupSteps: Migration = {
  name: '0020-setup-steps',
  up: ({ text }) => [
    `alter table organization add column setup_steps ${text}`,
    `alter table organization add column consent_language ${text}`,
  ],
};
