import { replyOf } from '../../../sdk/admin/client.ts';
import type { Control } from '../control/control.ts';
import { UsageError } from '../failure.ts';
import { nextCommand, type RealmOptions } from '../realm.ts';
import type { Scope } from './text.ts';

type Query = { organization: string; env: 'live' | 'test' };

/** As an argument: left out is the organization's own. */
export const scopeArgument = [
  '[scope]',
  'name of the region, or id; without one the scope of the organization',
] as const;

/** The scope of this name; undefined where there is none. */
export async function scopeNamed(
  { admin }: Pick<Control, 'admin'>,
  name: string,
  query: Query,
): Promise<Scope | undefined> {
  const { items } = await replyOf(
    admin.GET('/api/admin/uniqueness/scopes', { params: { query: { ...query, name, limit: 1 } } }),
  );
  return items[0];
}

/** By id or name. Throws where there is none. */
export async function findScope(
  open: Pick<Control, 'admin'>,
  given: string,
  query: Query,
  options: RealmOptions,
): Promise<Scope> {
  if (/^scp_[0-9a-z]{26}$/.test(given))
    return replyOf(
      open.admin.GET('/api/admin/uniqueness/scopes/{id}', { params: { path: { id: given }, query } }),
    );
  const found = await scopeNamed(open, given, query);
  if (found) return found;
  const what = given === '' ? 'The organization has no uniqueness scope' : `No region is called "${given}"`;
  throw new UsageError(
    `${what} in the ${query.env} world yet. It is made with its first person, or now: ${nextCommand(`scope create${given === '' ? '' : ` ${quoted(given)}`}`, options)}\nWhat there is: ${nextCommand('scope list', options)}`,
  );
}

/** As a shell takes it for one word. */
export const quoted = (word: string) =>
  /^[\w.@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
