import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { median } from '../../../lib/median.ts';
import type { SessionData } from '../session-data.ts';
import { followRhythm, type RhythmState } from './rhythm.ts';

type Typed = { n: number; hold: number | null; dd: number | null; roll: number | null };
const window = (key: Typed) => ({ key }) as SessionData;

function follow(windows: readonly Typed[], from?: RhythmState) {
  let state = from;
  const changed = windows.map((one) => {
    const seen = followRhythm(state, window(one));
    state = seen.state && (JSON.parse(JSON.stringify(seen.state)) as RhythmState);
    return seen.changed;
  });
  return { changed, state };
}

/** Windows of one person, scattered as measured. */
const ada = [
  ...[98, 104, 93, 101, 109, 96].map((hold, i) => ({ n: 31, hold, dd: 150 + 12 * (i % 3), roll: 0.18 })),
];
const eve = [66, 63, 69, 67, 64, 68].map((hold, i) => ({ n: 34, hold, dd: 232 + 14 * (i % 2), roll: 0.02 }));

describe('another person’s rhythm', () => {
  test('the same person goes on: nothing', () => {
    expect(follow([...ada, ...ada, ...ada]).changed).not.toContain(true);
  });

  test('after a while another one types: seen in the second window that shows it, and while it lasts', () => {
    const { changed } = follow([...ada, ...eve]);
    expect(changed.slice(0, ada.length)).not.toContain(true);
    expect(changed.slice(ada.length)).toEqual([false, true, true, true, true, true]);
  });

  test('the intruder teaches nothing, and the person who returns is recognized', () => {
    const before = follow(ada).state!;
    const { state } = follow(eve, before);
    expect(state).toMatchObject({ hold: before.hold, dd: before.dd, roll: before.roll, keys: before.keys });
    const back = follow([...ada, ...ada], state).changed;
    expect(back.at(-1)).toBe(false);
  });

  test('one window decides nothing, and a slow start is no other person', () => {
    expect(follow([...ada, eve[0]!, ...ada]).changed).not.toContain(true);
    expect(follow([eve[0]!, ...ada]).changed).not.toContain(true);
  });

  test('windows with few keys, without times or without data change nothing', () => {
    const { state } = follow(ada);
    for (const one of [
      { ...eve[0]!, n: 14 },
      { ...eve[0]!, hold: null },
      { ...eve[0]!, dd: null },
      { ...eve[0]!, roll: null },
    ])
      expect(followRhythm(state, window(one)).state).toBe(state);
    expect(followRhythm(state, undefined)).toEqual({ state, changed: false });
  });

  test('any windows: finite figures, a bounded state, never a throw', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            n: fc.integer({ min: 0, max: 5_000 }),
            hold: fc.option(fc.double({ min: 0, max: 5_000, noNaN: true })),
            dd: fc.option(fc.double({ min: 0, max: 60_000, noNaN: true })),
            roll: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
          }),
          { maxLength: 40 },
        ),
        (windows) => {
          const { state } = follow(windows);
          if (!state) return;
          for (const figure of Object.values(state)) expect(Number.isFinite(figure)).toBe(true);
          expect(state.keys).toBeLessThanOrEqual(5_000);
          expect(state.changed).toBeLessThanOrEqual(12);
          expect(JSON.stringify(state).length).toBeLessThan(300);
        },
      ),
    ));
});

/** Press and release times of two people (Aalto), where they are on this machine. */
const folder = join(import.meta.dirname, '../../../../shared/data/keystrokes-aalto');
function windowsOf(file: string, keys: number): Typed[] {
  const rows = readFileSync(join(folder, file), 'latin1')
    .split(/\r?\n/)
    .slice(1)
    .map((line) => line.split('\t'))
    .filter((row) => row.length >= 9 && Number(row[6]) > Number(row[5]));
  // One of the files has every row twice.
  const strokes = [...new Map(rows.map((row) => [row[4], row])).values()]
    .map(([, , , , , press, release]) => ({ press: Number(press), release: Number(release) }))
    .toSorted((a, b) => a.press - b.press);
  return Array.from({ length: Math.floor(strokes.length / keys) }, (_, i) => {
    const part = strokes.slice(i * keys, (i + 1) * keys);
    const pairs = part.slice(1).map((stroke, j) => [part[j]!, stroke] as const);
    return {
      n: keys,
      hold: median(part.map(({ press, release }) => release - press)),
      dd: median(pairs.map(([a, b]) => b.press - a.press).filter((gap) => gap < 5_000)),
      roll: pairs.filter(([a, b]) => b.press < a.release).length / pairs.length,
    };
  });
}

test.skipIf(!existsSync(folder))(
  'two people (Aalto): alone never changed, and one after the other is',
  () => {
    const [one, other] = ['102_keystrokes.txt', '103_keystrokes.txt'].map((file) => windowsOf(file, 30));
    expect(one!.length + other!.length).toBeGreaterThan(50);
    expect([...follow(one!).changed, ...follow(other!).changed]).not.toContain(true);
    const taken = follow(other!, follow(one!.slice(0, 10)).state).changed;
    expect(taken.indexOf(true)).toBeGreaterThan(0);
    expect(taken.indexOf(true)).toBeLessThan(5);
  },
);
