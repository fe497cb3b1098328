import type { Schemas } from '../../data.ts';

export type SavedSteps = NonNullable<Schemas['Organization']['setupSteps']>;
export type SavedStep = keyof SavedSteps;

/** What is asked once there is an owner, in this order. A passkey belongs to a name, so the name comes first. */
export const setupSteps = [
  'name',
  'factor',
  'attack-detection',
  'consent',
  'destinations',
  'keys',
] as const satisfies readonly SavedStep[];

/** With the last one, an offer that is not saved: a person is enrolled and verified, for a try. */
export const assistantSteps = [...setupSteps, 'first-person'] as const;
export type AssistantStep = (typeof assistantSteps)[number];

/** Where the assistant goes on: what was never reached, then what was put off, then the last page. */
export const stepToGoOn = (saved: SavedSteps): AssistantStep =>
  setupSteps.find((step) => (saved[step] ?? 'open') === 'open') ??
  setupSteps.find((step) => saved[step] === 'later') ??
  'first-person';

export const stepsLeft = (saved: SavedSteps): readonly SavedStep[] =>
  setupSteps.filter((step) => saved[step] !== 'done');

export const stepAfter = (step: SavedStep): AssistantStep =>
  assistantSteps[assistantSteps.indexOf(step) + 1] ?? 'first-person';
export const stepBefore = (step: AssistantStep): AssistantStep | undefined =>
  assistantSteps[assistantSteps.indexOf(step) - 1];
