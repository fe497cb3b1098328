import type { Schemas } from '../../data.ts';

export type Kiosk = Schemas['Kiosk'];

export const kioskStates = ['paired', 'locked', 'silent', 'revoked'] as const;
export type KioskState = (typeof kioskStates)[number];

/** Milliseconds: a kiosk opens a session every 15 minutes while its page is open. */
const SILENT_AFTER = 20 * 60_000;

export function kioskStateOf({ revokedAt, pinLocked, lastSeenAt, pairedAt }: Kiosk, now: number): KioskState {
  if (revokedAt !== undefined) return 'revoked';
  if (pinLocked) return 'locked';
  return now - Date.parse(lastSeenAt ?? pairedAt) > SILENT_AFTER ? 'silent' : 'paired';
}

/** `4:05`; never below zero. */
export function timeLeft(until: string, now: number): string {
  const seconds = Math.max(0, Math.ceil((Date.parse(until) - now) / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** `7KQ2 M9XA`: as it is typed at the kiosk. */
export const spaced = (code: string): string => `${code.slice(0, 4)} ${code.slice(4)}`;
