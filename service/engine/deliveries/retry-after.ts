const LONGEST = 24 * 3_600_000;

/**
 * When a receiver asks to be tried again, ms since 1970; seconds or an HTTP date, at most 24 hours from now. Undefined for
 * what is neither, or past.
 */
export function readRetryAfter(value: string | undefined, now: number): number | undefined {
  const text = value?.trim() ?? '';
  const at = /^\d+$/.test(text) ? now + Number(text) * 1000 : Date.parse(text);
  if (Number.isNaN(at) || at <= now) return undefined;
  return Math.min(at, now + LONGEST);
}
