import { expect, test } from 'vitest';
import { consequenceOf, decidesAtOnce, newcomersPerChance, nextOf, undoTextOf } from './review-rules.ts';

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

test('what can be undone is said as it is: all of a warning, one decision of an enrollment, nothing that a session went on by', () => {
  const of = (kind: 'duplicate' | 'uniqueness', policy: 'warn' | 'block') => undoTextOf({ kind, policy });
  expect([of('duplicate', 'warn'), of('uniqueness', 'warn')]).toEqual(['undoText', 'undoText']);
  expect(of('duplicate', 'block')).toBe('undoTextBlock');
  expect(of('uniqueness', 'block')).toBe('undoTextSession');
});

test('a session that was let in or refused, or that waits for a further review, has other words than an enrollment', () => {
  const session = { kind: 'uniqueness', policy: 'block' } as const;
  expect(consequenceOf({ ...session, enrolled: true }, 'not-same-person')).toBe('sessionLetIn');
  expect(consequenceOf({ ...session, enrolled: false }, 'not-same-person')).toBe('sessionWentOn');
  expect(consequenceOf({ ...session, enrolled: false }, 'enroll-anyway')).toBe('sessionWentOn');
  expect(consequenceOf({ ...session, enrolled: false }, 'same-person')).toBe('sessionDuplicate');
  const waiting = { kind: 'duplicate', policy: 'block' } as const;
  expect(consequenceOf({ ...waiting, enrolled: true }, 'enroll-anyway')).toBe('nowEnrolled');
  expect(consequenceOf({ ...waiting, enrolled: false }, 'same-person')).toBe('staysOut');
  const warned = { kind: 'duplicate', policy: 'warn', enrolled: false } as const;
  expect(consequenceOf(warned, 'same-person')).toBe('oneOfTwo');
  expect(consequenceOf(warned, 'not-same-person')).toBe('neverAgain');
  expect(consequenceOf(warned, 'enroll-anyway')).toBe('leftOpen');
});
