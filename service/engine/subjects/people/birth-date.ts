import { Problem } from '../../../lib/problem.ts';

/** No person is older: a typing error. */
const OLDEST = 130;

/** Throws INVALID_REQUEST for a date that does not exist, lies ahead (UTC), or is too long ago. */
export function requireBirthDate(date: string, now: number): void {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : Number.NaN;
  const exists = !Number.isNaN(at) && new Date(at).toISOString().slice(0, 10) === date;
  const youngest = new Date(now).toISOString().slice(0, 10);
  const oldest = `${Number(youngest.slice(0, 4)) - OLDEST}${youngest.slice(4)}`;
  if (exists && date <= youngest && date >= oldest) return;
  const message = exists
    ? `A date of birth is between ${oldest} and ${youngest}, not ${date}.`
    : `“${date}” is no date: write it as YYYY-MM-DD.`;
  throw new Problem('INVALID_REQUEST', message, { details: [{ path: 'birthDate', message }] });
}
