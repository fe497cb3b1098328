import { Problem } from '../lib/problem.ts';

/**
 * After the disk has once not confirmed a change, nothing more is written: Linux reports a failed write to the first that asks, and to no
 * other, so that a later change could be confirmed although what it rests on is lost.
 */
export interface ConfirmedDisk {
  /** Throws STORAGE_UNAVAILABLE after the disk has not confirmed a change. */
  require(): void;
  /** Runs a change; throws as `require`, and where the disk does not confirm this one. */
  write<T>(change: () => T): T;
}

export function createConfirmedDisk(): ConfirmedDisk {
  let failure: unknown;

  function require(): void {
    if (failure === undefined) return;
    throw new Problem(
      'STORAGE_UNAVAILABLE',
      'The disk that holds the database did not confirm an earlier change: nothing more is written until the service is started again. The operator checks the disk and its free space, then restarts the service.',
      { cause: failure },
    );
  }

  return {
    require,
    write(change) {
      require();
      try {
        return change();
      } catch (error) {
        if (!isUnconfirmed(error)) throw error;
        failure ??= error;
        throw new Problem(
          'STORAGE_UNAVAILABLE',
          'The disk that holds the database did not confirm that this is stored, and the result is unknown: check it once the service was started again; the operator checks the disk and its free space.',
          { cause: error },
        );
      }
    },
  };
}

const isUnconfirmed = (error: unknown): boolean =>
  error instanceof Error && /^SQLITE_IOERR_(DIR_)?FSYNC$/.test((error as { code?: string }).code ?? '');
