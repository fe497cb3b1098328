import { z } from 'zod';

/** What the address leaves out, or says wrongly, is absent: an old link still opens its screen. */
export const lenient = <Value extends z.ZodType>(value: Value) => value.optional().catch(undefined);
export const textInAddress = lenient(z.string().max(254));

/** A day such as 2026-11-20, in the reader's time zone: its first moment, or that of the day after it. A full time stays as it is. */
export function momentOfDay(day: string | undefined, days: 0 | 1): string | undefined {
  if (!day || day.includes('T')) return day || undefined;
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  return new Date(year, month - 1, date + days).toISOString();
}
