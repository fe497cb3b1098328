import { expect, test } from 'vitest';
import { scoreOf } from './challenge.ts';
import type { Evidence } from './evidence.ts';
import { tryAgainAfter } from './evidence.ts';

test('the page is given one hint, the same for every suspicion', () => {
  const suspicions = [
    'NOT_A_HEAD',
    'PRESENTATION',
    'ANOTHER_FACE',
    'FRAMES_REPEATED',
    'TIMES_IMPLAUSIBLE',
  ] as const;
  for (const reason of suspicions) expect(tryAgainAfter([reason])).toBe('UNSURE');
  expect(tryAgainAfter(['TIME_OVER', 'NOT_A_HEAD'])).toBe('TIME');
  expect(tryAgainAfter(['FACE_LOST'])).toBe('FACE');
  expect(tryAgainAfter(['SECOND_FACE'])).toBe('ALONE');
  expect(tryAgainAfter(['WRONG_MOVEMENT'])).toBe('DIRECTION');
  expect(tryAgainAfter(['FRAMES_TOO_SLOW'])).toBe('SLOW');
  expect(tryAgainAfter(['FRAMES_LATE'])).toBe('STALLED');
  expect(tryAgainAfter(['UNFINISHED'])).toBe('INTERRUPTED');
  expect(tryAgainAfter(['TOO_LITTLE_SEEN'])).toBe('LIGHT');
  expect(tryAgainAfter([])).toBe('UNSURE');
});

test('a passed attempt scores above one half, any other below; signals lower both', () => {
  const of = (strength: number): Evidence => ({
    kind: 'pad',
    strength,
    maturity: 'experimental',
    details: {},
  });
  const camera: Evidence = { kind: 'camera', maturity: 'experimental', details: { suspect: true } };
  expect(scoreOf(true, [of(1), of(0.5)])).toBe(0.875);
  expect(scoreOf(false, [of(1), of(1)])).toBe(0.49);
  expect(scoreOf(true, [])).toBe(0.5);
  expect(scoreOf(true, [of(0.8), camera])).toBe(0.85);
  expect(scoreOf(false, [of(0.4), camera])).toBe(0.15);
});
