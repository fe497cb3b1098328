import { closeSync, existsSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { Problem } from '../lib/problem.ts';
import { COPY_NAME } from '../storage/key-copies/key-copy-file.ts';

export interface KeyStoreState {
  /** Which store this is. */
  identity: string;
  /** After how many writes. */
  revision: number;
}

/**
 * The key store that a person names: a folder with a copy (`gatehouse-keys.db`), a data directory (`keys.db`), or the file
 * itself. Throws BACKUP_UNUSABLE.
 */
export function findKeyStore(place: string): string {
  const found = [join(place, COPY_NAME), join(place, 'keys.db'), place].find(
    (path) => existsSync(path) && statSync(path).isFile(),
  );
  if (found) return found;
  throw new Problem(
    'BACKUP_UNUSABLE',
    `There is no key store in ${place} (${COPY_NAME}): give the folder of its newest copy with --keys PLACE.`,
  );
}

/** A consistent copy as the new file `to`, also while a service writes to it. Throws BACKUP_UNUSABLE for what is no key store. */
export function copyKeyStore(from: string, to: string): KeyStoreState {
  let source: Sqlite.Database | undefined;
  try {
    source = new Sqlite(from, { readonly: true, fileMustExist: true, timeout: 5_000 });
    const state = readState(source);
    closeSync(openSync(to, 'wx', 0o600));
    source.prepare('vacuum into ?').run(to);
    return state;
  } catch (error) {
    throw new Problem(
      'BACKUP_UNUSABLE',
      `${from} cannot be read as a key store (${(error as Error).message}): give another copy.`,
      { cause: error },
    );
  } finally {
    source?.close();
  }
}

/** `undefined` for what is not there or no key store. */
export function peekKeyStore(path: string): KeyStoreState | undefined {
  if (!existsSync(path)) return undefined;
  let source: Sqlite.Database | undefined;
  try {
    source = new Sqlite(path, { readonly: true, fileMustExist: true, timeout: 5_000 });
    return readState(source);
  } catch {
    return undefined;
  } finally {
    source?.close();
  }
}

const readState = (store: Sqlite.Database) =>
  store.prepare('select identity, revision from store_state').get() as KeyStoreState;
