import { z } from 'zod';
import { jobKinds, jobStates } from '../../../engine/jobs/index.ts';
import { pageQuery, pageReply } from '../../../http/cursor.ts';
import { time } from '../reply-fields.ts';

const kind = z.enum(jobKinds);
/** Whether there is such a job is for the engine to say. */
const jobId = z
  .string()
  .regex(
    /^(?:dlv_[0-9a-z]{26}|[a-z-]{1,40})$/,
    'It must be the id of a delivery, such as dlv_01m7w3hb8hbf355he5zqwjztdk, or a kind of recurring work.',
  );
export const jobParams = z.strictObject({ id: jobId.describe('Id of the job') });
const many = z.int().min(0);

export const JobQuery = z.strictObject({
  kind: kind.optional().describe('Only jobs of this kind'),
  state: z
    .enum(jobStates)
    .optional()
    .describe('Only jobs in this state; `delayed` are the `waiting` jobs that are not due yet'),
  ...pageQuery(z.string()),
});

export const JobRemoval = z.strictObject({
  confirm: jobId.optional().describe('The id again, as a confirmation: the work of the job will not be done'),
});

const example = {
  id: 'dlv_01m7w3k5y6c2r8x0p4d9q1tzhb',
  kind: 'webhook',
  state: 'dead' as const,
  lane: 'wh_01m7w3hb8hbf355he5zqwjztdk',
  organization: 'org_01m7w2z9c0h2rb1yq7j5t8k3nd',
  payload: { event: 'evt_01m7w3hb8hbf355he5zqwjztdk', endpoint: 'wh_01m7w3hb8hbf355he5zqwjztdk' },
  attempts: 10,
  mostAttempts: 10,
  runAt: '2026-11-20T12:00:00.000Z',
  createdAt: '2026-11-18T09:14:00.000Z',
  finishedAt: '2026-11-20T12:00:01.400Z',
  lastError: 'HTTP 500',
};

export const JobReply = z
  .strictObject({
    id: z.string().describe('Id of the delivery, or the kind of recurring work'),
    kind: z.string().describe('Kind of work'),
    state: z
      .enum(['waiting', 'leased', 'done', 'dead'])
      .describe(
        '`leased`: runs; `done`: over, or work that runs only when it is asked for; `dead`: no attempt is left, or the last run of recurring work failed',
      ),
    lane: z.string().optional().describe('Lane: first attempts of one lane run one at a time, in order'),
    organization: z.string().optional().describe('Id of the organization'),
    payload: z
      .looseObject({})
      .describe('Ids, none of people: of the event and the endpoint, or of the alert'),
    attempts: many.describe('Attempts made'),
    mostAttempts: many.describe('Maximum number of attempts'),
    runAt: time('Due time; absent for work that runs only when it is asked for').optional(),
    createdAt: time('Time of creation; absent for recurring work').optional(),
    finishedAt: time('Time when it was done or dead; end of the last run').optional(),
    lastError: z.string().optional().describe('First line of the last error'),
  })
  .meta({
    id: 'Job',
    description: 'A delivery (webhook, mail), or recurring work of the box. It holds no personal data.',
    examples: [example],
  });

export const JobPage = pageReply(JobReply, 'Recurring work, then deliveries, the newest first', 'JobPage');

const counts = { waiting: 2, delayed: 1, leased: 0, done: 140, dead: 1 };
export const JobCountsReply = z
  .strictObject({
    items: z
      .array(
        z.strictObject({
          kind: kind.describe('Kind'),
          waiting: many.describe('Due'),
          delayed: many.describe('Not due yet'),
          leased: many.describe('Running'),
          done: many.describe('Done, as far as they are counted'),
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
