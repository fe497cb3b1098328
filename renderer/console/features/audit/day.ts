/** The first moment of a day, `2026-11-20`, in the reader's time zone, `days` later; undefined where no day is given. */
export function startOf(day: string | undefined, days: 0 | 1): string | undefined {
  if (!day) return undefined;
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  return new Date(year, month - 1, date + days).toISOString();
}
