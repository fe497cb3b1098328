import type { BoardLinks, Jobs } from '../../../engine/jobs/index.ts';
import { toPage } from '../../../http/cursor.ts';
import { defined } from '../../../lib/defined.ts';
import { Problem } from '../../../lib/problem.ts';
import { ofAppliance } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { fromCounts, fromJob } from './translate.ts';
import {
  BoardLinkReply,
  JobCountsReply,
  JobPage,
  JobQuery,
  JobRemoval,
  JobReply,
  jobParams,
} from './wire.ts';

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
export const jobRoutes = (deps: JobRouteDeps): AdminRoute[] => [
  ...lookingRoutes(deps),
  ...changingRoutes(deps),
];

const lookingRoutes = ({ jobs }: JobRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'GET',
    url: '/jobs',
    operationId: 'listJobs',
    effect: 'none',
    summary: 'List jobs',
    description: 'Deliveries of all organizations, and the recurring work of the box.',
    query: JobQuery,
    reply: JobPage,
    async handle({ query: { limit, cursor, ...filter } }) {
      const found = await jobs.list({ ...defined({ ...filter, after: cursor }), limit: limit + 1 });
      const { items, ...next } = toPage(found, limit, ({ id }) => id);
      return { items: items.map(fromJob), ...next };
    },
  }),
  route({
    ...about,
    method: 'GET',
    url: '/jobs/counts',
    operationId: 'countJobs',
    effect: 'none',
    summary: 'Count jobs',
    description: 'Counts by kind and state.',
    reply: JobCountsReply,
    handle: async () => fromCounts(await jobs.counts()),
  }),
  route({
    ...about,
    method: 'GET',
    url: '/jobs/:id',
    operationId: 'getJob',
    effect: 'none',
    summary: 'Get a job',
    description: 'One delivery, as far as operators see it, or one recurring work.',
    params,
    reply: JobReply,
    refuses: ['NOT_FOUND'],
    async handle({ params: { id } }) {
      const found = await jobs.get(id);
      if (found) return fromJob(found);
      throw new Problem('NOT_FOUND', `There is no job ${id}: deliveries are forgotten with their term.`);
    },
  }),
];

const changingRoutes = ({ jobs, boardLinks }: JobRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'POST',
    url: '/jobs/:id/retry',
    operationId: 'retryJob',
    effect: 'none',
    summary: 'Try a job again',
    description:
      'A dead or waiting delivery is sent at once and gets its full number of attempts again; recurring work begins within a second.',
    params,
    reply: JobReply,
    refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
    async handle({ params: { id }, who }) {
      return fromJob(await jobs.retry(id, who));
    },
  }),
  route({
    ...about,
    method: 'DELETE',
    url: '/jobs/:id',
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
  route({
    ...about,
    method: 'POST',
    url: '/jobs/links',
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
