import { between, logNormal, normal, type Random } from './chance.ts';

/** How long keys and the button are held, and how long it is from one key to the next; ms. */
export interface Hands {
  press(): number;
  hold(): number;
  gap(): number;
}

/** Constant, as a library's `delay` is. */
export function constantHands(random: Random): Hands {
  const [press, hold, gap] = [between(random, 40, 110), between(random, 30, 90), between(random, 80, 180)];
  return { press: () => press, hold: () => hold, gap: () => gap };
}

/** Uniform between two limits, the customary disguise. */
export function uniformHands(random: Random): Hands {
  return {
    press: () => between(random, 50, 150),
    hold: () => between(random, 40, 140),
    gap: () => between(random, 90, 260),
  };
}

/** Log-normal, with a rhythm that lingers from key to key and a pause between words, as people's. */
export function humanHands(random: Random): Hands {
  const own = {
    press: between(random, 75, 110),
    hold: between(random, 80, 115),
    gap: between(random, 150, 240),
  };
  let mood = 0;
  return {
    press: () => logNormal(random, own.press, 0.25),
    hold: () => Math.max(30, logNormal(random, own.hold, 0.25)),
    gap: () => {
      mood = 0.5 * mood + 0.3 * normal(random);
      return own.gap * Math.exp(mood + 0.15 * normal(random)) * (random() < 0.06 ? between(random, 2, 4) : 1);
    },
  };
}
