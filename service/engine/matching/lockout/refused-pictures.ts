import type { OrganizationId } from '../../../lib/id.ts';
import type { Locks } from '../../../lib/locks.ts';
import { Problem } from '../../../lib/problem.ts';
import { sourceOf } from '../../../lib/source.ts';
import type { Tx } from '../../../storage/transaction.ts';
import type { Actor, Foundation } from '../../audit/index.ts';
import type { Realm } from '../../people/index.ts';
import {
  insertRefused,
  lineageOf,
  type RefusedPicture,
  selectLatest,
  selectTimes,
  sweepRefused,
  wasRefused,
} from './address-attempts-store.ts';

/** Limits of refused pictures per key and source address. */
const limits = [
  { most: 30, window: 60_000, name: 'a minute' },
  { most: 300, window: 24 * 3_600_000, name: 'a day' },
] as const;
const DAY = 24 * 3_600_000;

/** Why pixels that were refused are not looked at again. */
export const REFUSED_BEFORE = 'This picture was refused before: take a new one with the camera.';

/** One call's part of it. */
export interface PictureGuard {
  /** For the analyzer: pixels that this process remembers refusing. */
  stopAt: readonly string[];
  /** Whether these pixels were refused to the key within a day; counts as one more refusal where they were. */
  refusedBefore(pixelHash: string): Promise<boolean>;
  /** Throws as `admit` does: others of the same source may have failed meanwhile. Before an acceptance is stored. */
  admitAgain(): Promise<void>;
  /** The same, and then `work`, which stores a refusal; one at a time, so that many at once cannot exceed the limit. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** In the transaction that stores the refusal. */
  add(tx: Tx, pixelHash: string): Promise<void>;
}

/**
 * Pictures that liveness refused, by key (with its predecessors) and source address: without a limit a photograph can be
 * changed until it passes. Kept for a day, as keyed hashes.
 */
export interface RefusedPictures {
  /** Throws BURST_LIMIT_EXCEEDED with the time to wait. Operators are not limited. */
  admit(realm: Realm, caller: { actor: Actor; address?: string }): Promise<PictureGuard>;
  /** Removes what was kept for a day. */
  sweep(signal?: AbortSignal): Promise<void>;
}

export interface RefusedPicturesDeps extends Pick<Foundation, 'db' | 'inTransaction' | 'ids' | 'clock'> {
  /** A keyed hash, so that the rows reveal neither addresses nor pictures. */
  sealer: { emailHash(organization: OrganizationId, text: string): string };
  locks: Locks;
}

const unlimited: PictureGuard = {
  stopAt: [],
  refusedBefore: async () => false,
  admitAgain: async () => {},
  inTurn: (work) => work(),
  add: async () => {},
};

export function createRefusedPictures({
  db,
  inTransaction,
  sealer,
  locks,
  ids,
  clock,
}: RefusedPicturesDeps): RefusedPictures {
  const turns = locks.of('refused-picture');
  const lineageOfKey = readOnce((key: string) => lineageOf(db, key));
  /** Whether a picture was refused to a lineage after `since`; without one nothing else is read. */
  const anySince = async (lineage: string, since: number) => ((await selectLatest(db, lineage)) ?? 0) > since;
  /** Plain hashes, by lineage, oldest first: never on disk. */
  const remembered = new Map<string, Map<string, number>>();

  function remember(lineage: string, pixelHash: string): void {
    const known = remembered.get(lineage) ?? new Map<string, number>();
    known.delete(pixelHash);
    known.set(pixelHash, clock.now());
    if (known.size > limits[1].most) known.delete(known.keys().next().value!);
    remembered.set(lineage, known);
  }

  async function refuseTooMany(row: Pick<RefusedPicture, 'lineage' | 'source_hash'>): Promise<void> {
    const now = clock.now();
    if (!(await anySince(row.lineage, now - DAY))) return;
    const times = await selectTimes(db, row, { since: now - DAY, until: now, most: limits[1].most });
    for (const { most, window, name } of limits) {
      const deciding = times[most - 1];
      if (deciding === undefined || deciding <= now - window) continue;
      throw new Problem(
        'BURST_LIMIT_EXCEEDED',
        `At most ${most} pictures ${name} may fail the liveness check from one key and network address: wait before the next one.`,
        { retryAfterSeconds: (deciding + window - now) / 1000 },
      );
    }
  }

  return {
    sweep: (signal) => sweepRefused(inTransaction, clock.now() - DAY, signal),
    async admit({ organization, world }, { actor, address }) {
      if (actor.is !== 'key') return unlimited;
      const lineage = await lineageOfKey(actor.key);
      const source = address === undefined ? 'unknown' : sourceOf(address);
      const source_hash = sealer.emailHash(organization, `source/${source}`);
      const hashOf = (pixelHash: string) => sealer.emailHash(organization, `picture/${pixelHash}`);
      const admitAgain = () => refuseTooMany({ lineage, source_hash });
      await admitAgain();

      async function add(tx: Tx, pixelHash: string): Promise<void> {
        const at = clock.now();
        const row = { lineage, source_hash, picture_hash: hashOf(pixelHash), created_at: at };
        await insertRefused(tx, { id: ids.next('verification'), organization, world, ...row });
        remember(lineage, pixelHash);
      }

      const since = clock.now() - DAY;
      const known = remembered.get(lineage) ?? [];
      const stopAt = [...known].flatMap(([pixelHash, at]) => (at > since ? [pixelHash] : []));
      return {
        stopAt,
        async refusedBefore(pixelHash) {
          const refused =
            stopAt.includes(pixelHash) ||
            ((await anySince(lineage, since)) &&
              (await wasRefused(db, { lineage, picture_hash: hashOf(pixelHash) }, since)));
          if (refused) await inTransaction((tx) => add(tx, pixelHash));
          return refused;
        },
        admitAgain,
        inTurn: (work) =>
          turns(`${lineage}/${source_hash}`, async () => {
            await admitAgain();
            return work();
          }),
        add,
      };
    },
  };
}

/** What does not change, read from the database the first time. */
function readOnce<T>(read: (name: string) => Promise<T>) {
  const known = new Map<string, T>();
  return async (name: string): Promise<T> => {
    const found = known.get(name) ?? (await read(name));
    known.set(name, found);
    return found;
  };
}
