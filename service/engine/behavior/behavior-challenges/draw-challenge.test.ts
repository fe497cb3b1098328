import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { solve } from '../../../../test/support/behavior-challenges.ts';
import { createChallengePictures } from '../../../inference/pictures/challenge-pictures.ts';
import { defined } from '../../../lib/defined.ts';
import { createChance } from '../../../lib/random/chance.ts';
import { conceptNames, concepts, drawPattern, drawTargets, type Language } from './behavior-challenges.ts';

/** Bytes that follow from a number. */
function bytes(seed: number) {
  let block = 0;
  return (into: Uint8Array) =>
    void into.set(createHash('sha256').update(`${seed}/${block++}`).digest().subarray(0, into.length));
}
const chance = (seed: number) => createChance(bytes(seed));
const pictures = (seed: number) => createChallengePictures(bytes(seed));
const drawnLabels = {
  label: async (name: string) => `data:image/webp;base64,${createHash('sha256').update(name).digest('hex')}`,
  route: async () => 'data:image/webp;base64,x',
};
const seeds = fc.integer({ min: 0, max: 2 ** 31 });

async function targets(seed: number, pictures?: typeof drawnLabels, language?: Language) {
  const { shown, answer } = await drawTargets(chance(seed), defined({ pictures, language }));
  if (shown.type !== 'click_targets') throw new Error(shown.type);
  return { shown, answer };
}
async function pattern(seed: number, pictures?: typeof drawnLabels, language?: Language) {
  const { shown, answer } = await drawPattern(chance(seed), defined({ pictures, language }));
  if (shown.type !== 'pattern') throw new Error(shown.type);
  return { shown, answer };
}

test('in German the same challenges have German texts', async () => {
  for (const drawn of [undefined, drawnLabels])
    for (const draw of [targets, pattern]) {
      const [english, german] = [await draw(7, drawn), await draw(7, drawn, 'de')];
      expect(german.answer).toBe(english.answer);
      expect(german.shown.instruction).toMatch(/^(Klicken Sie auf: \S+|Verbinden Sie die Punkte .+)$/u);
    }
  expect((await pattern(7, undefined, 'de')).shown.hint).toMatch(
    /^((oben|unten|in der Mitte)( links| rechts| in der Mitte)?(, dann |$)){4}$/,
  );
});

describe('targets', () => {
  test('twelve, apart from each other inside the box; the answer is the one that the instruction names', () =>
    fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const { shown, answer } = await targets(seed);
        expect(shown.targets.map(({ id }) => id)).toEqual(Array.from({ length: 12 }, (_, i) => `t${i}`));
        expect(new Set(shown.targets.map(({ label }) => label)).size).toBe(12);
        const right = shown.targets.find(({ id }) => id === answer)!;
        expect(shown.instruction).toBe(`Click the ${right.label}`);
        for (const { x, y } of shown.targets) {
          expect(Math.min(x, 100 - x)).toBeGreaterThanOrEqual(7);
          expect(Math.min(y, 100 - y)).toBeGreaterThanOrEqual(9);
        }
        for (const [i, one] of shown.targets.entries())
          for (const other of shown.targets.slice(i + 1))
            expect(Math.max(Math.abs(one.x - other.x), Math.abs(one.y - other.y))).toBeGreaterThanOrEqual(
              14.9,
            );
      }),
    ));

  test('every target is the answer about as often', async () => {
    const many = await Promise.all(Array.from({ length: 1200 }, (_, seed) => targets(seed)));
    const counts = Map.groupBy(many, ({ answer }) => answer);
    expect(counts.size).toBe(12);
    for (const [, { length }] of counts) expect(Math.abs(length - 100)).toBeLessThan(45);
  });

  test('as pictures the payload holds no emoji, and the instruction alone says the word', async () => {
    const { shown, answer } = await targets(1, drawnLabels);
    const text = JSON.stringify(shown);
    for (const emoji of Object.values(concepts)) expect(text).not.toContain(emoji);
    const word = conceptNames.find((name) => shown.instruction === `Click the ${name}`)!;
    expect(shown.targets.find(({ id }) => id === answer)!.label).toBe(await drawnLabels.label(word));
    for (const { label } of shown.targets) expect(label).toMatch(/^data:image\/webp;base64,/);
  });
});

describe('pattern', () => {
  test('four different dots; following the words by place gives the answer, and the payload does not hold it', () =>
    fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const { shown, answer } = await pattern(seed);
        expect(shown.dots.map(({ id }) => id)).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9']);
        expect(new Set(shown.dots.map(({ x, y }) => `${x} ${y}`)).size).toBe(9);
        expect(solve(shown)).toBe(answer);
        expect(new Set(answer.split('-')).size).toBe(4);
        expect(JSON.stringify(shown)).not.toContain(answer);
      }),
    ));

  test('the ids say nothing of the place: each is at each place about as often', async () => {
    const many = await Promise.all(Array.from({ length: 900 }, (_, seed) => pattern(seed)));
    const first = Map.groupBy(many, ({ shown }) => `${shown.dots[0]!.x} ${shown.dots[0]!.y}`);
    expect(first.size).toBe(9);
    for (const [, { length }] of first) expect(Math.abs(length - 100)).toBeLessThan(45);
  });

  test('as a picture the payload holds neither words nor order', async () => {
    const { shown } = await pattern(1, drawnLabels);
    expect(shown.hint).toMatch(/^data:image\//);
    expect(JSON.stringify(shown)).not.toMatch(/top|bottom|left|right/);
  });
});

describe('pictures', () => {
  test('each drawing is a small picture, and never the same bytes twice', async () => {
    const drawn = pictures(7);
    const all = await Promise.all(conceptNames.flatMap((name) => [drawn.label(name), drawn.label(name)]));
    expect(new Set(all).size).toBe(all.length);
    for (const url of all) {
      expect(url).toMatch(/^data:image\/webp;base64,/);
      expect(url.length).toBeLessThan(6_000);
    }
    const points = [
      { x: 16.7, y: 16.7 },
      { x: 50, y: 50 },
      { x: 83.3, y: 16.7 },
    ];
    expect(await drawn.route(points)).not.toBe(await drawn.route(points));
  });
});
