import type { ProfileDefinition } from './profile.ts';

/** Below it more attacks pass than in the built-in profiles, which refuse at 0.5. */
const BUILT_IN = 0.5;

/** Whether the profile verifies where a built-in one would refuse by liveness. */
export function isLenient({ checks: { liveness } }: Pick<ProfileDefinition, 'checks'>): boolean {
  return !liveness.enabled || !liveness.hardFail || liveness.threshold < BUILT_IN;
}
