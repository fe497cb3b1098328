import { statSync } from 'node:fs';
import { Problem } from '../../lib/problem.ts';

/**
 * Whether the files of an open SQLite database are still the ones that their names stand for. What is written into files that were deleted,
 * moved or covered by another disk is accepted by the system, and gone with the process.
 */
export interface OpenFiles {
  /** Throws STORAGE_UNAVAILABLE, saying that nothing was changed. */
  require(): void;
  /** After a change: throws STORAGE_UNAVAILABLE, saying that the result is unknown. */
  requireWritten(): void;
}

/** `path`: of a database that is open, and has just been found or made there. `directory`: asked with it before a change. */
export function watchOpenFiles(path: string, directory?: Pick<OpenFiles, 'require'>): OpenFiles {
  const log = `${path}-wal`;
  const opened = identityOf(path);
  /** SQLite makes it with the first use, and keeps it as long as the database is open. */
  let openedLog: string | undefined;

  function areThere(): boolean {
    openedLog ??= identityOf(log);
    return opened !== undefined && identityOf(path) === opened && identityOf(log) === openedLog;
  }

  return {
    require() {
      if (!areThere()) throw gone(path, 'nothing was changed');
      directory?.require();
    },
    requireWritten() {
      if (!areThere()) throw gone(path, 'the result is unknown, and most likely lost');
    },
  };
}

/**
 * `path`: of the writer lock. Throws STORAGE_UNAVAILABLE where it, or the data directory with it, was deleted, moved or replaced: another
 * process could take the lock.
 */
export function watchDirectory(path: string): Pick<OpenFiles, 'require'> {
  const opened = identityOf(path);
  return {
    require() {
      if (opened !== undefined && identityOf(path) === opened) return;
      throw new Problem(
        'STORAGE_UNAVAILABLE',
        'The data directory or writer.lock.db in it was deleted, moved or replaced while the service runs, or its disk is gone: nothing was changed. The operator puts the directory back in its place where it is gone, with the master key in it, and restarts the service.',
        { cause: new Error(`${path} is not the file that was opened`) },
      );
    },
  };
}

/** Device and inode; undefined where nothing can be found there. */
function identityOf(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev} ${ino}`;
  } catch {
    return undefined;
  }
}

const gone = (path: string, outcome: string) =>
  new Problem(
    'STORAGE_UNAVAILABLE',
    `The database files were deleted, moved or replaced while the service runs, or their disk is gone: ${outcome}. The operator puts the data directory back in its place and restarts the service.`,
    { cause: new Error(`${path} and its log are not the files that were opened`) },
  );
