import { expect, test } from 'vitest';
import { focusFeatures } from './focus-features.ts';
import type { FocusChange, Press } from './raw-window.ts';

const field = (t: number): FocusChange => ({ t, of: 'field' });
const window = (t: number): FocusChange => ({ t, of: 'window' });
const press = (t: number, held: number): Press => ({ t, x: 1, y: 1, kind: 'touch', held });

test('focus after a press, its release or a key is led there; any other is free', () => {
  const input = { presses: [press(1_000, 400)], strokes: [{ down: 5_000 }] };
  expect(focusFeatures([field(1_001), field(2_300), field(5_020), field(9_000)], input)).toEqual({
    n: 4,
    free: 0.25,
    win: 0,
  });
});

test('a page that comes to the front focuses its field again: that is no change of a field', () => {
  const nothing = { presses: [], strokes: [] };
  expect(focusFeatures([window(500), window(3_000), field(3_002)], nothing)).toEqual({
    n: 0,
    free: undefined,
    win: 2,
  });
});
