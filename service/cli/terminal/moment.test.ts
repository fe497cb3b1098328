import { expect, test } from 'vitest';
import { readDuration, readMoment, readStart } from './moment.ts';

test('a day gives its last moment, a moment stays unchanged, other text is refused', () => {
  expect(readMoment('--expires', '2027-01-31')).toBe('2027-01-31T23:59:59.000Z');
  expect(readMoment('--expires', '2027-01-31T12:00:00+01:00')).toBe('2027-01-31T11:00:00.000Z');
  expect(readStart('--since', '2027-01-31')).toBe('2027-01-31T00:00:00.000Z');
  expect(() => readStart('--since', '2027-02-31')).toThrow('--since: "2027-02-31" is not a date.');
  expect(() => readMoment('--expires', '2027-02-31')).toThrow('--expires: "2027-02-31" is not a date.');
  for (const other of [
    '01/02/2027',
    '2027-1-2',
    '2 January 2027',
    '2027',
    '2027-01-31T12:00',
    '2027-02-31T12:00:00Z',
    '20270131',
  ])
    expect(() => readMoment('--expires', other)).toThrow(
      `--expires: "${other}" is not a date. Write 2027-01-31`,
    );
  expect(() => readMoment('--expires', 'soon')).toThrow('--expires: "soon" is not a date.');
});

test.each([
  ['7d', 604_800],
  ['12h', 43_200],
  ['30m', 1_800],
  ['45s', 45],
  ['0', 0],
])('%s is %d seconds', (text, expected) => expect(readDuration('--overlap', text)).toBe(expected));

test.each(['7', '-1d', '1.5h', 'd', '7 d', '1w', '1234567d'])('"%s" is no duration', (text) =>
  expect(() => readDuration('--overlap', text)).toThrow('--overlap: '),
);
