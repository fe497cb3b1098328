import type { Clock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import type { Log } from '../../lib/log.ts';
import { readOnlyRemedy } from '../../lib/outside-folder.ts';
import type { KeyStore } from '../keys/key-store.ts';
import type { StoredCopy } from './copy-folders.ts';

/** What is known of one place where a copy of the key store is kept. */
export interface CopyReport {
  /** Absolute folder; the copy in it is `gatehouse-keys.db`. */
  place: string;
  /** Id of the copy; absent until a copy from before there were ids is reached. */
  copy?: string;
  /**
   * `current`: holds everything that was acknowledged. `behind`: can be reached but could not be brought up to date.
   * `unreachable`: not there, not answering, or not the copy it should be.
   */
  state: 'current' | 'behind' | 'unreachable';
  /** Since when it is not current, in ms since 1970. */
  since?: number;
  /** Why it is not current and what to do, in words for the operator. */
  reason?: string;
  addedAt: number;
}

export interface CopyStatusDeps {
  keys: Pick<KeyStore, 'setCopyBehind'>;
  clock: Clock;
  log: Log;
}

/** Whether the copy is current, as shown to the operator. */
export function createCopyStatus(
  { place, addedAt, behindSince }: StoredCopy,
  { keys, clock, log }: CopyStatusDeps,
) {
  let state: CopyReport['state'] = 'behind';
  let since = behindSince;
  let reason: string | undefined = 'It has not been checked yet.';

  const note = (behind: number | undefined) =>
    keys
      .setCopyBehind(place, behind)
      .catch((error: unknown) =>
        log.warn({ place, err: error }, 'the state of a key store copy was not noted'),
      );

  return {
    report: (copy: string | undefined): CopyReport =>
      defined({
        place,
        copy,
        state,
        addedAt,
        since: state === 'current' ? undefined : since,
        reason: state === 'current' ? undefined : reason,
      }),
    async up(): Promise<void> {
      if (state !== 'current') log.info({ place }, 'a copy of the key store is up to date');
      state = 'current';
      reason = undefined;
      if (since !== undefined) await note(undefined);
      since = undefined;
    },
    /** `error`: CopyTrouble, or what kept the copy from being brought up to date. Resolves with the trouble. */
    async down(error: unknown): Promise<CopyTrouble> {
      const trouble = toTrouble(error);
      const before = state;
      state = trouble.is === 'failed' || trouble.is === 'behind' ? 'behind' : 'unreachable';
      reason = trouble.message;
      if (since === undefined) {
        since = clock.now();
        await note(since);
      }
      if (before !== state) log.warn({ place, reason }, 'a copy of the key store is not up to date');
      return trouble;
    },
  };
}

function toTrouble(error: unknown): CopyTrouble {
  return error instanceof CopyTrouble
    ? error
    : new CopyTrouble(
        'behind',
        `It could not be brought up to date: ${error instanceof Error ? error.message : error}.`,
      );
}

/** Why a place cannot be used; the message is for the operator. */
export class CopyTrouble extends Error {
  /**
   * `missing`: no copy there. `foreign`: another appliance's, or another copy of ours. `newer`: ahead of the store itself, or its note of the audit log is. `silent`: no answer in time.
   * `behind`: it misses writes. `failed`: it is there and cannot be written.
   */
  readonly is: 'missing' | 'foreign' | 'newer' | 'silent' | 'behind' | 'failed';
  constructor(is: CopyTrouble['is'], message: string) {
    super(message);
    this.is = is;
  }
}

/** A medium of ours that is not the one which was added: what it holds says nothing about the copy that is waited for. */
export const anotherMedium = (place: string) =>
  new CopyTrouble(
    'foreign',
    `Another medium is in its place: the copy in ${place} is not the one that was added, and is left as it is. Put back the right one. If that one is lost, remove the copy from the list ("gatehouse keystore remove ${place}") and add this one.`,
  );

/** What a copy holds that its key store has not. */
export const OTHER_WRITES =
  'another directory that was restored or copied from the same keys wrote to it, or this one did before an older key store took the place of its own, as after a failover to a standby that lagged';

/** In place of a copy with writes that its key store has not: it may hold keys that are nowhere else. */
export const anotherDirectory = (place: string, copy: string) =>
  new CopyTrouble(
    'foreign',
    `The copy in ${place} has other writes than this key store: ${OTHER_WRITES}. It may hold keys that are not here, and is left as it is. ${goOn(place, copy)}`,
  );

/** The same of one that is ahead of the store, found while the service runs. */
export const explainNewer = (error: unknown, place: string, copy: string): unknown =>
  error instanceof CopyTrouble && error.is === 'newer'
    ? new CopyTrouble('newer', `${error.message} Either ${OTHER_WRITES}. ${goOn(place, copy)}`)
    : error;

/** How a directory goes on whose copy has other writes, so that no key is lost. */
export const goOn = (place: string, copy: string): string =>
  'Of two directories let one go on, and end the other. To go on with this one, move the copy aside, where nothing of it is lost:  ' +
  `mv '${copy}' '${copy}.of-before'   then start the service if it is stopped, and make a new copy: gatehouse keystore remove ${place}, gatehouse keystore add ${place}. Erase here, too, the people that another directory erased.`;

/** Any failure as CopyTrouble that says what to do. */
export function toCopyTrouble(error: unknown, place: string, path: string): CopyTrouble {
  if (error instanceof CopyTrouble) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const words = error instanceof Error ? error.message : String(error);
  if (code === 'ENOENT' || code === 'SQLITE_CANTOPEN') {
    return new CopyTrouble(
      'missing',
      `There is no ${path}: is the medium there? It is not made again by itself. If the copy is lost, remove the copy from the list ("gatehouse keystore remove ${place}"; with --destroyed if its medium is destroyed) and add another.`,
    );
  }
  if (code === 'SQLITE_FULL' || code === 'ENOSPC')
    return new CopyTrouble('failed', `The disk of ${place} is full: free some space on it.`);
  if (code === 'EROFS') return new CopyTrouble('failed', readOnlyRemedy(place));
  if (code.startsWith('SQLITE_READONLY') || ['EACCES', 'EPERM'].includes(code)) {
    return new CopyTrouble(
      'failed',
      `${path} cannot be written (${code}): mount it read-write, for the service's account.`,
    );
  }
  if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')) {
    return new CopyTrouble(
      'failed',
      `${path} is damaged (${code}): move it away, remove it from the list and add it again.`,
    );
  }
  if (code === 'ELOOP') return new CopyTrouble('failed', `${path} is a symbolic link: it is not opened.`);
  return new CopyTrouble('failed', `${path} cannot be used: ${words}.`);
}
