import { expect, test } from 'vitest';
import { direction, near } from '../support/faces.ts';
import { heldOutAsText, measureHeldOut } from './held-out.ts';
import { allCosines } from './several-pictures.ts';

/** People of five pictures each, whose cosines with their own are around 0.25 and with others around 0. */
const personOf = Array.from({ length: 200 }, (_, i) => Math.floor(i / 5));
const vectors = personOf.map((person, i) => near(direction(`p${person}`, 24), 0.5, `v${i}`));
const terms = [{ weight: 1, offset: 0, cosines: allCosines(vectors) }];

test('one half calibrates, the other is measured: the best of several has more false matches than is stated, a mean about as many', () => {
  const rows = measureHeldOut(personOf, terms, 6);
  expect(rows.map(({ pictures, combination, nominal }) => [pictures, combination, nominal].join())).toEqual(
    [1, 2, 3, 4].flatMap((pictures) =>
      (pictures === 1 ? ['mean'] : ['mean', 'best']).flatMap((combination) => [
        `${pictures},${combination},0.01`,
        `${pictures},${combination},0.001`,
        `${pictures},${combination},0.0001`,
      ]),
    ),
  );
  const at = (pictures: number, combination: string) =>
    rows.find((row) => row.pictures === pictures && row.combination === combination && row.nominal === 1e-2)!;
  for (const pictures of [1, 2, 3, 4]) {
    const { fmr, splits } = at(pictures, 'mean');
    expect(splits).toBe(6);
    expect(fmr.mean / 1e-2).toBeGreaterThan(0.4);
    expect(fmr.mean / 1e-2).toBeLessThan(2);
    expect(fmr.range[0]).toBeLessThanOrEqual(fmr.mean);
    expect(fmr.range[1]).toBeGreaterThanOrEqual(fmr.mean);
  }
  expect(at(4, 'best').fmr.mean / 1e-2).toBeGreaterThan(2.5);
  // What a mean of four gains at the same nominal rate.
  expect(at(4, 'mean').fnmr.mean).toBeLessThan(at(1, 'mean').fnmr.mean);
  expect(heldOutAsText(rows)[0]).toMatch(/^ {2}one picture {2}FMR 0\.01: \d\.\d\d times \[/);
});

test('the same seed gives the same splits, and numbers of pictures that half the people lack are left out', () => {
  const few = personOf.map((person, i) => [person, i % 5] as const);
  const kept = few.flatMap(([, picture], i) => (picture < 3 ? [i] : []));
  const some = kept.map((i) => personOf[i]!);
  const of = [{ weight: 1, offset: 0, cosines: allCosines(kept.map((i) => vectors[i]!)) }];
  const rows = measureHeldOut(some, of, 3);
  expect(measureHeldOut(some, of, 3)).toEqual(rows);
  // Three pictures a person: a mean of two and one more to compare.
  expect(Math.max(...rows.map(({ pictures }) => pictures))).toBe(2);
});
