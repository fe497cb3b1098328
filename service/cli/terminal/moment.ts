import { UsageError } from '../failure.ts';

/** A date or a time as ISO 8601, UTC; a day means its last moment. */
export const readMoment = (flag: string, text: string): string => momentOf(flag, text, 'last');

/** The same where something begins: a day means its first moment. */
export const readStart = (flag: string, text: string): string => momentOf(flag, text, 'first');

function momentOf(flag: string, text: string, day: 'last' | 'first'): string {
  // Date.parse alone takes 01/02/2027 too, which is 1 February to one half of the world.
  const [, date, clock] =
    /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/.exec(text) ?? [];
  const time = Date.parse(clock === undefined && day === 'last' ? `${text}T23:59:59Z` : text);
  // 31 February is read as 3 March.
  if (date === undefined || Number.isNaN(time) || !new Date(`${date}T00:00Z`).toISOString().startsWith(date))
    throw new UsageError(`${flag}: "${text}" is not a date. Write 2027-01-31 or 2027-01-31T12:00:00Z.`);
  return new Date(time).toISOString();
}

const seconds = { d: 86_400, h: 3_600, m: 60, s: 1 } as const;

/** `7d`, `12h`, `30m`, `45s` or `0`, in seconds. */
export function readDuration(flag: string, text: string): number {
  if (text === '0') return 0;
  const [, amount, unit] = /^(\d{1,6})([dhms])$/.exec(text) ?? [];
  if (amount === undefined || unit === undefined)
    throw new UsageError(`${flag}: "${text}" is not a duration. Write 7d, 12h, 30m, 45s or 0.`);
  return Number(amount) * seconds[unit as keyof typeof seconds];
}

const minutes = { m: 1, h: 60, d: 1440 } as const;

/** `90m`, `24h`, `7d` in minutes. */
export function readMinutes(flag: string, text: string): number {
  const [, amount, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  if (amount === undefined || Number(amount) === 0)
    throw new UsageError(`${flag}: "${text}" is not a duration; write 90m, 24h or 7d.`);
  return Number(amount) * minutes[unit as keyof typeof minutes];
}

/** As `readMinutes` reads it. */
export function describeMinutes(amount: number): string {
  if (amount % 1440 === 0) return `${amount / 1440}d`;
  return amount % 60 === 0 ? `${amount / 60}h` : `${amount}m`;
}
