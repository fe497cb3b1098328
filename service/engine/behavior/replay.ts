import { createHash } from 'node:crypto';
import type { SessionData } from './session-data.ts';

/** What is kept of the first time that a vector came. */
export interface FirstSight {
  sid: string;
  seq: number;
  upMs: number;
}

/**
 * Names the measurements of a window without its head (session, number, times), so that a vector is known again under another
 * head. Undefined where too little was measured: two people who press one button leave the same figures.
 */
export function vectorFingerprint(data: SessionData): string | undefined {
  const { counts, mouse, click, key, scroll, glob, env } = data;
  if (mouse.n < 3 && key.n < 8) return undefined;
  const { wd, untrusted, ...machine } = env;
  const measured = [counts, mouse, click, key, scroll, glob, machine].map(rounded);
  return createHash('sha256').update(JSON.stringify(measured)).digest('base64url').slice(0, 22);
}

/**
 * True for the same measurements again: from another session, not later than before, or when the window in which they were made has
 * passed. A page that asks twice within one window without any event between repeats them rightly.
 */
export function isReplay(first: FirstSight, { sid, seq, upMs, winMs }: SessionData): boolean {
  if (sid !== first.sid || seq <= first.seq || upMs <= first.upMs) return true;
  return upMs - first.upMs > winMs;
}

/** Keys in their order, numbers to a thousandth: other spellings of one number are one number. */
function rounded(value: unknown): unknown {
  if (typeof value === 'number') return Math.round(value * 1_000) / 1_000 + 0;
  if (value === null || typeof value !== 'object') return value;
  return Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, one]) => [name, rounded(one)]);
}
