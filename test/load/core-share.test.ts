import { expect, test } from 'vitest';
import { describeCoreShare, type Look, startCoreWatch, wholeCoreVerdict } from './core-share.ts';
import { allowedCores } from './cores.ts';
import type { PacedRequests } from './paced-load.ts';

/** Ten looks in each of so many stretches of 100 ms, beginning with the given one. */
const looksIn = (first: number, stretches: number, took: (look: number) => number): Look[] =>
  Array.from({ length: 10 * stretches }, (_, i) => ({ at: 100 * first + 10 * i, took: took(i) }));

/** 200 requests in each of so many stretches, beginning with the given one. */
const requestsIn = (first: number, stretches: number, latency: number, late = 0): PacedRequests => {
  const each = Array.from({ length: 200 * stretches }, (_, i) => i);
  return {
    sent: Float64Array.from(each, (i) => 100 * first + i / 2),
    latency: Float64Array.from(each, () => latency),
    late: Float64Array.from(each, () => late),
  };
};

const both = (one: PacedRequests, other: PacedRequests): PacedRequests => ({
  sent: Float64Array.of(...one.sent, ...other.sent),
  latency: Float64Array.of(...one.latency, ...other.latency),
  late: Float64Array.of(...one.late, ...other.late),
});

const timesOf = (count: number, latency: number, late = 0) => ({
  count,
  latency: { p50: latency, p99: latency },
  fromDue: { p99: latency + late },
  late: { p99: late },
});

test('where the core is whole all the time, all requests are of that group', () => {
  expect(
    describeCoreShare(
      looksIn(0, 10, () => 0.01),
      requestsIn(0, 10, 3, 0.5),
    ),
  ).toEqual({
    ...{ looks: 100, whole: 1, fastest: 0.01 },
    ...{ inWhole: timesOf(2_000, 3, 0.5), inOthers: undefined },
  });
});

test('each request belongs to the group of the stretch in which it was sent', () => {
  const looks = [...looksIn(0, 10, () => 0.01), ...looksIn(10, 10, () => 0.02)];
  const requests = both(requestsIn(0, 10, 3), requestsIn(10, 10, 9));
  expect(describeCoreShare(looks, requests)).toEqual({
    ...{ looks: 200, whole: 0.5, fastest: 0.01 },
    ...{ inWhole: timesOf(2_000, 3), inOthers: timesOf(2_000, 9) },
  });
});

test('a stretch of ten looks is whole with one that is not, and with two is not', () => {
  const looks = [
    ...looksIn(0, 10, (look) => (look % 10 < 1 ? 0.012 : 0.01)),
    ...looksIn(10, 10, (look) => (look % 10 < 2 ? 0.012 : 0.0115)),
  ];
  const requests = both(requestsIn(0, 10, 3), requestsIn(10, 10, 9));
  expect(describeCoreShare(looks, requests)).toEqual({
    ...{ looks: 200, whole: 0.85, fastest: 0.01 },
    ...{ inWhole: timesOf(2_000, 3), inOthers: timesOf(2_000, 9) },
  });
});

test('a stretch without a look is in neither group', () => {
  const requests = both(requestsIn(0, 10, 3), requestsIn(10, 10, 9));
  expect(
    describeCoreShare(
      looksIn(0, 10, () => 0.01),
      requests,
    ),
  ).toEqual({
    ...{ looks: 100, whole: 1, fastest: 0.01 },
    ...{ inWhole: timesOf(2_000, 3), inOthers: undefined },
  });
  expect(describeCoreShare([], requests)).toBeUndefined();
});

test('a group of fewer than 1,000 requests has no times', () => {
  const looks = [...looksIn(0, 4, () => 0.01), ...looksIn(4, 5, () => 0.02)];
  expect(describeCoreShare(looks, requestsIn(0, 9, 3))).toEqual({
    ...{ looks: 90, whole: 40 / 90, fastest: 0.01 },
    ...{ inWhole: undefined, inOthers: timesOf(1_000, 3) },
  });
});

test('a bar is judged by at least 20,000 requests on the whole core, by the rule for a late generator', () => {
  const judged = (count: number, latency: number, late = 0) =>
    wholeCoreVerdict(
      { looks: 100, whole: 1, fastest: 0.01, inWhole: timesOf(count, latency, late), inOthers: undefined },
      10,
    );
  expect(judged(20_000, 9)).toBe('holds');
  expect(judged(20_000, 11)).toBe('missed');
  expect(judged(20_000, 9, 3)).toBe('not judged: the generator was late');
  expect(judged(19_999, 9)).toBe('not judged: the core was whole for too few requests');
  expect(wholeCoreVerdict(undefined, 10)).toBe('not judged: the core was not watched');
});

test('the program looks until it is asked to end, by the clock that all processes share', async ({
  skip,
}) => {
  const now = () => Number(process.hrtime.bigint()) / 1e6;
  const started = now();
  const watch = await startCoreWatch({ core: allowedCores()[0]! });
  if (watch === undefined) return skip('chrt is refused or missing');
  const looks = await watch.stop();
  const ended = now();
  expect(looks.length).toBeGreaterThan(0);
  expect(looks.filter(({ at, took }) => at < started || at + took > ended || took <= 0)).toEqual([]);
});
