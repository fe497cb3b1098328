import type { Clock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import type { Log } from '../../lib/log.ts';
import type { KeyStore } from '../keys/key-store.ts';
import type { StoredPlace } from './copy-places.ts';
import { CopyTrouble } from './key-copy-trouble.ts';

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

/** Whether the copy is current, as shown to the operator. */
export interface CopyStatus {
  report(copy: string | undefined): CopyReport;
  up(): Promise<void>;
  /** `error`: CopyTrouble, or what kept the copy from being brought up to date. Resolves with the trouble. */
  down(error: unknown): Promise<CopyTrouble>;
}

export interface CopyStatusDeps {
  keys: Pick<KeyStore, 'setPlaceBehind'>;
  clock: Clock;
  log: Log;
}

export function createCopyStatus(
  { place, addedAt, behindSince }: StoredPlace,
  { keys, clock, log }: CopyStatusDeps,
): CopyStatus {
  let state: CopyReport['state'] = 'behind';
  let since = behindSince;
  let reason: string | undefined = 'It has not been checked yet.';

  const note = (behind: number | undefined) =>
    keys
      .setPlaceBehind(place, behind)
      .catch((error: unknown) =>
        log.warn({ place, err: error }, 'the state of a key store copy was not noted'),
      );

  return {
    report: (copy) =>
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
    async down(error) {
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
