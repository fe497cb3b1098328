/** A no-break space: before % and units in every language, as ISO 80000-1 writes them. */
const SPACE = '\u00a0';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export type Moment = Date | string | number;
const millisOf = (moment: Moment) => new Date(moment).getTime();

const decimals = (value: number, digits: number, locale: string) =>
  new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(
    value,
  );

/** In full, never "41k". */
export const formatCount = (value: number, locale: string): string =>
  new Intl.NumberFormat(locale).format(value);

/** A share between 0 and 1, in percent with one decimal. */
export const formatPercent = (share: number, locale: string, digits = 1): string =>
  `${decimals(share * 100, digits, locale)}${SPACE}%`;

/** An error rate between 0 and 1: odds ("1 in 10,000") under one percent, else percent. `words` says "1 in {n}". */
export function formatRate(rate: number, locale: string, words: (n: string) => string): string {
  if (rate <= 0 || rate >= 0.01) return formatPercent(rate, locale);
  return words(formatCount(Math.round(1 / rate), locale));
}

/** Two decimals; rounded down below the threshold, so that 0.4996 against 0.50 is 0.49. */
export function formatScore(score: number, locale: string, threshold?: number): string {
  const below = threshold !== undefined && score < threshold;
  return decimals(below ? Math.floor(score * 100 + 1e-9) / 100 : score, 2, locale);
}

/** Decimal units: 1.2 GB. */
export function formatBytes(bytes: number, locale: string): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${decimals(value, power === 0 || value >= 100 ? 0 : 1, locale)}${SPACE}${units[power]}`;
}

/** 318 ms, 1.9 s, 6 min, 3 h, 3 days. */
export function formatDuration(milliseconds: number, locale: string): string {
  const abs = Math.abs(milliseconds);
  if (abs < 1000) return `${Math.round(milliseconds)}${SPACE}ms`;
  if (abs < MINUTE) return `${decimals(milliseconds / 1000, abs < 10_000 ? 1 : 0, locale)}${SPACE}s`;
  if (abs < HOUR) return `${Math.round(milliseconds / MINUTE)}${SPACE}min`;
  if (abs < 2 * DAY) return `${Math.round(milliseconds / HOUR)}${SPACE}h`;
  return new Intl.NumberFormat(locale, { style: 'unit', unit: 'day', unitDisplay: 'long' }).format(
    Math.round(milliseconds / DAY),
  );
}

/** 3 May 2029. */
export const formatDate = (moment: Moment, locale: string): string =>
  new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year: 'numeric' }).format(
    millisOf(moment),
  );

/** 20 Nov 2026, 09:41. */
export const formatDateTime = (moment: Moment, locale: string): string =>
  new Intl.DateTimeFormat(locale, {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(millisOf(moment));

/** With seconds and zone: what a relative time shows on hover, on focus and in print. */
export const formatAbsolute = (moment: Moment, locale: string): string =>
  new Intl.DateTimeFormat(locale, {
    dateStyle: 'long',
    timeStyle: 'long',
    hourCycle: 'h23',
  } as Intl.DateTimeFormatOptions).format(millisOf(moment));

/** Within seven days "3 min ago", "yesterday, 14:32"; before and after that the date. Also of times to come. */
export function formatRelative(moment: Moment, now: number, locale: string): string {
  const at = millisOf(moment);
  const ahead = at - now;
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' });
  if (Math.abs(ahead) < MINUTE) return relative.format(0, 'second');
  if (Math.abs(ahead) < HOUR) return relative.format(Math.round(ahead / MINUTE), 'minute');
  const days = daysBetween(now, at);
  if (days === 0) return relative.format(Math.round(ahead / HOUR), 'hour');
  if (Math.abs(days) > 7) return formatDate(at, locale);
  const time = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const day = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(days, 'day');
  return Math.abs(days) === 1 ? `${day}, ${time.format(at)}` : day;
}

/** Midnights of this time zone between the two. */
function daysBetween(from: number, to: number): number {
  const midnight = (moment: number) => new Date(moment).setHours(0, 0, 0, 0);
  return Math.round((midnight(to) - midnight(from)) / DAY);
}

/** `sub_01m2k9…7q4d`: only beside a button that copies all of it. */
export function shortenId(id: string): string {
  const prefix = id.slice(0, id.lastIndexOf('_') + 1);
  const rest = id.slice(prefix.length);
  return rest.length <= 12 ? id : `${prefix}${rest.slice(0, 6)}…${rest.slice(-4)}`;
}
