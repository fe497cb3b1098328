import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Config } from './config.ts';
import { databasePlace, keyStorePlace } from './database-place.ts';
import { clearUnfinishedRestore, finishRestore } from './finish-restore.ts';
import type { Clock } from './lib/clock.ts';
import type { Log } from './lib/log.ts';
import { type Database, type DatabasePlace, openDatabase } from './storage/connection.ts';
import type { Unlock } from './storage/open-master.ts';
import { unlockFromFile } from './storage/passphrase-file.ts';
import { openVault, type Vault } from './storage/vault.ts';
import { takeWriterLock } from './storage/writer-lock.ts';

/** A data directory held by this process: nobody else writes to it until `close`. */
export interface OpenDirectory {
  place: DatabasePlace;
  database: Database;
  vault: Vault;
  close(): Promise<void>;
}

/**
 * Ends a restore that was cut short, makes the directory when it is not there, takes its lock, and opens its database and its
 * keys. Throws Problem or Error with a sentence for the operator; then nothing stays open.
 */
export async function openDirectory(
  config: Config,
  { clock, log, unlock }: { clock: Clock; log: Log; unlock: Unlock | undefined },
): Promise<OpenDirectory> {
  const { data } = config;
  await using opened = new AsyncDisposableStack();
  finishRestore(data);
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const lock = takeWriterLock(data, { pid: process.pid, host: hostname(), command: 'gatehouse' }, clock);
  opened.defer(() => lock.release());
  clearUnfinishedRestore(data);
  const place = databasePlace(config);
  const keysPlace = keyStorePlace(config);
  const writer = `gatehouse ${process.pid} on ${hostname()}: ${data}`;

  const database = await openDatabase(place, { clock, log, writer });
  opened.defer(() => database.close());
  const vault = await openVault(data, {
    db: database.db,
    clock,
    log,
    keysPlace,
    writer,
    masterKeyFile: config.masterKeyFile,
    unlock: config.passphraseFile === undefined ? unlock : unlockFromFile(config.passphraseFile),
  });
  opened.defer(() => vault.close());
  const everything = opened.move();
  return { place, database, vault, close: () => everything.disposeAsync() };
}
