/** Copies SQLite's log into the database file whenever it is asked (checkpoints.ts). */
import { constants, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';

// On Linux this is the thread's own: on a box whose cores are busy, requests go before it.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

const database = new Sqlite(workerData as string, { fileMustExist: true });

parentPort?.on('message', (message: 'copy' | 'end') => {
  // Passive: it waits for nothing, and nothing waits for it.
  if (message === 'copy') database.pragma('wal_checkpoint(PASSIVE)');
  else {
    database.close();
    parentPort?.close();
  }
});
