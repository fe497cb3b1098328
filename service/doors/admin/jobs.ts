import { z } from 'zod';
import { type BoardLinks, Job, type Jobs, jobKinds, jobStates } from '../../engine/events/index.ts';
import { Problem } from '../../lib/problem.ts';
import { listRoute } from './lists.ts';
import { ofAppliance } from './may-call.ts';
import { type AdminRoute, route } from './route.ts';

const kind = z.enum(jobKinds);
/** Whether there is such a job is for the engine to say. */
const jobId = z
  .string()
  .regex(
    /^(?:dlv_[0-9a-z]{26}|[a-z-]{1,40})$/,
    'It must be the id of a delivery, such as dlv_01m7w3hb8hbf355he5zqwjztdk, or a kind of recurring work.',
  );
const jobParams = z.strictObject({ id: jobId.describe('Id of the job') });
const many = z.int().min(0);

const JobRemoval = z.strictObject({
  confirm: jobId.optional().describe('The id again, as a confirmation: the work of the job will not be done'),
});

const counts = { waiting: 2, delayed: 1, leased: 0, done: 140, dead: 1 };
const JobCountsReply = z
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

const BoardLinkReply = z
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

type Counts = Awaited<ReturnType<Jobs['counts']>>;

const fromCounts = (counts: Counts) => ({
  items: Object.entries(counts).map(([kind, states]) => ({ kind: kind as keyof Counts, ...states })),
});

export interface JobRouteDeps {
  jobs: Pick<Jobs, 'list' | 'counts' | 'get' | 'retry' | 'remove'>;
  boardLinks: Pick<BoardLinks, 'make'>;
}

const params = jobParams;
const about = {
  tag: 'jobs',
  within: 'appliance',
  may: ofAppliance,
} as const;

/** The queue of the appliance: ids, states and counts. */
export const jobRoutes = ({ jobs, boardLinks }: JobRouteDeps): AdminRoute[] => [
  listRoute({
    ...about,
    url: '/jobs',
    operationId: 'listJobs',
    effect: 'none',
    summary: 'List jobs',
    description: 'Deliveries of all organizations, and the recurring work of the box.',
    item: Job,
    items: 'Recurring work, then deliveries, the newest first',
    page: 'JobPage',
    filter: {
      kind: kind.optional().describe('Only jobs of this kind'),
      state: z
        .enum(jobStates)
        .optional()
        .describe('Only jobs in this state; `delayed` are the `waiting` jobs that are not due yet'),
    },
    key: z.string(),
    rows: (_, { before: after, ...part }) => jobs.list({ after, ...part }),
  }),
  route('GET /jobs/counts', {
    ...about,
    operationId: 'countJobs',
    effect: 'none',
    summary: 'Count jobs',
    description: 'Counts by kind and state.',
    reply: JobCountsReply,
    handle: async () => fromCounts(await jobs.counts()),
  }),
  route('GET /jobs/:id', {
    ...about,
    operationId: 'getJob',
    effect: 'none',
    summary: 'Get a job',
    description: 'One delivery, as far as operators see it, or one recurring work.',
    params,
    reply: Job,
    refuses: ['NOT_FOUND'],
    async handle({ params: { id } }) {
      const found = await jobs.get(id);
      if (found) return found;
      throw new Problem('NOT_FOUND', `There is no job ${id}: deliveries are forgotten with their term.`);
    },
  }),
  route('POST /jobs/:id/retry', {
    ...about,
    operationId: 'retryJob',
    effect: 'none',
    summary: 'Try a job again',
    description:
      'A dead or waiting delivery is sent at once and gets its full number of attempts again; recurring work begins within a second.',
    params,
    reply: Job,
    refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
    handle: ({ params: { id }, who }) => jobs.retry(id, who),
  }),
  route('DELETE /jobs/:id', {
    ...about,
    operationId: 'removeJob',
    effect: 'destroys',
    summary: 'Remove a job',
    description:
      'A waiting or dead delivery is not sent any more, and stays in the log of deliveries as dropped. Refused without `confirm`, while it is being sent, and for recurring work.',
    params,
    query: JobRemoval,
    refuses: ['NOT_FOUND', 'CONFLICT', 'CONFIRMATION_REQUIRED', 'STORAGE_FULL'],
    async handle({ params: { id }, query: { confirm }, who }) {
      if (confirm === id) return jobs.remove(id, who);
      throw new Problem(
        'CONFIRMATION_REQUIRED',
        `Nothing was removed: what the job stands for would never be done. To confirm, send its id once more: confirm=${id}.`,
      );
    },
  }),
  route('POST /jobs/links', {
    ...about,
    operationId: 'makeJobBoardLink',
    effect: 'opens-the-box',
    summary: 'Create a link to the board of jobs',
    description:
      'The link works once, within five minutes. The browser that opens it can view, retry and remove jobs for half an hour, on behalf of the operator who created it.',
    status: 201,
    shownOnce: true,
    reply: BoardLinkReply,
    refuses: ['CONFLICT', 'STORAGE_FULL'],
    handle: async ({ who }) => boardLinks.make(who),
  }),
];
