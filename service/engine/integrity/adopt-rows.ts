import type { Log } from '../../lib/log.ts';
import { type Integrity, ROWS_NOTES, rowsMac } from '../../storage/keys/integrity.ts';
import type { KeyStore } from '../../storage/keys/key-store.ts';
import {
  protectAsItIs,
  protectedNames,
  specOf,
  unprotectedRows,
} from '../../storage/keys/protected-tables.ts';
import type { Db, InTransaction } from '../../storage/transaction.ts';
import { type Actor, type Audit, hasLine } from '../audit/index.ts';

export interface AdoptRowsDeps {
  db: Db;
  inTransaction: InTransaction;
  integrity: Integrity;
  keys: Pick<KeyStore, 'note' | 'state' | 'setNote'>;
  audit: Audit;
  log: Log;
}

/** Rows of one transaction. */
const PAGE = 500;

/**
 * Gives rows of an earlier release their MAC, once for each table: at the first start of a release that has MACs on it. What another
 * program wrote until then is taken over with them. The permission is that neither the key store notes nor the audit log says that it was done
 * already.
 */
export async function adoptRows(deps: AdoptRowsDeps, actor: Actor): Promise<number> {
  return (await adoptThese(1, deps, actor)) + (await adoptThese(2, deps, actor));
}

async function adoptThese(which: 1 | 2, deps: AdoptRowsDeps, actor: Actor): Promise<number> {
  const { db, inTransaction, integrity, keys, audit, log } = deps;
  const note = ROWS_NOTES[which];
  const line = { action: 'rows.protect', target: note };
  if (await keys.note(note)) return 0;
  if (await hasLine(db, line)) {
    log.error(
      { note },
      'the note of the key store that rows are protected was deleted: rows without a MAC stay unused',
    );
    return 0;
  }
  const adopted: Record<string, number> = {};
  for (const name of protectedNames.filter((one) => specOf(one).adopted === which)) {
    let rows = 0;
    for (let found = PAGE; found === PAGE; rows += found)
      found = await inTransaction(async (tx) => {
        const ids = await unprotectedRows(tx, name, PAGE);
        for (const id of ids) await protectAsItIs(tx, integrity, name, id);
        return ids.length;
      });
    if (rows > 0) adopted[name] = rows;
  }
  const all = Object.values(adopted).reduce((sum, rows) => sum + rows, 0);
  if (all > 0) await inTransaction((tx) => audit.add(tx, { ...line, actor, details: adopted }));
  const { identity } = await keys.state();
  await keys.setNote(note, rowsMac(integrity, identity, which));
  return all;
}
