import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { Problem } from '../../lib/problem.ts';
import { lockFile, makeUpdateFolder, UPDATE_FOLDER } from './journal.ts';

export interface UpdateLock extends Disposable {
  /** Programs that inherit it hold the lock as well: one that outlives a killed update is waited for. */
  fd: number;
}

/**
 * One update at a time. The kernel releases the lock with the last process that has it, however that ends. Throws CONFLICT where another update, or a program
 * that an interrupted one started, still runs after `waitSeconds`.
 */
export async function takeUpdateLock({
  folder = UPDATE_FOLDER,
  waitSeconds,
}: {
  folder?: string;
  waitSeconds: number;
}): Promise<UpdateLock> {
  makeUpdateFolder(folder);
  const fd = openSync(lockFile(folder), 'a', 0o600);
  try {
    const code = await flock(fd, waitSeconds);
    if (code === 0) return { fd, [Symbol.dispose]: () => closeSync(fd) };
    throw new Problem(
      'CONFLICT',
      `Another update is under way on this machine, or a program that it started (${lockFile(folder)} is held): wait until it has ended.`,
    );
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** Locks the open file, which the program shares with this process. 0: it is locked. */
function flock(fd: number, waitSeconds: number): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn('flock', ['-w', String(waitSeconds), '3'], {
      stdio: ['ignore', 'ignore', 'ignore', fd],
    });
    child.on('error', () => reject(new Error('flock is not on this machine (package util-linux).')));
    child.on('exit', resolve);
  });
}
