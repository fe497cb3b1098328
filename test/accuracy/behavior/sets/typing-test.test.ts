import { expect, test } from 'vitest';
import { strokesOfFile } from './typing-test.ts';

const head = 'PARTICIPANT_ID\tPRESS_TIME\tRELEASE_TIME\tLETTER';
const file = (...rows: [down: number, up: number, letter: string][]): string =>
  [head, ...rows.map(([down, up, letter]) => `7\t${down}\t${up}\t${letter}`)].join('\r\n');

test('strokes are read in order of their presses, without modifiers, and keys may overlap', () => {
  expect(strokesOfFile(file([300, 380, 'b'], [100, 250, 'SHIFT'], [120, 310, 'A']))).toEqual([
    { down: 120, up: 310, again: false },
    { down: 300, up: 380, again: false },
  ]);
});

test('the repeats of a held key, and a line that is there twice, are one stroke', () => {
  expect(
    strokesOfFile(
      file([100, 700, 'BKSP'], [600, 700, 'BKSP'], [633, 720, 'BKSP'], [900, 980, 'x'], [900, 980, 'x']),
    ),
  ).toEqual([
    { down: 100, up: 720, again: false },
    { down: 900, up: 980, again: false },
  ]);
});

test('a line without times is left out', () => {
  expect(strokesOfFile(file([Number.NaN, 5, 'a'], [10, 5, 'b'], [20, 25, 'c']))).toEqual([
    { down: 20, up: 25, again: false },
  ]);
});

test('a key that is tapped again is marked', () => {
  const tapped = file(
    [100, 150, 'BKSP'],
    [280, 330, 'BKSP'],
    [400, 450, 'SHIFT'],
    [460, 510, 'BKSP'],
    [600, 650, 'a'],
  );
  expect(strokesOfFile(tapped).map(({ again }) => again)).toEqual([false, true, true, false]);
});
