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

/** Where the assistant goes on: what was never reached, then what was put off, then the last page. */
export const stepToGoOn = (saved: SavedSteps): SavedStep =>
  setupSteps.find((step) => (saved[step] ?? 'open') === 'open') ??
  setupSteps.find((step) => saved[step] === 'later') ??
  'keys';

export const stepsLeft = (saved: SavedSteps): readonly SavedStep[] =>
  setupSteps.filter((step) => saved[step] !== 'done');

export const stepAfter = (step: SavedStep): SavedStep => setupSteps[setupSteps.indexOf(step) + 1] ?? 'keys';
export const stepBefore = (step: SavedStep): SavedStep | undefined =>
  setupSteps[setupSteps.indexOf(step) - 1];
