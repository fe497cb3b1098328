import { Problem } from '../lib/problem.ts';

/**
 * A full, failing or read-only disk as the Problem STORAGE_FULL, a database server that cannot be reached as
 * STORAGE_UNAVAILABLE, a damaged file as INTERNAL that names `path`; each sentence says what to do. Anything else comes back
 * unchanged. Knows the codes of SQLite (`SQLITE_FULL`), PostgreSQL (`53100`) and the system (`ENOSPC`).
 */
export function toStorageProblem(error: unknown, path?: string): unknown {
  if (error instanceof Problem) return error;
  const code = codeOf(error);
  if (isUnreachable(error, code)) {
    return new Problem(
      'STORAGE_UNAVAILABLE',
      'The database server does not answer: nothing was changed. Try again shortly; the operator checks that PostgreSQL runs.',
      { cause: error, retryAfterSeconds: 5 },
    );
  }
  if (code === undefined) return error;
  if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')) {
    const file = path ?? 'A database file of the data directory';
    return new Problem(
      'INTERNAL',
      `${file} is damaged (${code}): stop the service, keep the file, and put back its newest copy (snapshots/ in the data directory holds the database before its last upgrade).`,
      { cause: error },
    );
  }
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

/** SQLSTATE classes of a lost or refused connection (08, 57P0x), the system's words for the same, and pg's own. */
function isUnreachable(error: unknown, code: string | undefined): boolean {
  if (code !== undefined)
    return /^(08...|57P0[1-5]|53300|ECONN.*|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND)$/.test(code);
  return (
    error instanceof Error &&
    /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error)/.test(
      error.message,
    )
  );
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
