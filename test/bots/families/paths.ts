import { between, normal, type Random } from '../chance.ts';
import { aimAt, distance, type Mover } from '../movers/mover.ts';
import type { Box, Place, Point } from '../stage.ts';
import { drawPace, type Pace } from './paces.ts';

/** Draws a mover of a family: its parameters are those of one program, used for all movements of a session. */
export type DrawMover = (random: Random) => Mover;

/** Between two points: along the line and beside it, both in lengths of the line, for 0..1 of the way. */
type Shape = (share: number) => { along: number; beside: number };

/** A family that is a path and, apart from it, a pace. */
const drawn =
  (drawShape: (random: Random) => (random: Random, length: number) => Shape): DrawMover =>
  (random) => {
    const shapeOf = drawShape(random);
    const paceOf = drawPace(random);
    const habits = drawHabits(random);
    return (from, into, movement) =>
      habits(from, into, movement, (a, b, begun) =>
        walk(a, b, {
          begun,
          shape: shapeOf(movement, distance(a, b)),
          pace: paceOf(movement, distance(a, b), into.width),
        }),
      );
  };

type Leg = (from: Place, to: Place, begun: number) => Point[];

/** How often it goes past its target and comes back, how wide it aims, and how its points scatter. */
function drawHabits(random: Random) {
  const aim = between(random, 0.05, 0.3);
  const past = random() < 0.5 ? 0 : between(random, 0.1, 0.6);
  const reach = between(random, 0.03, 0.2);
  const noise = random() < 0.4 ? 0 : between(random, 0.2, 1.2);
  return (from: Place, into: Box, movement: Random, leg: Leg): Point[] => {
    const to = aimAt(into, movement, aim);
    const far = distance(from, to) > 150 && movement() < past;
    const points = far
      ? twice(leg, [from, beyond(from, to, reach, movement), to], movement)
      : leg(from, to, 0);
    const last = points.length - 1;
    return points.map((point, i) =>
      i === last
        ? point
        : { ...point, x: point.x + noise * normal(movement), y: point.y + noise * normal(movement) },
    );
  };
}

function twice(leg: Leg, [from, over, to]: readonly [Place, Place, Place], random: Random): Point[] {
  const first = leg(from, over, 0);
  return [...first, ...leg(over, to, first.at(-1)!.t + between(random, 0, 90))];
}

const beyond = (from: Place, to: Place, reach: number, random: Random): Place => ({
  x: Math.max(1, to.x + (to.x - from.x) * reach * random() + 12 * normal(random)),
  y: Math.max(1, to.y + (to.y - from.y) * reach * random() + 12 * normal(random)),
});

function walk(
  from: Place,
  to: Place,
  { begun, shape, pace }: { begun: number; shape: Shape; pace: Pace },
): Point[] {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  return pace.map(({ t, share }) => {
    const { along, beside } = shape(share);
    return { x: from.x + dx * along - dy * beside, y: from.y + dy * along + dx * beside, t: begun + t };
  });
}

/** Part of a circle. */
const arc: DrawMover = drawn((random) => {
  const most = between(random, 0.02, 0.35);
  const handed = random() < 0.3;
  return (movement) => {
    const bow = most * (handed ? movement() : between(movement, -1, 1)) || 1e-6;
    const radius = (0.25 + bow * bow) / (2 * bow);
    const half = Math.asin(Math.max(-1, Math.min(1, 0.5 / radius)));
    return (share) => {
      const angle = half * (2 * share - 1);
      return { along: 0.5 + radius * Math.sin(angle), beside: radius * (Math.cos(angle) - Math.cos(half)) };
    };
  };
});

/** Straight, with waves beside the line that die out at its ends. */
const waves: DrawMover = drawn((random) => {
  const many = 1 + Math.floor(between(random, 0, 4));
  const high = between(random, 0.005, 0.08);
  return (movement) => {
    const sizes = Array.from({ length: many }, (_, i) => (high * normal(movement)) / (i + 1));
    return (share) => ({
      along: share,
      beside: sizes.reduce((sum, size, i) => sum + size * Math.sin((i + 1) * Math.PI * share), 0),
    });
  };
});

/** Straight pieces between random knees. */
const knees: DrawMover = drawn((random) => {
  const most = Math.floor(between(random, 1, 5));
  const off = between(random, 0.01, 0.15);
  return (movement) => {
    const places = Array.from({ length: Math.floor(between(movement, 0, most + 1)) }, () => ({
      along: movement(),
      beside: off * normal(movement),
    })).sort((a, b) => a.along - b.along);
    const all = [{ along: 0, beside: 0 }, ...places, { along: 1, beside: 0 }];
    return (share) => {
      const next = Math.max(
        1,
        all.findIndex(({ along }) => along >= share),
      );
      const [a, b] = [all[next - 1]!, all[next]!];
      const part = b.along > a.along ? (share - a.along) / (b.along - a.along) : 1;
      return { along: share, beside: a.beside + (b.beside - a.beside) * part };
    };
  };
});

/** A smooth curve through random places (Catmull and Rom). */
const through: DrawMover = drawn((random) => {
  const inner = 1 + Math.floor(between(random, 0, 4));
  const off = between(random, 0.01, 0.2);
  const uneven = between(random, 0, 0.25);
  return (movement) => {
    const knots = Array.from({ length: inner }, (_, i) => ({
      along: (i + 1) / (inner + 1) + uneven * normal(movement) * (1 / (inner + 1)),
      beside: off * normal(movement),
    }));
    const all = [{ along: 0, beside: 0 }, ...knots, { along: 1, beside: 0 }];
    const at = (i: number) => all[Math.max(0, Math.min(all.length - 1, i))]!;
    return (share) => {
      const place = share * (all.length - 1);
      const i = Math.min(all.length - 2, Math.floor(place));
      const s = place - i;
      const along = (name: 'along' | 'beside'): number => {
        const [a, b, c, d] = [at(i - 1)[name], at(i)[name], at(i + 1)[name], at(i + 2)[name]];
        return b + 0.5 * s * (c - a + s * (2 * a - 5 * b + 4 * c - d + s * (3 * (b - c) + d - a)));
      };
      return { along: along('along'), beside: along('beside') };
    };
  };
});

/** Smooth noise of several sizes beside the line. */
const rough: DrawMover = drawn((random) => {
  const high = between(random, 0.01, 0.12);
  const fall = between(random, 0.35, 0.75);
  const ahead = between(random, 0, 0.03);
  return (movement) => {
    const layers = [2, 4, 8, 16].map((many, i) => ({
      values: Array.from({ length: many + 1 }, () => high * fall ** i * normal(movement)),
      along: Array.from({ length: many + 1 }, () => ahead * fall ** i * normal(movement)),
    }));
    const valueAt = (list: readonly number[], share: number): number => {
      const place = share * (list.length - 1);
      const i = Math.min(list.length - 2, Math.floor(place));
      const s = (1 - Math.cos(Math.PI * (place - i))) / 2;
      return list[i]! * (1 - s) + list[i + 1]! * s;
    };
    return (share) => {
      const edge = Math.sin(Math.PI * share);
      return {
        along: share + edge * layers.reduce((sum, { along }) => sum + valueAt(along, share), 0),
        beside: edge * layers.reduce((sum, { values }) => sum + valueAt(values, share), 0),
      };
    };
  };
});

/** A mass that a spring pulls to the target, through friction and random pushes. */
const spring: DrawMover = (random) => {
  const [stiff, damped] = [between(random, 40, 260), between(random, 0.55, 1.4)];
  const push = between(random, 0, 900);
  const every = between(random, 7, 16);
  const aim = between(random, 0.05, 0.3);
  return (from, into, movement) => {
    const to = aimAt(into, movement, aim);
    const points: Point[] = [];
    let [x, y, vx, vy, px, py, t] = [from.x, from.y, 0, 0, 0, 0, 0];
    const pull = stiff * between(movement, 0.7, 1.3);
    const friction = 2 * damped * Math.sqrt(pull);
    for (; t < 2_500 && (Math.hypot(to.x - x, to.y - y) > 2 || Math.hypot(vx, vy) > 30); ) {
      const dt = every / 1000;
      [px, py] = [0.85 * px + push * normal(movement), 0.85 * py + push * normal(movement)];
      vx += (pull * (to.x - x) - friction * vx + px) * dt;
      vy += (pull * (to.y - y) - friction * vy + py) * dt;
      [x, y, t] = [x + vx * dt, y + vy * dt, t + every];
      points.push({ x, y, t });
    }
    return [...points, { ...to, t: t + every }];
  };
};

/** Overlapping strokes whose speed is log-normal in time, each in a direction of its own (Plamondon). */
const strokes: DrawMover = (random) => {
  const [many, spread, wide] = [
    between(random, 1, 3.5),
    between(random, 0.2, 0.45),
    between(random, 0.02, 0.35),
  ];
  const [slow, every, aim] = [between(random, 80, 190), between(random, 7, 14), between(random, 0.05, 0.3)];
  return (from, into, movement) => {
    const to = aimAt(into, movement, aim);
    const count = Math.max(1, Math.round(many + 0.7 * normal(movement)));
    const cuts = Array.from({ length: count }, () => between(movement, 0.3, 1) ** 2);
    const all = cuts.reduce((sum, cut) => sum + cut, 0);
    const parts = cuts.map((cut) => ({ along: cut / all, beside: (wide * normal(movement) * cut) / all }));
    const off = parts.reduce((sum, { beside }) => sum + beside, 0);
    const long = slow * Math.log2(distance(from, to) / Math.max(12, into.width) + 2);
    const begins = parts.map((_, i) => i * long * between(movement, 0.45, 0.9));
    const lasts = Math.max(...begins) + 3 * long;
    const done = (t: number, i: number): number => {
      const x = (Math.log(Math.max(1e-3, (t - begins[i]!) / long)) + 0.4) / spread;
      return 1 / (1 + Math.exp(-1.702 * x));
    };
    const points: Point[] = [];
    for (let t = every; t < lasts; t += every) {
      const along = parts.reduce((sum, part, i) => sum + part.along * done(t, i), 0);
      const beside = parts.reduce((sum, part, i) => sum + (part.beside - off / count) * done(t, i), 0);
      const [dx, dy] = [to.x - from.x, to.y - from.y];
      points.push({ x: from.x + dx * along - dy * beside, y: from.y + dy * along + dx * beside, t });
      if (along > 0.999) break;
    }
    return [...points, { ...to, t: (points.at(-1)?.t ?? 0) + every }];
  };
};

/** Goes where it points, and turns towards the target by a share of what is missing; slower near it. */
const steering: DrawMover = (random) => {
  const [turn, wander, fast] = [
    between(random, 0.08, 0.4),
    between(random, 0.02, 0.25),
    between(random, 8, 26),
  ];
  const [brake, every, aim] = [
    between(random, 0.08, 0.3),
    between(random, 7, 16),
    between(random, 0.05, 0.3),
  ];
  const start = between(random, 0, 0.8);
  return (from, into, movement) => {
    const to = aimAt(into, movement, aim);
    let heading = Math.atan2(to.y - from.y, to.x - from.x) + start * normal(movement);
    const top = fast * between(movement, 0.6, 1.4);
    const points: Point[] = [];
    let [x, y, speed, t] = [from.x, from.y, 0, 0];
    for (let left = distance(from, to); left > 2 && points.length < 300; ) {
      const missing = Math.atan2(to.y - y, to.x - x) - heading;
      heading += turn * Math.atan2(Math.sin(missing), Math.cos(missing)) + wander * normal(movement);
      speed += 0.25 * (Math.min(top, Math.max(1.2, brake * left)) - speed);
      if (left < 25) heading = Math.atan2(to.y - y, to.x - x);
      [x, y, t] = [x + speed * Math.cos(heading), y + speed * Math.sin(heading), t + every];
      points.push({ x, y, t });
      left = Math.hypot(to.x - x, to.y - y);
    }
    return [...points, { ...to, t: t + every }];
  };
};

/** Families of programs that share no code with the bots of `test/bots/movers`. */
export const families: Readonly<Record<string, DrawMover>> = {
  arc,
  waves,
  knees,
  through,
  rough,
  spring,
  strokes,
  steering,
};
