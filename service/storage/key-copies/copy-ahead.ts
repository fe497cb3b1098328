import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { KeyStore } from '../keys/key-store.ts';
import type { CopiedValue } from '../keys/key-store-schema.ts';
import { COPY_NAME } from './key-copy-file.ts';
import { goOn } from './key-copy-trouble.ts';

/** Keys of the store that are read at a time. */
const PAGE = 1_000;

/**
 * Why a copy is ahead of the store, and what to do that loses no key: where the copy has every key that the store has, or says that its person
 * was erased, an older store was put back; else another directory wrote to the copy. `trouble` says how far ahead it is.
 */
export async function explainAhead(
  keys: Pick<KeyStore, 'rows'>,
  { place, data, trouble }: { place: string; data: string; trouble: string },
): Promise<string> {
  const copy = join(place, COPY_NAME);
  const store = join(data, 'keys.db');
  const lacks = await countLacking(keys, copy);
  if (lacks === 0) {
    const take = existsSync(store)
      ? `mkdir '${data}/keys-before' && mv '${store}'* '${data}/keys-before/' && cp '${copy}' '${store}'`
      : `make it the key store, and keep the one of now beside it`;
    return `${trouble} It holds every key of this one: an older key store was put back here. Stop the service and take the copy, which keeps the one of now aside:  ${take}   Without that, people who were erased come back.`;
  }
  return (
    `${trouble} It lacks ${lacks} keys that are here, and does not say that their people were erased: another directory, restored or copied from this one, wrote to it. ` +
    `Do not put it in the place of ${store}: those ${lacks} keys would be lost. ${goOn(place, copy)}`
  );
}

/** How many keys of organizations and people the store has that the copy neither has nor lists as erased. */
async function countLacking(keys: Pick<KeyStore, 'rows'>, path: string): Promise<number> {
  const copy = new Sqlite(path, { readonly: true, fileMustExist: true });
  try {
    const entries = copy.prepare('select entry from erasure_ledger').pluck().all() as string[];
    const erased = new Set(entries.flatMap((entry) => entry.match(/[\w-]+/g) ?? []));
    const person = copy.prepare('select 1 from person_key where subject = ?');
    const organization = copy.prepare(
      'select 1 from organization_key where organization = ? and generation = ?',
    );
    let lacking = 0;
    for (const [table, isThere] of [
      [
        'person_key',
        ([subject]: readonly CopiedValue[]) => person.get(subject) || erased.has(String(subject)),
      ],
      ['organization_key', ([id, generation]: readonly CopiedValue[]) => organization.get(id, generation)],
    ] as const) {
      let after: readonly CopiedValue[] | undefined;
      for (;;) {
        const rows = await keys.rows(table, after, PAGE);
        if (rows.length === 0) break;
        lacking += rows.filter((row) => !isThere(row)).length;
        after = rows.at(-1)!.slice(0, table === 'person_key' ? 1 : 2);
      }
    }
    return lacking;
  } finally {
    copy.close();
  }
}
