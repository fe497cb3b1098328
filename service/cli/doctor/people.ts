import { invocation } from '../invocation.ts';
import { count } from '../terminal/terminal.ts';
import type { Finding } from './checks.ts';

/** Pending erasures of an organization that the doctor counts. */
export const MOST_COUNTED = 1000;

/** Erasures that wait for something, by organization; nothing is said where none does. */
export function checkErasures(pending: readonly { id: string; name: string; erasures: number }[]): Finding[] {
  if (pending.length === 0) return [];
  const all = pending.reduce((sum, { erasures }) => sum + erasures, 0);
  const atLeast = pending.some(({ erasures }) => erasures >= MOST_COUNTED) ? 'at least ' : '';
  const names = pending.map(({ name, erasures }) => `${name} (${erasures})`).join(', ');
  return [
    {
      what: 'erasures',
      state: 'warn',
      found: `${atLeast}${count(all, 'erasure is', 'erasures are')} pending: ${names}; a copy of the key store that was not reached may still hold the keys`,
      remedy: `What each waits for: ${pending.map(({ id }) => `${invocation} receipt list --pending --org ${id}`).join('   ')}`,
    },
  ];
}

/** Keys whose person is not in this database, where they are too many to have been left by enrollments that were cut short. */
export function checkKeysWithoutPerson({ keys }: { keys: number }): Finding[] {
  if (keys === 0) return [];
  return [
    {
      what: 'keys without a person',
      state: 'warn',
      found: `${count(keys, 'key belongs', 'keys belong')} to people who are not in this database; they are kept, because too many are missing for a sweep to destroy them`,
      remedy:
        'After a restore of an older backup these are the people enrolled since: restore a newer one, or enroll them again. Otherwise the database may not be the one of these keys: look at --data and the database settings.',
    },
  ];
}
