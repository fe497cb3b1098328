import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RandomBytes } from '../../../lib/random/chance.ts';
import { builtInProfiles } from '../profiles/built-in-profiles.ts';
import { challengeRules, turnSteps } from './challenge-rules.ts';
import { drawChallenge } from './draw-challenge.ts';
import { stepNames } from './steps/registered-steps.ts';

/** Bytes that follow from a number. */
function chance(seed: number): RandomBytes {
  let block = 0;
  return (into) =>
    into.set(createHash('sha256').update(`${seed}/${block++}`).digest().subarray(0, into.length));
}

const all = challengeRules();
const both = { flash: true, motion: true };

test('a draw has as many steps as asked for, none twice, a turn always, a blink from two and both turns from three on', () => {
  fc.assert(
    fc.property(
      fc.subarray([...stepNames], { minLength: 1 }),
      fc.constantFrom(...turnSteps),
      fc.integer({ min: 1, max: 6 }),
      fc.boolean(),
      fc.integer(),
      (some, turn, count, flash, seed) => {
        const pool = [...new Set([...some, turn])];
        const { steps } = drawChallenge(
          {
            pool,
            count,
            strict: false,
            repeats: 'refuse',
            withoutMotion: 'review',
            suspectCamera: 'record',
            undecided: 'refuse',
            collectsBehavior: false,
          },
          { flash, motion: true },
          chance(seed),
        );
        const names = steps.map(({ name }) => name);
        const allowed = pool.filter((name) => flash || name !== 'color-flash');
        expect(names).toHaveLength(Math.min(count, allowed.length));
        expect(new Set(names).size).toBe(names.length);
        expect(allowed).toEqual(expect.arrayContaining(names));
        const turns = names.filter((name) => turnSteps.includes(name));
        const wanted = count >= 3 ? pool.filter((name) => turnSteps.includes(name)).length : 1;
        expect(turns.length).toBeGreaterThanOrEqual(wanted);
        if (count >= 2 && pool.includes('blink')) expect(names).toContain('blink');
        for (const { holdMs, limitMs } of steps) {
          expect(holdMs).toBeGreaterThanOrEqual(500);
          expect(holdMs).toBeLessThanOrEqual(1000);
          expect(limitMs).toBe(5000);
        }
      },
    ),
  );
});

test('every order and every other step comes up, each about as often', () => {
  const seen = new Map<string, number>();
  for (let seed = 0; seed < 12_000; seed++) {
    const key = drawChallenge(all, both, chance(seed))
      .steps.map(({ name }) => name)
      .join(' ');
    seen.set(key, (seen.get(key) ?? 0) + 1);
  }
  // one of five beside the two turns and the blink, in 24 orders
  expect(seen.size).toBe(120);
  for (const times of seen.values()) expect(Math.abs(times - 100)).toBeLessThan(50);
});

test.each([
  ['specter', 4, 'active'],
  ['phantom', 2, 'active-no-flash'],
  ['argus', 5, 'active-no-flash'],
  ['fortress', 6, 'active'],
  ['default', 4, 'active'],
  ['high-security', 5, 'active'],
  ['strict-finance', 5, 'active'],
])('%s asks for %d steps; with motion and light it is %s', (slug, count, assurance) => {
  const { definition } = builtInProfiles.find((profile) => profile.slug === slug)!;
  const rules = challengeRules(definition.challenge);
  const drawn = drawChallenge(rules, both, chance(1));
  expect(drawn.steps).toHaveLength(count);
  expect(drawn).toMatchObject({
    assurance,
    strict: ['fortress', 'high-security', 'strict-finance'].includes(slug),
  });
});

test('a sequence that was done before is not drawn again, but where no other is left', () => {
  const named = (seed: number, before: readonly (readonly string[])[]) =>
    drawChallenge(all, both, chance(seed), before).steps.map(({ name }) => name);
  const before: string[][] = [];
  for (let seed = 0; seed < 40; seed++) before.push(named(seed, before));
  expect(new Set(before.map((names) => names.join())).size).toBe(40);
  const done = new Set(before.map((names) => names.join()));
  for (let seed = 0; seed < 500; seed++) expect(done.has(named(seed, before).join())).toBe(false);

  const mirrorOf = (names: readonly string[]) =>
    names.map((name) => ({ 'turn-left': 'turn-right', 'turn-right': 'turn-left' })[name] ?? name);
  const few = before.slice(0, 20);
  const mirrored = new Set(few.map((names) => mirrorOf(names).join()));
  for (let seed = 0; seed < 500; seed++) expect(mirrored.has(named(seed, few).join())).toBe(false);

  const two = challengeRules(builtInProfiles.find(({ slug }) => slug === 'phantom')!.definition.challenge);
  const turns = [
    ['turn-left', 'turn-right'],
    ['turn-right', 'turn-left'],
  ];
  const other = drawChallenge(two, both, chance(1), [turns[0]!]).steps.map(({ name }) => name);
  expect(other).toEqual(turns[1]);
  const last = drawChallenge(two, both, chance(1), turns).steps.map(({ name }) => name);
  expect(turns).toContainEqual(last);
});

test('phantom asks for turns alone', () => {
  const { definition } = builtInProfiles.find(({ slug }) => slug === 'phantom')!;
  const { steps } = drawChallenge(challengeRules(definition.challenge), both, chance(1));
  expect(steps.map(({ name }) => name).toSorted()).toEqual(['turn-left', 'turn-right']);
});

test('without flashing light no color is shown, and the level says so', () => {
  for (let seed = 0; seed < 100; seed++) {
    const drawn = drawChallenge({ ...all, count: 6 }, { flash: false, motion: true }, chance(seed));
    expect(drawn.assurance).toBe('active-no-flash');
    expect(drawn.steps.map(({ name }) => name)).not.toContain('color-flash');
  }
});

test('without motion the person holds still and blinks, whatever the profile asks for; how often, in which order and how long is drawn', () => {
  for (const pool of [[...stepNames], [...turnSteps]]) {
    for (const flash of [true, false]) {
      const [orders, holds, pauses] = [new Set<string>(), new Set<number>(), new Set<number>()];
      for (let seed = 0; seed < 60; seed++) {
        const drawn = drawChallenge(
          {
            pool,
            count: 4,
            strict: false,
            repeats: 'refuse',
            withoutMotion: 'review',
            suspectCamera: 'record',
            undecided: 'refuse',
            collectsBehavior: false,
          },
          { flash, motion: false },
          chance(seed),
        );
        expect(drawn.assurance).toBe('passive-frames');
        const names = drawn.steps.map(({ name }) => name);
        orders.add(names.join());
        const [first, ...others] = drawn.steps;
        expect(first).toMatchObject({ name: 'hold-still', limitMs: 5000 + first!.holdMs });
        expect([3500 <= first!.holdMs, first!.holdMs <= 5000]).toEqual([true, true]);
        holds.add(first!.holdMs);
        for (const { name, holdMs } of others) if (name === 'hold-still') pauses.add(holdMs);
        const blinks = names.filter((name) => name === 'blink').length;
        expect([1, 2]).toContain(blinks);
        expect(names.includes('color-flash')).toBe(flash && pool.length > 2);
        expect(names.some((name, at) => name === names[at + 1])).toBe(false);
        expect(names.at(-1)).not.toBe('hold-still');
        expect(new Set(names).size).toBe(names.includes('color-flash') ? 3 : 2);
      }
      // of 12 with colors
      expect(orders.size).toBeGreaterThanOrEqual(flash && pool.length > 2 ? 9 : 2);
      expect([holds.size > 20, pauses.size > 10]).toEqual([true, true]);
      expect([Math.min(...pauses) >= 600, Math.max(...pauses) <= 1800]).toEqual([true, true]);
    }
  }
});

test('colors come in a drawn order, without saturated red', () => {
  const orders = new Set<string>();
  for (let seed = 0; seed < 60; seed++) {
    const flash = drawChallenge(all, both, chance(seed)).steps.find(({ name }) => name === 'color-flash');
    if (!flash) continue;
    expect(flash.color).toBe(flash.colors![0]);
    orders.add(flash.colors!.join());
    for (const color of flash.colors!) {
      const [red, green, blue] = [1, 3, 5].map((from) => Number.parseInt(color.slice(from, from + 2), 16));
      expect(red! / (red! + green! + blue!)).toBeLessThan(0.8);
    }
  }
  expect(orders.size).toBeGreaterThan(5);
});

test('a pool without a turn is no challenge', () => {
  expect(() =>
    drawChallenge(
      {
        pool: ['blink'],
        count: 1,
        strict: false,
        repeats: 'refuse',
        withoutMotion: 'review',
        suspectCamera: 'record',
        undecided: 'refuse',
        collectsBehavior: false,
      },
      both,
      chance(1),
    ),
  ).toThrow(/turn/);
});
