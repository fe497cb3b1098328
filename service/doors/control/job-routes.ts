import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { type BoardLinks, type Job, type Jobs, jobKinds, shownJob } from '../../engine/jobs/index.ts';
import { defined } from '../../lib/defined.ts';
import type { JobId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import { time } from '../../lib/time.ts';
import { operator } from './operator.ts';
import { toPage } from './page.ts';
import { parse } from './parse.ts';

export interface JobRouteDeps {
  jobs: Jobs;
  boardLinks: BoardLinks;
}

const Params = z.object({ job: z.string().min(1).max(64) });
const Page = z.strictObject({
  kind: z.enum(jobKinds).optional(),
  state: z.enum(['waiting', 'delayed', 'relayed', 'leased', 'done', 'dead']).optional(),
  after: z.string().max(64).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});
const Removal = z.strictObject({ confirm: z.string().max(64).optional() });

/** The queue of the appliance, as it may be shown: ids, states, counts. Nothing personal is in it. */
export const jobRoutes: FastifyPluginAsync<JobRouteDeps> = async (app, { jobs, boardLinks }) => {
  app.get('/queue', async ({ query }) => {
    const { after, limit, ...rest } = defined(parse(Page, query));
    const found = await jobs.list({
      ...rest,
      limit: limit + 1,
      ...(after === undefined ? {} : { after: after as JobId }),
    });
    const { items, ...next } = toPage(found, limit);
    return { jobs: items.map(fromJob), ...next };
  });
  app.get('/queue/counts', async () => ({ counts: await jobs.counts() }));
  app.get('/queue/:job', async ({ params }) => {
    const { job } = parse(Params, params);
    const found = await jobs.get(job as JobId);
    if (!found)
      throw new Problem('NOT_FOUND', `There is no job ${job}. Finished jobs are forgotten after a while.`);
    return fromJob(found);
  });
  app.post('/queue/links', async (request, reply) => {
    const { url, validSeconds } = await boardLinks.make(operator(request));
    return reply.code(201).send({ url, validSeconds });
  });
  app.post('/queue/:job/retry', async (request) => {
    const { job } = parse(Params, request.params);
    const again = await jobs.retry(job as JobId, operator(request));
    jobs.wake();
    return fromJob(again);
  });
  app.delete('/queue/:job', async (request) => {
    const { job } = parse(Params, request.params);
    const { confirm } = parse(Removal, request.body ?? {});
    if (confirm !== job) {
      throw new Problem(
        'CONFIRMATION_REQUIRED',
        `Nothing was removed: what the job stands for would never be done. Send JSON that confirms it: {"confirm": "${job}"}.`,
      );
    }
    await jobs.remove(job as JobId, operator(request));
    return { removed: job };
  });
};

const fromJob = (job: Job) => {
  const { runAt, createdAt, finishedAt, ...rest } = shownJob(job);
  return {
    ...rest,
    runAt: time(runAt),
    createdAt: time(createdAt),
    ...(finishedAt === undefined ? {} : { finishedAt: time(finishedAt) }),
  };
};
