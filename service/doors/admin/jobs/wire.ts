import { z } from 'zod';
import { jobKinds } from '../../../engine/jobs/index.ts';
import { pageQuery, pageReply } from '../../../http/cursor.ts';
import { idOf } from '../ids.ts';
import { time } from '../reply-fields.ts';

const kind = z.enum(jobKinds);
const states = ['waiting', 'relayed', 'leased', 'done', 'dead'] as const;
const many = z.int().min(0);

export const JobQuery = z.strictObject({
  kind: kind.optional().describe('Only jobs of this kind'),
  state: z
    .enum(['delayed', ...states])
    .optional()
    .describe('Only jobs in this state; `delayed` are the `waiting` jobs that are not due yet'),
  ...pageQuery(z.int().min(0)),
});

export const JobRemoval = z.strictObject({
  confirm: idOf('job')
    .optional()
    .describe('The id again, as a confirmation: the work of the job will not be done'),
});

const example = {
  id: 'job_01m7w3hb8hbf355he5zqwjztdk',
  kind: 'webhook',
  state: 'dead' as const,
  priority: 'normal' as const,
  lane: 'wh_01m7w3hb8hbf355he5zqwjztdk',
  organization: 'org_01m7w2z9c0h2rb1yq7j5t8k3nd',
  payload: { delivery: 'dlv_01m7w3k5y6c2r8x0p4d9q1tzhb' },
  attempts: 8,
  mostAttempts: 8,
  runAt: '2026-11-20T12:00:00.000Z',
  createdAt: '2026-11-18T09:14:00.000Z',
  finishedAt: '2026-11-20T12:00:01.400Z',
  lastError: 'HTTP 500',
};

export const JobReply = z
  .strictObject({
    id: z.string().describe('Id'),
    kind: z.string().describe('Kind of work'),
    state: z.enum(states).describe('`relayed`: handed to Redis; `leased`: runs; `dead`: no attempt is left'),
    priority: z.enum(['high', 'normal', 'low']).describe('Priority among due jobs'),
    lane: z.string().optional().describe('Lane: first attempts of one lane run one at a time, in order'),
    organization: z.string().optional().describe('Id of the organization'),
    payload: z
      .looseObject({})
      .describe('Ids (not of people), numbers and flags; `notShown` counts the other fields'),
    attempts: many.describe('Attempts made'),
    mostAttempts: many.describe('Maximum number of attempts'),
    runAt: time('Due time'),
    createdAt: time('Time of creation'),
    finishedAt: time('Time when it was done or dead').optional(),
    lastError: z.string().optional().describe('First line of the last error'),
  })
  .meta({
    id: 'Job',
    description: 'Background work. It holds no personal data.',
    examples: [example],
  });

export const JobPage = pageReply(JobReply, 'Jobs, the newest first', 'JobPage');

const counts = { waiting: 2, delayed: 1, relayed: 0, leased: 0, done: 140, dead: 1 };
export const JobCountsReply = z
  .strictObject({
    items: z
      .array(
        z.strictObject({
          kind: kind.describe('Kind'),
          waiting: many.describe('Due'),
          delayed: many.describe('Not due yet'),
          relayed: many.describe('Handed to Redis'),
          leased: many.describe('Running'),
          done: many.describe('Done and not yet removed'),
          dead: many.describe('Dead'),
        }),
      )
      .describe('Counts for each kind'),
  })
  .meta({
    id: 'JobCounts',
    description: 'Numbers of jobs by kind and state.',
    examples: [{ items: [{ kind: 'webhook', ...counts }] }],
  });

export const BoardLinkReply = z
  .strictObject({
    url: z.string().describe('URL of the board, for one use'),
    validSeconds: many.describe('Validity in seconds'),
  })
  .meta({
    id: 'JobBoardLink',
    description: 'A link to the board of jobs.',
    examples: [
      { url: 'https://127.0.0.1:7300/jobs/open/6tJxN0uXq4mVw8kR1tB6nXhD9sC2fJ4g', validSeconds: 300 },
    ],
  });

export type JobReply = z.output<typeof JobReply>;
