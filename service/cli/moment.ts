import { UsageError } from './failure.ts';

/** A date or a time as ISO 8601, UTC; a day means its last moment. */
export function readMoment(flag: string, text: string): string {
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text);
  const time = Date.parse(isDay ? `${text}T23:59:59Z` : text);
  // 31 February is read as 3 March.
  if (Number.isNaN(time) || (isDay && !new Date(time).toISOString().startsWith(text)))
    throw new UsageError(`${flag}: "${text}" is no date. Write 2027-01-31 or 2027-01-31T12:00:00Z.`);
  return new Date(time).toISOString();
}

const seconds = { d: 86_400, h: 3_600, m: 60, s: 1 } as const;

/** `7d`, `12h`, `30m`, `45s` or `0`, in seconds. */
export function readDuration(flag: string, text: string): number {
  if (text === '0') return 0;
  const [, amount, unit] = /^(\d{1,6})([dhms])$/.exec(text) ?? [];
  if (amount === undefined || unit === undefined)
    throw new UsageError(`${flag}: "${text}" is no duration. Write 7d, 12h, 30m, 45s or 0.`);
  return Number(amount) * seconds[unit as keyof typeof seconds];
}
