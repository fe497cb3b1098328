import { between, logNormal, normal, type Random } from '../chance.ts';

/** When a program is at which share of its way. */
export type Pace = { t: number; share: number }[];

type Speed = (share: number) => number;

/**
 * The speed of one program over the time of a movement. Not among them: minimum jerk, smooth start and end by polynomials, and points of
 * one curve at random intervals: those are what bots of `test/bots/movers` are made of.
 */
const speeds: readonly ((random: Random) => (movement: Random) => Speed)[] = [
  // A skewed bell, peak early.
  (random) => {
    const [peak, sharp] = [between(random, 0.15, 0.42), between(random, 1.2, 3)];
    return () => (s) => Math.exp(-sharp * Math.log(Math.max(1e-3, s) / peak) ** 2) + 0.02;
  },
  // Up, even, down.
  (random) => {
    const [up, down] = [between(random, 0.05, 0.4), between(random, 0.1, 0.5)];
    return () => (s) => Math.min(1, (s + 0.02) / up, (1.02 - s) / down);
  },
  // At once fast, then slower and slower.
  (random) => {
    const fall = between(random, 1.5, 5);
    return () => (s) => Math.exp(-fall * s);
  },
  // A Gaussian bell that lies elsewhere in each movement.
  (random) => {
    const [middle, wide] = [between(random, 0.3, 0.6), between(random, 0.12, 0.3)];
    return (movement) => {
      const own = middle + 0.08 * normal(movement);
      return (s) => Math.exp(-(((s - own) / wide) ** 2) / 2) + 0.03;
    };
  },
  // Any smooth speed.
  (random) => {
    const rough = between(random, 0.2, 0.9);
    return (movement) => {
      const waves = Array.from({ length: 5 }, (_, i) => ({
        size: (rough * normal(movement)) / (i + 1),
        at: 2 * Math.PI * movement(),
      }));
      return (s) =>
        Math.exp(
          waves.reduce((sum, { size, at }, i) => sum + size * Math.cos(Math.PI * (i + 1) * s + at), 0),
        ) *
        (0.1 + Math.sin(Math.PI * s) ** 0.8);
    };
  },
];

/** How one program paces its movements: its speed, how long they take, how often it sends a place. */
export function drawPace(random: Random): (movement: Random, length: number, width: number) => Pace {
  const speedOf = speeds[Math.floor(random() * speeds.length)]!(random);
  const [base, per] = [between(random, 80, 320), between(random, 40, 190)];
  const [spread, every, uneven] = [
    between(random, 0.03, 0.45),
    between(random, 7, 18),
    between(random, 0, 0.35),
  ];
  const byDistance = random() < 0.8;
  return (movement, length, width) => {
    const difficulty = byDistance ? Math.log2(length / Math.max(12, width) + 1) : 2;
    const lasts = logNormal(movement, base + per * difficulty, spread);
    const speed = speedOf(movement);
    const times: number[] = [];
    for (let t = every; t < lasts; t += every * between(movement, 1 - uneven, 1 + uneven)) times.push(t);
    times.push(lasts);
    let done = 0;
    let last = 0;
    const way = times.map((t) => {
      const middle = (last + t) / 2 / lasts;
      done += (t - last) * speed(middle);
      last = t;
      return done;
    });
    return times.map((t, i) => ({ t, share: way[i]! / done }));
  };
}
