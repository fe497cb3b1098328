import { expect, test } from 'vitest';
import { createRandom } from '../../../../../test/accuracy/random.ts';
import { createNormal } from '../../../../../test/support/normal.ts';
import { createComparison, isRepeated, movementIn } from './repeats.ts';
import type { Trace } from './trace.ts';
import { packTrace, readTrace } from './trace.ts';

const PACE = 100;

/** A head that moves as living ones do: six waves of its own in everything that is measured. */
function living(seed: number, size = 22, least = 150, most = 1200): (time: number) => number[] {
  const random = createRandom(seed);
  const waves = Array.from({ length: 6 }, () =>
    Array.from({ length: 6 }, () => ({
      size: size * random(),
      length: least + (most - least) * random(),
      from: 7 * random(),
    })),
  );
  return (time) =>
    waves.map((of) =>
      of.reduce((sum, wave) => sum + wave.size * Math.sin(time / wave.length + wave.from), 0),
    );
}

/** What a camera reads of it; the time of each frame may be another than that of what it shows. */
function read(
  movement: (time: number) => number[],
  {
    seed = 1,
    seconds = 9,
    noise = 0.7,
    shown = (at: number) => at,
  }: { seed?: number; seconds?: number; noise?: number; shown?(at: number): number } = {},
): Trace {
  const normal = createNormal(seed);
  const at = Array.from({ length: seconds * 10 }, (_, i) => 5000 + i * PACE + (i % 3) * 7);
  return { at, moments: at.map((time) => movement(shown(time)).map((value) => value + noise * normal())) };
}

const repeatsOf = (fresh: Trace, earlier: Trace) => createComparison(fresh).repeatsOf(earlier);
const share = (fresh: Trace, earlier: Trace) => {
  const { stretches, repeated } = repeatsOf(fresh, earlier).short;
  return stretches < 5 ? Number.NaN : repeated / stretches;
};
const nothing = { long: { stretches: 0, repeated: 0 }, short: { stretches: 0, repeated: 0 } };

const ease = (part: number) => {
  const within = Math.min(1, Math.max(0, part));
  return within * within * (3 - 2 * within);
};

/** A calm person who turns, lifts the chin and blinks as asked, always by as much and as fast; when, the page and chance say. */
function asked(seed: number, size: number): (time: number) => number[] {
  const random = createRandom(seed);
  const sway = living(10_000 + seed, size, 80, 400);
  const about = (time: number) => 5000 + time + 250 * (2 * random() - 1);
  const [turn, back, nod, end, blink] = [1500, 3000, 4200, 6000, 7000].map(about) as [
    ...[number, number, number, number, number],
  ];
  const during = (time: number, from: number, to: number) =>
    ease((time - from) / 400) - ease((time - to) / 400);
  return (time) => {
    const [yaw, pitch] = [60 * during(time, turn, back), 30 * during(time, nod, end)];
    const gross = [
      yaw,
      pitch + 0.2 * yaw,
      -45 * during(time, blink, blink + 200),
      0,
      -0.1 * yaw,
      0.1 * pitch,
    ];
    return sway(time).map((value, d) => value + gross[d]!);
  };
}

test('a recording moves as the one it shows: at another moment of the camera, slower, backwards', () => {
  for (let seed = 1; seed <= 10; seed++) {
    const earlier = read(living(seed), { seed: 100 + seed });
    expect(share(read(living(seed), { seed: 200 + seed }), earlier)).toBeGreaterThan(0.7);
    expect(share(read(living(seed), { seed, shown: (at) => at + 43 }), earlier)).toBeGreaterThan(0.7);
    const slower = (at: number) => 5000 + 0.9 * (at - 5000);
    expect(share(read(living(seed), { seed, shown: slower }), earlier)).toBeGreaterThan(0.5);
    const backwards = (at: number) => 14_000 - (at - 5000);
    expect(share(read(living(seed), { seed, shown: backwards }), earlier)).toBeGreaterThan(0.5);
  }
});

test('no person moves as another one, nor as before', () => {
  const people = Array.from({ length: 10 }, (_, i) => read(living(i + 1), { seed: i + 1, seconds: 12 }));
  for (const one of people)
    for (const other of people) {
      const { long, short } = repeatsOf(one, other);
      expect([long.repeated, short.repeated]).toEqual([0, 0]);
    }
});

test('a calm person who is asked for the same steps again is no recording, however alike the steps are', () => {
  for (const size of [0, 0.5, 2]) {
    for (let seed = 1; seed <= 40; seed++) {
      const first = read(asked(seed, size), { seed, seconds: 8 });
      const again = read(asked(500 + seed, size), { seed: 900 + seed, seconds: 8 });
      expect(isRepeated(repeatsOf(again, first))).toBe(false);
    }
  }
});

test('a recording of a calm person is found by one long stretch, seen from elsewhere, where no short one says enough', () => {
  let byLong = 0;
  let byShort = 0;
  for (let seed = 1; seed <= 40; seed++) {
    const first = read(asked(seed, 1.6), { seed, seconds: 8 });
    const { at, moments } = read(asked(seed, 1.6), {
      seed: 900 + seed,
      seconds: 8,
      shown: (time) => time + 30,
    });
    // a screen that is not held straight
    const again = { at, moments: moments.map(([yaw, pitch, ...more]) => [yaw! + 9, pitch! - 12, ...more]) };
    const { long, short } = repeatsOf(again, first);
    byLong += long.repeated >= 1 ? 1 : 0;
    byShort += short.repeated >= 2 ? 1 : 0;
    expect(createComparison(again).isIn(first)).toBe(isRepeated({ long, short }));
  }
  expect(byLong).toBeGreaterThan(36);
  expect(byShort).toBeLessThan(byLong / 2);
});

test('within one attempt a long stretch is compared with what came before it alone', () => {
  const once = read(living(4), { seconds: 20 });
  expect(repeatsOf(once, once)).toMatchObject({ long: { repeated: 0 }, short: { repeated: 0 } });
  const twice = read(living(4), { seconds: 20, shown: (at) => 5000 + ((at - 5000) % 9000) });
  expect(repeatsOf(twice, twice).long.repeated).toBeGreaterThan(2);
});

test('a short recording that is played to and fro repeats itself', () => {
  const loop = (at: number) => 5000 + Math.abs(((at - 5000) % 4000) - 2000);
  const shown = read(living(3), { shown: loop, seconds: 12 });
  expect(repeatsOf(shown, shown).short.repeated).toBeGreaterThan(2);
});

test('a head that rests is compared with nothing', () => {
  const still = read(living(5, 0.15), { noise: 0.2 });
  expect(repeatsOf(still, still)).toEqual(nothing);
});

test('frames that are missing, or one alone, are no movement', () => {
  const whole = read(living(7));
  const gaps: Trace = {
    at: whole.at.filter((_, i) => i % 9 > 4),
    moments: whole.moments.filter((_, i) => i % 9 > 4),
  };
  expect(repeatsOf(gaps, whole)).toEqual(nothing);
  expect(isRepeated(repeatsOf(whole, gaps))).toBe(false);
  for (const least of [
    { at: [], moments: [] },
    { at: [1], moments: [[1, 2, 3, 4, 5, 6]] },
  ]) {
    expect(repeatsOf(least, whole)).toEqual(nothing);
    expect(isRepeated(repeatsOf(whole, least))).toBe(false);
  }
});

test('a movement is packed within a sixteenth of the noise, and what another version packed is not read', () => {
  const trace = read(living(9));
  const packed = packTrace(trace);
  expect(packed).toHaveLength(2 + 14 * trace.at.length);
  const again = readTrace(packed)!;
  expect(again.at.map((at) => at + trace.at[0]!)).toEqual(trace.at);
  again.moments.forEach((moment, i) => {
    moment.forEach((value, d) => {
      expect(Math.abs(value - trace.moments[i]![d]!)).toBeLessThanOrEqual(1 / 16);
    });
  });
  expect(share(trace, again)).toBe(1);
  expect(readTrace(Uint8Array.of(2, 6, 0, 0))).toBeUndefined();
  expect(readTrace(new Uint8Array())).toBeUndefined();
  expect(readTrace(packed.subarray(0, 20))).toMatchObject({ at: [0] });
});

test('a recording is found mirrored too', () => {
  const movement = living(11);
  const film = read(movement, { seed: 2 });
  const flipped = {
    ...film,
    moments: film.moments.map(([yaw = 0, ...others]) => [-yaw, ...others]),
  };
  const earlier = packTrace(read(movement, { seed: 1 }));
  expect(movementIn(packTrace(flipped), { still: false })(earlier)).toBe(true);
  expect(movementIn(packTrace(read(living(12), { seed: 2 })), { still: false })(earlier)).toBe(false);
});
