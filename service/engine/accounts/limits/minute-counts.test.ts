import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SlidingWindow } from '../../../lib/sliding-window.ts';
import { createMinuteCounts, MOST_SLOTS, take, waitFor, windowAt } from './usage.ts';

const groupOf = (name: string) => name.slice(0, name.lastIndexOf('/'));
const start = Date.UTC(2026, 10, 20, 12);
const NAMES = 30;
/** As many as the names of a small group can take. */
const most = NAMES * MOST_SLOTS;

const nameOf = (group: number, user: number) => `org_${group}/user_${user}`;
const everyName = Array.from({ length: NAMES }, (_, user) => user);

const change = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('count' as const),
      names: fc.tuple(fc.nat(2), fc.nat(NAMES - 1)).map(([group, user]) => [nameOf(group, user)]),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('count' as const),
      names: fc.nat(2).map((group) => everyName.map((user) => nameOf(group, user))),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait' as const), time: fc.nat(9_000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('flood' as const), strangers: fc.nat(500) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('tidy' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('delete' as const),
      name: fc.nat(NAMES - 1).map((user) => nameOf(0, user)),
    }),
  },
);

test('counts as a map without bounds does, whatever is counted in another group', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 120 }), (changes) => {
      const counts = createMinuteCounts(groupOf, most);
      const map = new Map<string, SlidingWindow>();
      let now = start;
      let strangers = 0;
      for (const one of changes) {
        if (one.kind === 'wait') now += one.time;
        else if (one.kind === 'tidy') counts.tidy(now);
        else if (one.kind === 'flood')
          for (let i = 0; i < one.strangers; i++) counts.count(`org_of_flood/stranger_${strangers++}`, now);
        else if (one.kind === 'delete') {
          counts.delete(one.name);
          map.delete(one.name);
        } else
          for (const name of one.names) {
            const window = take(map.get(name) ?? [], now);
            map.set(name, window);
            expect(counts.count(name, now)).toEqual(window);
          }
      }
      for (const [name, window] of map) expect(windowAt(counts.of(name), now)).toEqual(windowAt(window, now));
    }),
  );
});

test('of a group that has too many the oldest are forgotten, and the newest count', () => {
  const counts = createMinuteCounts(groupOf, 100);
  for (let i = 0; i < 150; i++) counts.count(`org_1/user_${i}`, start);
  const known = Array.from({ length: 150 }, (_, i) => counts.has(`org_1/user_${i}`));
  expect(known.lastIndexOf(false)).toBe(49);
  expect(known.filter(Boolean)).toHaveLength(100);
});

test('one that is counted again and again forgets none of the others', () => {
  const counts = createMinuteCounts(groupOf, 100);
  for (let i = 0; i < 100; i++) counts.count(`org_1/user_${i}`, start);
  for (let i = 0; i < 50; i++) counts.count('org_1/user_99', start);
  expect(counts.has('org_1/user_0')).toBe(true);
});

test('after a minute and a slot nothing is held', () => {
  const counts = createMinuteCounts(groupOf, 1_000);
  for (let i = 0; i < 500; i++) counts.count(`org_${i % 7}/user_${i}`, start);
  expect(counts.isEmpty).toBe(false);
  counts.tidy(start + 64_999);
  expect(counts.isEmpty).toBe(false);
  counts.tidy(start + 65_000);
  expect(counts.isEmpty).toBe(true);
});

test('what an earlier process counted goes on', () => {
  const counts = createMinuteCounts(groupOf, 100);
  counts.restore('org_1/user_1', { start: start - 10_000, used: 4 });
  counts.restore('org_1/user_2', { start, used: 1 });
  counts.restore('org_1/user_1', { start, used: 5 });
  expect(waitFor(counts.of('org_1/user_1'), start, 10)).toBe(0);
  expect(waitFor(counts.count('org_1/user_1', start), start, 10)).toBe(55_000);
});
