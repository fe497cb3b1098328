import { z } from 'zod';
import { jobKinds } from '../../../engine/jobs/index.ts';
import { pageQuery, pageReply } from '../../../http/cursor.ts';
import { idOf } from '../ids.ts';
import { time } from '../reply-fields.ts';

const kind = z.enum(jobKinds);
const states = ['waiting', 'relayed', 'leased', 'done', 'dead'] as const;
const many = z.int().min(0);

export const JobQuery = z.strictObject({
  kind: kind.optional().describe('Only of this kind'),
  state: z
    .enum(['delayed', ...states])
    .optional()
    .describe('Only in this state; `delayed` are those of `waiting` whose time has not come'),
  ...pageQuery(z.int().min(0)),
});

export const JobRemoval = z.strictObject({
  confirm: idOf('job').optional().describe('The id once more: what the job stands for is never done'),
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
    kind: z.string().describe('What is done'),
    state: z.enum(states).describe('`relayed`: handed to Redis; `leased`: runs; `dead`: no attempt is left'),
    priority: z.enum(['high', 'normal', 'low']).describe('Which of those that are due go first'),
    lane: z.string().optional().describe('First attempts of one lane run one at a time, in order'),
    organization: z.string().optional().describe('Whose it is'),
    payload: z
      .looseObject({})
      .describe('Ids that name no person, numbers and switches; `notShown` counts the other fields'),
    attempts: many.describe('Attempts so far'),
    mostAttempts: many.describe('Attempts there are'),
    runAt: time('Not before'),
    createdAt: time('When it was added'),
    finishedAt: time('When it was done, or failed for good').optional(),
    lastError: z.string().optional().describe('First line of the last error'),
  })
  .meta({
    id: 'Job',
    description: 'Work that is done later. Nothing personal is in it.',
    examples: [example],
  });

export const JobPage = pageReply(JobReply, 'Jobs, the newest first', 'JobPage');

const counts = { waiting: 2, delayed: 1, relayed: 0, leased: 0, done: 140, dead: 1 };
export const JobCountsReply = z
  .strictObject({
    items: z
      .array(
        z.strictObject({
          kind: kind.describe('Of which kind'),
          waiting: many.describe('Due'),
          delayed: many.describe('Not due yet'),
          relayed: many.describe('Handed to Redis'),
          leased: many.describe('Running'),
          done: many.describe('Done, and still remembered'),
          dead: many.describe('Failed for good'),
        }),
      )
      .describe('One for each kind'),
  })
  .meta({
    id: 'JobCounts',
    description: 'How many jobs there are of each kind and state.',
    examples: [{ items: [{ kind: 'webhook', ...counts }] }],
  });

export const BoardLinkReply = z
  .strictObject({
    url: z.string().describe('Opens the board of jobs in a browser, once'),
    validSeconds: many.describe('How long'),
  })
  .meta({
    id: 'JobBoardLink',
    description: 'A link to the board of jobs.',
    examples: [
      { url: 'https://127.0.0.1:7300/jobs/open/6tJxN0uXq4mVw8kR1tB6nXhD9sC2fJ4g', validSeconds: 300 },
    ],
  });

export type JobReply = z.output<typeof JobReply>;
