import { expect, test } from 'vitest';
import { createRandom } from '../../../../test/accuracy/random.ts';
import { createNormal } from '../../../../test/support/normal.ts';
import { packTrace, readTrace } from './pack-trace.ts';
import { repeatsOf } from './repeats.ts';
import type { Trace } from './trace.ts';

const PACE = 100;

/** A head that moves as living ones do: six waves of its own in everything that is measured. */
function living(seed: number, size = 22): (time: number) => number[] {
  const random = createRandom(seed);
  const waves = Array.from({ length: 6 }, () =>
    Array.from({ length: 6 }, () => ({
      size: size * random(),
      length: 300 + 1500 * random(),
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
    shown = (at: number) => at,
  }: { seed?: number; seconds?: number; shown?(at: number): number } = {},
): Trace {
  const normal = createNormal(seed);
  const at = Array.from({ length: seconds * 10 }, (_, i) => 5000 + i * PACE + (i % 3) * 7);
  return { at, moments: at.map((time) => movement(shown(time)).map((value) => value + 0.7 * normal())) };
}

const share = (fresh: Trace, earlier: Trace) => {
  const { stretches, repeated } = repeatsOf(fresh, earlier);
  return stretches < 5 ? Number.NaN : repeated / stretches;
};

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
  for (const one of people) for (const other of people) expect(repeatsOf(one, other).repeated).toBe(0);
});

test('a short recording that is played to and fro repeats itself', () => {
  const loop = (at: number) => 5000 + Math.abs(((at - 5000) % 4000) - 2000);
  const shown = read(living(3), { shown: loop, seconds: 12 });
  expect(repeatsOf(shown, shown).repeated).toBeGreaterThan(2);
});

test('a head that rests is compared with nothing', () => {
  const still = read(living(5, 0.15));
  expect(repeatsOf(still, still)).toEqual({ stretches: 0, repeated: 0 });
});

test('frames that are missing, or one alone, are no movement', () => {
  const whole = read(living(7));
  const gaps: Trace = {
    at: whole.at.filter((_, i) => i % 9 > 4),
    moments: whole.moments.filter((_, i) => i % 9 > 4),
  };
  expect(repeatsOf(gaps, whole).stretches).toBe(0);
  expect(repeatsOf(whole, gaps).repeated).toBe(0);
  for (const least of [
    { at: [], moments: [] },
    { at: [1], moments: [[1, 2, 3, 4, 5, 6]] },
  ]) {
    expect(repeatsOf(least, whole)).toEqual({ stretches: 0, repeated: 0 });
    expect(repeatsOf(whole, least).repeated).toBe(0);
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
