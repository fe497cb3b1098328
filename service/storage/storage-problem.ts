import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { Problem } from '../lib/problem.ts';

/**
 * A full, failing or read-only disk as the Problem STORAGE_FULL, a database server that cannot be reached as
 * STORAGE_UNAVAILABLE, a damaged file as INTERNAL; each sentence names `path` where it is given, and says what to do. Anything else comes back
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
  const refused = refusals.find(({ codes }) => codes.test(code));
  if (refused)
    return new Problem('STORAGE_UNAVAILABLE', refused.says, { cause: error, retryAfterSeconds: 5 });
  if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')) {
    const file = path ?? 'A database file of the data directory';
    const repair =
      code === 'SQLITE_CORRUPT_INDEX'
        ? ', then repair its indexes (gatehouse migrate --reindex)'
        : ', keep the file, and put back its newest copy (snapshots/ in the data directory holds the database before its last upgrade)';
    return new Problem('INTERNAL', `${file} is damaged (${code}): stop the service${repair}.`, {
      cause: error,
    });
  }
  if (code === 'SQLITE_FULL' || code === 'ENOSPC' || code === 'EDQUOT' || code === '53100') {
    return new Problem(
      'STORAGE_FULL',
      path !== undefined && hasNoInode(dirname(path))
        ? `The disk that holds ${path} has no inode left for another file: nothing was changed. Remove files that are not needed from it, then try again.`
        : `The disk that holds ${path ?? 'the database'} is full: nothing was changed. Free some space on it, then try again.`,
      { cause: error },
    );
  }
  if (code.startsWith('SQLITE_READONLY') || code.startsWith('SQLITE_CANTOPEN') || unwritable.has(code)) {
    return new Problem(
      'STORAGE_FULL',
      `${path ?? 'The database'} cannot be written (${code}): nothing was changed. Mount its disk read-write, make its files and their folder writable for the service's user, then try again.`,
      { cause: error },
    );
  }
  if (code.startsWith('SQLITE_IOERR') || code === 'EIO' || code === '58030') {
    return new Problem(
      'STORAGE_FULL',
      `The disk that holds ${path ?? 'the database'} reported an error (${code}): nothing was changed. Check the disk and its free space, then restart the service.`,
      { cause: error },
    );
  }
  return error;
}

/** False on file systems that do not count them. */
function hasNoInode(folder: string): boolean {
  try {
    const { files, ffree } = statfsSync(folder);
    return files > 0 && ffree === 0;
  } catch {
    return false;
  }
}

/** What a PostgreSQL server says of a statement or a connection that it would take at another time, or from another role. */
const refusals = [
  {
    codes: /^55P03$/,
    says: 'Another session of the database server has locked what this needs (ALTER TABLE, VACUUM FULL, LOCK, pg_restore): nothing was changed. Try again shortly; the operator finds that session in pg_stat_activity and ends it.',
  },
  {
    codes: /^(57014|25P03|25P04)$/,
    says: 'The database server ended this because it took too long, or an administrator did: nothing was changed. Try again shortly; the operator checks the load of the server and its time limits for the role.',
  },
  {
    codes: /^53[02-9]..$/,
    says: 'The database server has no memory or connection left for this: nothing was changed. Try again shortly; the operator raises the connection limit of the role, the database or the server, or ends sessions that are not needed.',
  },
  {
    codes: /^25006$/,
    says: 'The database server takes no writes: nothing was changed. The operator checks whether it is a standby (SELECT pg_is_in_recovery()) and lets the URL name the primary, or sets default_transaction_read_only back for the role and the database.',
  },
  {
    codes: /^(28...|3D000|42501)$/,
    says: 'The database server refuses the role of this service: nothing was changed. The operator runs "gatehouse doctor", which names the remedy.',
  },
  {
    codes: /^(CERT_.*|ERR_(TLS|SSL|OSSL)_.*|SELF_SIGNED_.*|DEPTH_ZERO_.*|UNABLE_TO_.*)$/,
    says: 'The connection to the database server cannot be encrypted as its URL asks: nothing was changed. The operator runs "gatehouse doctor", which names the remedy.',
  },
];

/** Another session has locked what was asked for. */
export const isLocked = (error: unknown): boolean =>
  error instanceof Problem && codeOf(error.cause) === '55P03';

const unwritable = new Set(['EROFS', 'EACCES', 'EPERM']);

/** SQLSTATE classes of a lost or refused connection (08, 57P0x), the system's words for the same, and pg's own. */
function isUnreachable(error: unknown, code: string | undefined): boolean {
  // The socket of a server on this machine is not there while it does not run.
  if (error instanceof Error && 'syscall' in error && error.syscall === 'connect') return true;
  if (code !== undefined)
    return /^(08...|57P0[1-5]|ECONN.*|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND)$/.test(code);
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
