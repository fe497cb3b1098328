import { mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { clearUnfinishedRestore, finishRestore } from '../backup/finish-restore.ts';
import type { Config } from '../config.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { type Database, type DatabaseLocation, openDatabase } from '../storage/connection.ts';
import { openVault, type Vault } from '../storage/keys/vault.ts';
import { type Unlock, unlockFromFile } from '../storage/master/open-master.ts';
import type { OlderSchema } from '../storage/migrate.ts';
import { openKeysInUse, usedAlone } from '../storage/position/keys-in-use.ts';
import { checkPostgres } from '../storage/postgres/check-postgres.ts';
import type { Node } from '../storage/postgres/nodes.ts';
import { takeWriterLock } from '../storage/writer-lock.ts';
import { databaseLocation, keyStoreLocation } from './database-location.ts';

/** A data directory locked by this process: no other process writes to it until `close`. */
interface OpenDirectory {
  location: DatabaseLocation;
  database: Database;
  vault: Vault;
  close(): Promise<void>;
}

interface DirectoryDeps extends OlderSchema {
  clock: Clock;
  log: Log;
  unlock: Unlock | undefined;
  /** The copies of the key store are neither read nor written. */
  leaveCopies?: boolean | undefined;
  /** As one of several nodes, in the place of the only writer of its databases. */
  node?: Node | undefined;
}

/**
 * Ends a restore that was cut short, makes the directory when it is not there, takes its lock, and opens its database and its
 * keys. Schemas are brought up to date or refused, as asked. Throws Problem or Error with a sentence for the operator; then nothing stays open, and nothing of a directory that was new.
 */
export async function openDirectory(
  config: Config,
  { clock, log, unlock, leaveCopies, node, older, announce, goesOn }: DirectoryDeps,
): Promise<OpenDirectory> {
  const { data } = config;
  await using opened = new AsyncDisposableStack();
  finishRestore(data);
  const takeAway = makeDirectory(data);
  const lock = takeWriterLock(data, { pid: process.pid, host: hostname(), command: 'gatehouse' }, clock);
  opened.defer(() => lock.release());
  let failed = true;
  opened.defer(() => {
    if (failed) takeAway();
  });
  clearUnfinishedRestore(data);
  const location = databaseLocation(config);
  const keysLocation = keyStoreLocation(config);
  const writer = `gatehouse ${process.pid} on ${hostname()}: ${data}`;

  const schema: OlderSchema = {
    ...(older && { older }),
    goesOn,
    announce(change) {
      const { what, from, to, snapshot } = change;
      const kept = snapshot === undefined ? '' : `; a checked copy from before lies in ${snapshot}`;
      log.warn({ what, from, to, snapshot }, `the ${what} is brought from schema ${from} to ${to}${kept}`);
      announce?.(change);
    },
    newer: ({ what, has, knows }) =>
      log.warn(
        { what, has, knows },
        `the ${what} has schema ${has}, which a newer version made; this one knows ${knows} and works with it: update it soon`,
      ),
    waits: (what) =>
      log.warn(
        { what },
        `the ${what} is being copied or migrated for another node: this start waits until that has ended`,
      ),
  };

  // Both, before one of them is given tables.
  for (const one of [location, keysLocation]) if (one.kind === 'postgres') await checkPostgres(one.url);
  const database = await openDatabase(location, { clock, log, writer, node, directory: lock, ...schema });
  opened.defer(() => database.close());
  const inUse = node ? await openKeysInUse({ database, log }) : usedAlone;
  opened.defer(() => inUse.close());
  const vault = await openVault(data, {
    db: database.db,
    inUse,
    clock,
    log,
    keysLocation,
    leaveCopies,
    writer,
    node,
    directory: lock,
    ...schema,
    masterKeyFile: config.masterKeyFile,
    unlock: config.passphraseFile === undefined ? unlock : unlockFromFile(config.passphraseFile),
  });
  opened.defer(() => vault.close());
  failed = false;
  const everything = opened.move();
  return { location, database, vault, close: () => everything.disposeAsync() };
}

/** Files of the lock, of a failed start or of a running process. */
const ofALock = (name: string) => name.startsWith('writer.');

/**
 * Makes the data directory where there is none. Gives what takes everything away again that a start made in a directory which was
 * empty or not there; it leaves any other as it is. Call it only while this process holds the directory.
 */
export function makeDirectory(data: string): () => void {
  const outermost = mkdirSync(data, { recursive: true, mode: 0o700 });
  const isNew = readdirSync(data).every(ofALock);
  return () => {
    if (!isNew) return;
    for (const name of readdirSync(data)) rmSync(join(data, name), { recursive: true, force: true });
    if (outermost === undefined) return;
    for (let folder = data; ; folder = dirname(folder)) {
      try {
        rmdirSync(folder);
      } catch {
        return; // something else is in it meanwhile
      }
      if (folder === outermost) return;
    }
  };
}
