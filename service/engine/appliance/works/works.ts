import { z } from 'zod';
import type { Clock } from '../../../lib/clock.ts';
import { Problem, type ProblemCode, problemCodes } from '../../../lib/problem.ts';
import { withProgress } from '../../../lib/progress/progress.ts';
import { id, time } from '../../../lib/record-fields.ts';

const many = z.number().min(0);
const example = {
  id: 'req_01m7w3hb8hbf355he5zqwjztdk',
  operation: 'createBackup',
  state: 'running' as const,
  startedAt: '2026-11-27T09:14:00.000Z',
  now: { step: 'sealing the file', done: 1_200_000_000, of: 3_100_000_000 },
};

const fields = {
  id: z.string().describe('`x-request-id` of the request that began it'),
  operation: z.string().describe('Operation of this API'),
  organization: id<'organization'>().optional().describe('Id of the organization'),
  state: z.enum(['running', 'done', 'failed']).describe('State'),
  startedAt: time('Time of its begin').optional(),
  finishedAt: time('Time of its end').optional(),
  now: z
    .strictObject({
      step: z.string().describe('In English'),
      done: many.optional().describe('So much of the step is done: people, pages or bytes'),
      of: many.optional().describe('So much the step has'),
    })
    .optional()
    .describe('The last step that it noted'),
  reason: z.string().optional().describe('Why it failed'),
};

/** A long work of this process that was asked for. */
export const Work = z.object(fields).meta({
  id: 'Work',
  description: 'A long work of the service that was asked for.',
  examples: [example],
});
export type Work = z.output<typeof Work>;

/** With what it was answered. */
export const FollowedWork = z
  .strictObject({
    ...fields,
    code: z.enum(problemCodes).optional().describe('Code of the refusal, where it failed'),
    reply: z.unknown().optional().describe('The reply of the operation, where it is done'),
  })
  .meta({
    id: 'FollowedWork',
    description: 'A long work, and what it was answered with.',
    examples: [example],
  });
export type FollowedWork = z.output<typeof FollowedWork>;

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
