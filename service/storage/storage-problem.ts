import { Problem } from '../lib/problem.ts';

/**
 * A full, failing or read-only disk as the Problem STORAGE_FULL, whose sentence says what to do; anything else comes
 * back unchanged. Knows the codes of SQLite (`SQLITE_FULL`), PostgreSQL (`53100`) and the system (`ENOSPC`).
 */
export function toStorageProblem(error: unknown): unknown {
  const code = codeOf(error);
  if (code === undefined || error instanceof Problem) return error;
  if (code === 'SQLITE_FULL' || code === 'ENOSPC' || code === 'EDQUOT' || code === '53100') {
    return new Problem(
      'STORAGE_FULL',
      'The disk that holds the database is full: nothing was changed. Free some space on it, then try again.',
      { cause: error },
    );
  }
  if (code.startsWith('SQLITE_READONLY') || code.startsWith('SQLITE_CANTOPEN') || unwritable.has(code)) {
    return new Problem(
      'STORAGE_FULL',
      `The database cannot be written (${code}): nothing was changed. Mount its disk read-write, make its files and their folder writable for the service's user, then try again.`,
      { cause: error },
    );
  }
  if (code.startsWith('SQLITE_IOERR') || code === 'EIO' || code === '58030') {
    return new Problem(
      'STORAGE_FULL',
      `The disk that holds the database reported an error (${code}): nothing was changed. Check the disk and its free space, then restart the service.`,
      { cause: error },
    );
  }
  return error;
}

const unwritable = new Set(['EROFS', 'EACCES', 'EPERM', '25006']);

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
