import { expect, test } from 'vitest';
import { direction, near } from '../support/faces.ts';
import {
  heldOutAsText,
  heldOutGalleriesAsText,
  measureHeldOut,
  measureHeldOutGalleries,
} from './held-out.ts';
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

test('the gallery that one half covers, measured on the other: fewer people where one group is alike, and three pictures find more of them', () => {
  const people = Array.from({ length: 500 }, (_, i) => Math.floor(i / 5));
  const faces = people.map((person, i) => near(direction(`p${person}`, 24), 0.8, `v${i}`));
  const group = (name: string, likeness: number) => ({
    name,
    embeddings: Array.from({ length: 200 }, (_, i) => ({
      net: near(direction(name, 24), likeness, `${name}${i}`),
      judge: direction(`judge ${name}${i}`, 24),
    })),
  });
  const about = {
    scorer: { terms: [{ model: 'net', weight: 1, offset: 0 }] },
    groups: [group('strangers', 0), group('alike', 0.3)],
    judges: ['judge'],
  };
  const rows = measureHeldOutGalleries(
    people,
    [{ weight: 1, offset: 0, cosines: allCosines(faces) }],
    about,
    4,
  );
  const at = (pictures: number, holdsFor: string) =>
    rows.find(
      (row) => row.pictures === pictures && row.holdsFor === holdsFor && row.falseIdentificationRate === 0.01,
    )!;
  const [average, every] = [at(1, 'average'), at(1, 'every-group')];
  expect(average.people.mean).toBeGreaterThan(every.people.mean);
  for (const { fpir } of [average, every, at(3, 'average')]) {
    expect(fpir.mean).toBeGreaterThan(0.003);
    expect(fpir.mean).toBeLessThan(0.03);
  }
  expect(at(3, 'average').fnir.mean).toBeLessThan(average.fnir.mean);
  expect(heldOutGalleriesAsText(rows)[0]).toMatch(/^ {2}one picture, average, FPIR 1\.00 %: up to \d+ /);
});
