/**
 * Families that are near to a bot of `test/bots/movers` in how they work, though no code is shared: they are left out of training
 * together with it, where it is to be unseen.
 */
const kin: Readonly<Record<string, readonly string[]>> = {
  bezier: ['through'],
  ghost: ['through'],
  'minimum-jerk': ['strokes'],
  adaptive: ['strokes'],
  windmouse: ['spring'],
};

/** Their names as generators. */
export const kinOf = (bot: string): string[] => (kin[bot] ?? []).map(simulatedName);

export const simulatedName = (family: string): string => `simulated-${family}`;
