/** Copies SQLite's log into the database file whenever it is asked (checkpoints.ts). */
import { parentPort, workerData } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';

const database = new Sqlite(workerData as string, { fileMustExist: true });

parentPort?.on('message', (message: 'copy' | 'end') => {
  // Passive: it waits for nothing, and nothing waits for it.
  if (message === 'copy') database.pragma('wal_checkpoint(PASSIVE)');
  else {
    database.close();
    parentPort?.close();
  }
});
