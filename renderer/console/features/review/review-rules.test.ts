import { expect, test } from 'vitest';
import { decidesAtOnce, newcomersPerChance, nextOf } from './review-rules.ts';

const queue = ['c', 'b', 'a'].map((id) => ({ id }));

test('the next item follows in the queue, and the first after the last', () => {
  expect(['c', 'b', 'a', 'gone'].map((id) => nextOf(queue, id))).toEqual(['b', 'a', 'c', 'c']);
  expect([nextOf([{ id: 'a' }], 'a'), nextOf([], 'a')]).toEqual([undefined, undefined]);
});

test('where two have to agree, the first vote decides nothing, nor does one’s own again', () => {
  const vote = (by: string) => ({ by, decision: 'same-person' as const, at: '2026-11-21T12:00:00.000Z' });
  expect(decidesAtOnce({ needsTwo: false, votes: [] }, 'same-person', 'bea')).toBe(true);
  expect(decidesAtOnce({ needsTwo: true, votes: [] }, 'same-person', 'bea')).toBe(false);
  expect(decidesAtOnce({ needsTwo: true, votes: [vote('bea')] }, 'same-person', 'bea')).toBe(false);
  expect(decidesAtOnce({ needsTwo: true, votes: [vote('cid')] }, 'not-same-person', 'bea')).toBe(false);
  expect(decidesAtOnce({ needsTwo: true, votes: [vote('cid')] }, 'same-person', 'bea')).toBe(true);
});

test('how many newcomers it takes to meet a likeness by chance', () => {
  expect(newcomersPerChance(1 / 52_000, 3_418)).toBe(16);
  expect(newcomersPerChance(0.5, 100)).toBe(1);
  expect(newcomersPerChance(1, 0)).toBe(1);
  expect(newcomersPerChance(1e-5, 7)).toBe(14_286);
});
