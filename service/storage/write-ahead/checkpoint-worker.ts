/** Copies SQLite's log into the database file whenever it is asked, and answers how long the log was (checkpoints.ts). */
import { parentPort, workerData } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';
import { lowerThisThread } from '../../lib/machine/thread-priority.ts';
import type { CopiedPages } from './checkpoints.ts';

// On a box whose cores are busy, requests go before it, and it goes before models: changes wait for its last copy.
lowerThisThread('soon');

const database = new Sqlite(workerData as string, { fileMustExist: true });

parentPort?.on('message', (message: 'copy' | 'end') => {
  if (message === 'end') {
    database.close();
    parentPort?.close();
    return;
  }
  // Passive: it waits for no reader and no writer, and no lock of it keeps them waiting.
  const [state] = database.pragma('wal_checkpoint(PASSIVE)') as [{ log: number }];
  parentPort?.postMessage(state.log satisfies CopiedPages);
});
