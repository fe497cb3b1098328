import { expect, test } from 'vitest';
import { toQuery } from './to-query.ts';

test('a day is taken whole, in the reader’s time zone; a full time stays', () => {
  const start = new Date(2026, 10, 20).toISOString();
  const end = new Date(2026, 10, 21).toISOString();
  expect(toQuery({ from: '2026-11-20', until: '2026-11-20' })).toEqual({ from: start, until: end });
  expect(toQuery({ from: '2026-11-19T12:00:00.000Z' })).toEqual({ from: '2026-11-19T12:00:00.000Z' });
});

test('the search takes a person, a reference, and the id of a verification', () => {
  expect(toQuery({ person: 'ada@example.com' })).toEqual({ person: 'ada@example.com' });
  expect(toQuery({ person: 'v-eef098' })).toEqual({ reference: 'V-EEF098' });
  expect(toQuery({ person: 'ver_01m7w3hbbec1gf5vj2bmeef098' })).toEqual({ reference: 'V-EEF098' });
});

test('what is not set is left out', () => {
  expect(toQuery({ decision: 'unverified', decidedBy: 'liveness', person: undefined })).toEqual({
    decision: 'unverified',
    decidedBy: 'liveness',
  });
});
