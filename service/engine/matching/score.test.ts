import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scorerBoth, scorerR } from '../../../test/support/engine.ts';
import { direction, near } from '../../../test/support/faces.ts';
import type { ScorerEntry } from '../../inference/models/manifest.ts';
import { compare, cosineSimilarity, type Embeddings, falseMatchRateShare, referenceOf } from './score.ts';

const RATE = 1e-4;
/** A scorer with tables for up to `most` pictures; each further picture moves the scores up by 0.02 and halves the refusals. */
const withTables = (scorer: ScorerEntry, most: number): ScorerEntry => ({
  ...scorer,
  calibration: {
    ...scorer.calibration,
    several: Array.from({ length: most - 1 }, (_, i) => ({
      pictures: i + 2,
      genuine: 1,
      impostors: 1,
      measuredDownTo: 1e-5,
      table: scorer.calibration.table.map(({ score, fmr, fnmr }) => ({
        score: score + 0.02 * (i + 1),
        fmr,
        fnmr: fnmr / 2 ** (i + 1),
      })),
    })),
  },
});
const a = withTables(scorerR, 4);
const fused = withTables(scorerBoth, 4);
const face = direction('a face');
const onlyA = (name: string): Embeddings => ({ 'a-net': near(face, 0.9, name) });
const both = (name: string): Embeddings => ({ ...onlyA(name), 'b-net': direction(name, 16) });
const pictures = (count: number, of = onlyA) => Array.from({ length: count }, (_, i) => of(`picture ${i}`));

describe('several pictures', () => {
  test('are compared by their mean on the table of their number', () => {
    for (const count of [2, 3, 4]) {
      const reference = referenceOf([a], onlyA('probe'), pictures(count), RATE);
      expect(reference).toMatchObject({ pictures: count, calibration: a.calibration.several![count - 2] });
      expect(reference!.templates).toHaveLength(1);
      const mean = reference!.templates[0]!['a-net']!;
      expect(Math.hypot(...mean)).toBeCloseTo(1, 6);
      // The pictures are 0.81 from one another and nearer to their mean.
      for (const { 'a-net': vector } of pictures(count))
        expect(cosineSimilarity(mean, vector!)).toBeGreaterThan(0.9);
    }
  });

  test('beyond the largest table only the best count', () => {
    const six = pictures(6);
    const reference = referenceOf([a], onlyA('probe'), six, RATE);
    expect(reference).toEqual(referenceOf([a], onlyA('probe'), six.slice(0, 4), RATE));
    expect(reference).toMatchObject({ pictures: 4, calibration: a.calibration.several![2] });
    const two = withTables(scorerR, 2);
    expect(referenceOf([two], onlyA('probe'), six, RATE)).toMatchObject({ pictures: 2 });
  });

  test('without a table for a mean are compared one by one, and share the rate', () => {
    const reference = referenceOf([scorerR], onlyA('probe'), pictures(3), RATE)!;
    expect(reference).toMatchObject({ pictures: 3, calibration: { table: scorerR.calibration.table } });
    expect(reference.templates).toEqual(pictures(3));
    expect(falseMatchRateShare(reference, RATE)).toBeCloseTo(RATE / 3, 12);
    const [best] = pictures(3);
    // At cosine 0.8 the table says 1e-4 for one picture: with three the chance is at most three times that.
    const probe = { 'a-net': near(best!['a-net']!, 0.8, 'probe') };
    const alone = compare(probe, referenceOf([scorerR], probe, [best!], RATE)!, () => 0);
    const together = compare(
      probe,
      { ...reference, templates: [best!, onlyA('far'), onlyA('far')] },
      () => 0,
    );
    expect(alone.logRate).toBeCloseTo(-4, 5);
    expect(together.logRate).toBeGreaterThanOrEqual(alone.logRate + Math.log10(3) - 0.2);
  });

  test('with and without the second embedding are not mixed', () => {
    const mixed = [onlyA('one'), both('two'), onlyA('three')];
    // Three pictures by A refuse 0.15 / 4, one by both 0.05.
    expect(referenceOf([a, fused], both('probe'), mixed, RATE)).toMatchObject({ scorer: a, pictures: 3 });
    expect(referenceOf([a, fused], both('probe'), [both('two'), onlyA('one')], RATE)).toMatchObject({
      scorer: fused,
      pictures: 1,
    });
    expect(referenceOf([a, fused], onlyA('probe'), mixed, RATE)).toMatchObject({ scorer: a, pictures: 3 });
    expect(referenceOf([fused], onlyA('probe'), mixed, RATE)).toBeUndefined();
    expect(referenceOf([a], both('probe'), [], RATE)).toBeUndefined();
  });
});

test('the reference of a probe does not depend on the probe’s scores', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6 }),
      fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }),
      (seed, kinds) => {
        const enrolled = kinds.map((two, i) => (two ? both(`${seed}/${i}`) : onlyA(`${seed}/${i}`)));
        const [one, other] = [
          both(`probe ${seed}`),
          { 'a-net': direction('far'), 'b-net': direction('far', 16) },
        ];
        const [x, y] = [one, other].map((probe) => referenceOf([a, fused], probe, enrolled, RATE));
        expect(x).toEqual(y);
      },
    ),
    { numRuns: 50 },
  );
});
