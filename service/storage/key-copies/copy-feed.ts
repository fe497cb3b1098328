import type { KeyWrite } from '../keys/key-writer.ts';
import type { CopyAnswer } from './key-copy-file.ts';
import { type CopyThread, PATIENCE } from './key-copy-thread.ts';
import { anotherMedium, CopyTrouble } from './key-copy-trouble.ts';

/** Hands the writes of the store to one copy, in their order. */
export interface CopyFeed {
  isLive(): boolean;
  /** Looks whether the copy has every write that it should have. */
  isCurrent(): Promise<boolean>;
  /** Resolves when the copy has the write, or is known not to have it; undefined where the copy gets no writes. */
  written(write: KeyWrite): Promise<void> | undefined;
  /** Reads what the copy is, after the call that is under way. */
  check(): Promise<CopyAnswer>;
  /** Resolves when no call is under way. */
  idle(): Promise<void>;
  /** From now on writes are kept, for a copy that is being overwritten. */
  keep(): void;
  /** The writes that came since `keep`, or since they were taken last. */
  takeKept(): KeyWrite[];
  dropKept(): void;
  /** From now on writes go to the copy, which has all up to `revision`; those that were kept go first. */
  resume(revision: number): Promise<void>;
  stop(): void;
  /** Stops and reports why. */
  fail(error: unknown): Promise<CopyTrouble>;
}

export interface CopyFeedDeps {
  place: string;
  thread: CopyThread;
  /** The id of the copy, known once it is live. */
  copyId(): string | undefined;
  /** The copy does not have a write. */
  failed(error: unknown): Promise<CopyTrouble>;
}

export function createCopyFeed({ place, thread, copyId, failed }: CopyFeedDeps): CopyFeed {
  let live = false;
  let held = 0;
  let kept: KeyWrite[] | undefined;
  const calls = createCalls(thread, put);

  async function put(writes: readonly KeyWrite[]): Promise<void> {
    if (!live) return;
    const to = writes.at(-1)!.revision;
    const changes = writes.flatMap((write) => write.changes);
    try {
      const { revision: at } = await thread.run(
        { is: 'apply', copy: copyId()!, from: writes[0]!.revision - 1, to, changes },
        PATIENCE.write,
      );
      if (at !== Math.max(to, held))
        throw new CopyTrouble('behind', `The copy in ${place} was changed by another program.`);
      held = at;
    } catch (error) {
      await fail(error);
    }
  }

  function fail(error: unknown): Promise<CopyTrouble> {
    live = false;
    return failed(error);
  }

  return {
    isLive: () => live,
    async isCurrent() {
      if (!live) return false;
      try {
        const found = await calls.check();
        if (found.copy !== copyId()) throw anotherMedium(place);
        if (found.revision === held) return true;
        throw new CopyTrouble('behind', `The copy in ${place} was replaced by another one.`);
      } catch (error) {
        await fail(error);
        return false;
      }
    },
    written(write) {
      if (!kept) return live ? calls.write(write) : undefined;
      kept.push(write);
      return Promise.resolve();
    },
    check: calls.check,
    idle: calls.idle,
    keep() {
      live = false;
      kept = [];
    },
    takeKept() {
      const writes = kept ?? [];
      kept = [];
      return writes;
    },
    dropKept() {
      kept = undefined;
    },
    async resume(revision) {
      held = revision;
      live = true;
      const rest = kept ?? [];
      kept = undefined;
      await Promise.all(rest.map(calls.write));
    },
    stop() {
      live = false;
    },
    fail,
  };
}

/** One call of the copy at a time; writes that come meanwhile go together in the next. */
function createCalls(thread: CopyThread, put: (writes: readonly KeyWrite[]) => Promise<void>) {
  let waiting: KeyWrite[] = [];
  let next: Promise<void> | undefined;
  let running: Promise<void> = Promise.resolve();
  return {
    idle: () => running,
    write(write: KeyWrite): Promise<void> {
      waiting.push(write);
      next ??= running.then(() => {
        const writes = waiting;
        waiting = [];
        next = undefined;
        running = put(writes);
        return running;
      });
      return next;
    },
    check(): Promise<CopyAnswer> {
      const checked = running.then(() => thread.run({ is: 'check' }, PATIENCE.write));
      running = checked.then(
        () => {},
        () => {},
      );
      return checked;
    },
  };
}
