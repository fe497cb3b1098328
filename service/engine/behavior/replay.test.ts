import { expect, test } from 'vitest';
import { emptyWindow, personWindow } from '../../../test/support/behavior-windows.ts';
import { isReplay, vectorFingerprint } from './page-progress.ts';

const first = personWindow();

test('measurements keep their fingerprint under another head and another spelling of numbers', () => {
  const again = { ...personWindow({ sid: 'another-session-entirely', seq: 9, upMs: 99_999, winMs: 29_999 }) };
  again.mouse = { ...again.mouse, str: 0.910_000_4 };
  again.counts = Object.fromEntries(Object.entries(again.counts).reverse()) as typeof again.counts;
  expect(vectorFingerprint(again)).toBe(vectorFingerprint(first));
  expect(vectorFingerprint(personWindow({ mouse: { str: 0.92 } }))).not.toBe(vectorFingerprint(first));
});

test('a window with little in it has no fingerprint: two people may leave the same figures', () => {
  expect(vectorFingerprint(emptyWindow({ counts: { down: 1, up: 1 } }))).toBeUndefined();
});

test.each([
  ['the same body again', {}, true],
  ['another session', { sid: 'another-session-entirely', seq: 4, upMs: 64_400 }, true],
  ['a window of long before', { seq: 2, upMs: 30_000 }, true],
  ['a page that verifies, and forwards what it looks at to its server', { upMs: 64_245 }, false],
  ['two snapshots in one millisecond', { seq: 4 }, false],
  ['one that overtook the other', { seq: 2, upMs: 64_100 }, false],
  ['a window that cannot hold the same events', { seq: 4, upMs: 95_000 }, true],
  ['a page that asks twice', { seq: 4, upMs: 64_400 }, false],
] as const)('%s: replay %s', (_, changes, replay) => {
  expect(isReplay(first, personWindow(changes))).toBe(replay);
});
