import type { Clock } from '../../lib/clock.ts';
import type { OrganizationId } from '../../lib/id.ts';
import { Problem, type ProblemCode } from '../../lib/problem.ts';
import { type Progress, withProgress } from '../../lib/progress/progress.ts';

/** A long work of this process that was asked for. Times are ms since 1970. */
export interface Work {
  /** The request that began it. */
  id: string;
  /** `createBackup`, as the document of the API names it. */
  operation: string;
  organization?: OrganizationId;
  startedAt?: number;
  finishedAt?: number;
  state: 'running' | 'done' | 'failed';
  /** The last step that it noted. */
  now?: Progress;
  /** Why it failed. */
  reason?: string;
}

/** With what it was answered. */
export interface FollowedWork extends Work {
  reply?: unknown;
  code?: ProblemCode;
}

export interface Works {
  /** Runs `work`, which goes on whether or not the one who asked waits for it; its result is kept for a while. */
  follow<T>(about: Pick<Work, 'id' | 'operation' | 'organization'>, work: () => Promise<T>): Promise<T>;
  /** What runs, and what ended lately after longer than some seconds; the newest first. */
  list(): Work[];
  /** The newest with this id. */
  get(id: string): FollowedWork | undefined;
}

/** Ended ones that are remembered. */
const KEPT = 50;
/** Milliseconds; a shorter one is of no interest once it has ended. */
const LONG = 5_000;

export function createWorks(clock: Clock): Works {
  let known: FollowedWork[] = [];

  const isShort = ({ startedAt = 0, finishedAt }: Work) =>
    finishedAt !== undefined && finishedAt - startedAt < LONG;

  function forgetOne(): void {
    const ended = known.filter(({ state }) => state !== 'running');
    const gone = ended.find(isShort) ?? ended[0];
    if (ended.length > KEPT) known = known.filter((one) => one !== gone);
  }

  return {
    async follow(about, work) {
      const entry: FollowedWork = { ...about, startedAt: clock.now(), state: 'running' };
      known.push(entry);
      try {
        const reply = await withProgress((progress) => {
          entry.now = progress;
        }, work);
        Object.assign(entry, { state: 'done', reply });
        return reply;
      } catch (error) {
        Object.assign(entry, { state: 'failed', ...refusalOf(error) });
        throw error;
      } finally {
        entry.finishedAt = clock.now();
        forgetOne();
      }
    },
    list: () =>
      known
        .filter((one) => !isShort(one))
        .map(({ reply, code, ...work }) => work)
        .toReversed(),
    get: (id) => known.findLast((one) => one.id === id),
  };
}

const refusalOf = (error: unknown): { code: ProblemCode; reason: string } =>
  error instanceof Problem
    ? { code: error.code, reason: error.message }
    : { code: 'INTERNAL', reason: 'An internal error; the log has the details.' };
