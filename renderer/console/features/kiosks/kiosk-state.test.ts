import { expect, test } from 'vitest';
import { type Kiosk, kioskStateOf, spaced, timeLeft } from './kiosk-state.ts';

const now = Date.parse('2026-11-21T12:00:00.000Z');
const kiosk: Kiosk = {
  id: 'ksk_1',
  name: 'Lisbon 2',
  env: 'live',
  fingerprint: '7F3A-02BC',
  pairedAt: '2026-11-01T09:00:00.000Z',
  lastSeenAt: '2026-11-21T11:50:00.000Z',
  pinLocked: false,
};

test('a kiosk is revoked before it is locked, locked before it is silent', () => {
  const old = { lastSeenAt: '2026-11-21T09:00:00.000Z' };
  expect(kioskStateOf(kiosk, now)).toBe('paired');
  expect(kioskStateOf({ ...kiosk, ...old }, now)).toBe('silent');
  const { lastSeenAt: _, ...never } = kiosk;
  expect(kioskStateOf(never, now)).toBe('silent');
  expect(kioskStateOf({ ...never, pairedAt: '2026-11-21T11:55:00.000Z' }, now)).toBe('paired');
  expect(kioskStateOf({ ...kiosk, ...old, pinLocked: true }, now)).toBe('locked');
  expect(kioskStateOf({ ...kiosk, pinLocked: true, revokedAt: kiosk.pairedAt }, now)).toBe('revoked');
});

test('the time that is left has two digits of seconds and ends at zero', () => {
  expect(timeLeft('2026-11-21T12:04:05.000Z', now)).toBe('4:05');
  expect(timeLeft('2026-11-21T12:00:00.400Z', now)).toBe('0:01');
  expect(timeLeft('2026-11-21T11:00:00.000Z', now)).toBe('0:00');
  expect(spaced('7KQ2M9XA')).toBe('7KQ2 M9XA');
});
