import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { calibrationTable } from './calibration-table.ts';
import { type Comparisons, compareAll, tailOf } from './comparisons.ts';
import { equalErrorRate, operatingPointAt, ratesAt } from './error-rates.ts';

/** Pictures as points on a line: the nearer, the more alike. */
const alike = (points: number[]) => (i: number, j: number) => -Math.abs(points[i]! - points[j]!);

/** Persons 0, 0, 1, 1, 2 at 0, 1, 3, 6, 10: genuine distances 1, 3; impostor 3, 6, 2, 5, 10, 9, 7, 4. */
const five = () => compareAll([0, 0, 1, 1, 2], alike([0, 1, 3, 6, 10]));

test('every picture is compared with every other, the best scores first', () => {
  expect(five()).toEqual({
    genuine: { score: Float64Array.of(-1, -3), a: Int32Array.of(0, 1), b: Int32Array.of(0, 1) },
    impostor: {
      score: Float64Array.of(-2, -3, -4, -5, -6, -7, -9, -10),
      a: Int32Array.of(0, 0, 1, 0, 0, 1, 0, 0),
      b: Int32Array.of(1, 1, 2, 1, 1, 2, 2, 2),
    },
    impostors: 8,
    pictures: Int32Array.of(2, 2, 1),
  });
});

test('rates at a threshold count what is accepted from it on', () => {
  expect([ratesAt(five(), -3), ratesAt(five(), -1), ratesAt(five(), 0), ratesAt(five(), -10)]).toEqual([
    { threshold: -3, fmr: 2 / 8, fnmr: 0 },
    { threshold: -1, fmr: 0, fnmr: 1 / 2 },
    { threshold: 0, fmr: 0, fnmr: 1 },
    { threshold: -10, fmr: 1, fnmr: 0 },
  ]);
});

test('an operating point accepts as many impostors as allowed and no more', () => {
  expect([
    operatingPointAt(five(), 1 / 8),
    operatingPointAt(five(), 0.24),
    operatingPointAt(five(), 0.25),
  ]).toEqual([
    { threshold: -2.5, fmr: 1 / 8, fnmr: 1 / 2 },
    { threshold: -2.5, fmr: 1 / 8, fnmr: 1 / 2 },
    { threshold: -3.5, fmr: 2 / 8, fnmr: 0 },
  ]);
  expect(operatingPointAt(five(), 0)).toEqual({ threshold: -2 + 1e-9, fmr: 0, fnmr: 1 / 2 });
});

test('impostors of one score are accepted together or not at all', () => {
  const tied = compareAll([0, 1, 2, 3], () => 0.5);
  expect(operatingPointAt(tied, 0.5)).toMatchObject({ threshold: 0.5 + 1e-9, fmr: 0 });
});

describe('the equal error rate', () => {
  test('is 0 for scores that separate and about one half for scores without information', () => {
    expect(equalErrorRate(compareAll([0, 0, 1, 1], alike([0, 1, 10, 11])))).toBe(0);
    const same = compareAll([0, 0, 1, 1, 2, 2], () => 1);
    expect(equalErrorRate(same)).toBeCloseTo(0.5, 10);
  });

  test('lies between the two thresholds around the crossing', () => {
    // -2: FMR 1/8, FNMR 1/2; -3: FMR 2/8, FNMR 0: the lines meet at 1/8 + (3/8)/(5/8) * 1/8.
    expect(equalErrorRate(five())).toBeCloseTo(0.2, 12);
  });

  test('is unknown when the impostor scores end before it', () => {
    expect(equalErrorRate(tailOf(five(), 1))).toBeNaN();
    expect(operatingPointAt(tailOf(five(), 1), 0.25)).toEqual({
      threshold: Number.NaN,
      fmr: Number.NaN,
      fnmr: Number.NaN,
    });
  });
});

/** Up to 14 pictures of up to 5 people, at whole numbers so that there are ties. */
const sets = fc
  .array(fc.record({ person: fc.nat(4), point: fc.nat(30) }), { minLength: 6, maxLength: 14, size: 'max' })
  .filter((set) => new Set(set.map(({ person }) => person)).size > 1)
  .filter((set) => new Set(set.map(({ person }) => person)).size < set.length);
const compared = (set: { person: number; point: number }[]): Comparisons => {
  const people = [...new Set(set.map(({ person }) => person))];
  return compareAll(
    set.map(({ person }) => people.indexOf(person)),
    alike(set.map(({ point }) => point)),
  );
};

test('drawing each person as often as drawn equals repeating their pictures', () => {
  fc.assert(
    fc.property(
      sets,
      fc.array(fc.nat(3), { minLength: 5, maxLength: 5 }),
      fc.double({ min: 0, max: 0.99, noNaN: true }),
      (set, times, fmr) => {
        const comparisons = compared(set);
        const drawn = Uint16Array.from(times.slice(0, comparisons.pictures.length));
        // A person drawn k times stands for k people who are compared with others only, never with their own doubles.
        const genuine: number[] = [];
        const impostor: number[] = [];
        const { genuine: g, impostor: i } = comparisons;
        for (const [at, score] of g.score.entries()) genuine.push(...Array(drawn[g.a[at]!]!).fill(score));
        for (const [at, score] of i.score.entries())
          impostor.push(...Array(drawn[i.a[at]!]! * drawn[i.b[at]!]!).fill(score));
        if (genuine.length === 0 || impostor.length === 0) return;
        const flat: Comparisons = {
          genuine: {
            score: Float64Array.from(genuine),
            a: new Int32Array(genuine.length),
            b: new Int32Array(genuine.length),
          },
          impostor: {
            score: Float64Array.from(impostor),
            a: new Int32Array(impostor.length),
            b: new Int32Array(impostor.length).fill(1),
          },
          impostors: impostor.length,
          pictures: comparisons.pictures,
        };
        expect(equalErrorRate(comparisons, drawn)).toBeCloseTo(equalErrorRate(flat), 9);
        const weighted = operatingPointAt(comparisons, fmr, drawn);
        const repeated = operatingPointAt(flat, fmr);
        expect(weighted.fmr).toBeCloseTo(repeated.fmr, 9);
        expect(weighted.fnmr).toBeCloseTo(repeated.fnmr, 9);
      },
    ),
  );
});

test('an operating point holds its rate, and no lower threshold would', () => {
  fc.assert(
    fc.property(sets, fc.double({ min: 0, max: 0.99, noNaN: true }), (set, fmr) => {
      const comparisons = compared(set);
      const point = operatingPointAt(comparisons, fmr);
      expect(ratesAt(comparisons, point.threshold)).toEqual(point);
      expect(point.fmr).toBeLessThanOrEqual(fmr + 1e-9);
      const next = comparisons.impostor.score.find((score) => score < point.threshold)!;
      expect(ratesAt(comparisons, next).fmr).toBeGreaterThan(fmr);
    }),
  );
});

describe('a calibration table', () => {
  test('rises in score from FMR 1 and FNMR 0 to FMR 0 and FNMR 1, each row as counted', () => {
    fc.assert(
      fc.property(sets, (set) => {
        const comparisons = compared(set);
        const { table } = calibrationTable(comparisons);
        expect(table[0]).toMatchObject({ fmr: 1, fnmr: 0 });
        expect(table.at(-1)).toMatchObject({ fmr: 0 });
        for (const [i, { score, fmr, fnmr }] of table.entries()) {
          const counted = ratesAt(comparisons, score);
          expect(fmr).toBeCloseTo(counted.fmr, 3);
          expect(fnmr).toBeCloseTo(counted.fnmr, 4);
          const before = table[i - 1];
          if (before === undefined) continue;
          expect(score).toBeGreaterThan(before.score);
          expect(fmr).toBeLessThanOrEqual(before.fmr);
          expect(fnmr).toBeGreaterThanOrEqual(before.fnmr);
        }
      }),
    );
  });

  test('has twenty rows a decade and is measured down to thirty impostor pairs', () => {
    const persons = Array.from({ length: 400 }, (_, i) => Math.floor(i / 2));
    const comparisons = compareAll(persons, (i, j) =>
      persons[i] === persons[j]
        ? 5 + ((i * 7919) % 1000) / 200
        : ((i * 104_729 + j * 7919) % 100_003) / 20_000,
    );
    const { table, measuredDownTo } = calibrationTable(comparisons);
    const impostors = (400 * 399) / 2 - 200;
    expect(comparisons.impostors).toBe(impostors);
    expect(table.filter(({ fmr }) => fmr <= 0.1 && fmr > 0.01)).toHaveLength(20);
    expect(measuredDownTo * impostors).toBeGreaterThanOrEqual(29.9);
    expect(measuredDownTo * impostors).toBeLessThan(30 * 10 ** (1 / 20) + 1);
    expect(table.at(-1)).toMatchObject({ fmr: 0, fnmr: 1 });
  });
});
