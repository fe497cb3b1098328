import { type Command, Option } from 'commander';
import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { type JobKind, jobKinds } from '../../engine/jobs/index.ts';
import { systemClock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import { allPages } from '../all-pages.ts';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { count, facts, table } from '../terminal/terminal.ts';

type Job = Schemas['Job'];

const states = ['waiting', 'delayed', 'relayed', 'leased', 'done', 'dead'] as const;

export function addJobs(program: Command, runner: CommandRunner): void {
  const jobs = program
    .command('jobs')
    .helpCommand(false)
    .description('the queue of work: webhooks, mail, sweeps, backups and whatever else is done later');

  runner.run<{ kind?: JobKind; state?: (typeof states)[number]; limit: string }>(
    jobs
      .command('list')
      .description('jobs, newest first; delayed: those that wait for their time')
      .addOption(new Option('--kind <kind>', 'of this kind alone').choices(jobKinds))
      .addOption(new Option('--state <state>', 'in this state alone').choices(states))
      .option('--limit <n>', 'at most so many', '50')
      .addHelpText(
        'after',
        examples('jobs list --state dead', 'jobs list --kind webhook --limit 500 --json'),
      ),
    async ({ options, control }) => {
      const limit = Number(options.limit);
      if (!Number.isInteger(limit) || limit < 1)
        throw new UsageError(`--limit: "${options.limit}" is no positive number.`);
      const open = await control();
      const { kind, state } = options;
      const filter = defined({ kind, state });
      const items = await allPages(
        (page) => replyOf(open.admin.GET('/api/admin/jobs', { params: { query: { ...filter, ...page } } })),
        limit,
      );
      const rows = items.map((job) => [
        job.id,
        job.kind,
        stateOf(job),
        `${job.attempts} of ${job.mostAttempts}`,
        job.finishedAt ?? job.runAt,
        job.lastError,
      ]);
      const isFiltered = kind !== undefined || state !== undefined;
      const empty = isFiltered ? 'There are no such jobs.' : 'There are no jobs yet.';
      const header = ['job', 'kind', 'state', 'attempts', 'when', 'last error'];
      return { json: { items }, text: table(header, rows, empty) };
    },
  );

  runner.run(
    jobs
      .command('show')
      .argument('<job>', 'id')
      .description('one job')
      .addHelpText('after', examples('jobs show job_01…')),
    async ({ control }, id = '') => {
      const open = await control();
      const job = await replyOf(open.admin.GET('/api/admin/jobs/{id}', { params: { path: { id } } }));
      return { json: job, text: describe(job) };
    },
  );

  runner.run(
    jobs
      .command('counts')
      .description('how many jobs there are of each kind and state')
      .addHelpText('after', examples('jobs counts')),
    async ({ control }) => {
      const { items } = await replyOf((await control()).admin.GET('/api/admin/jobs/counts'));
      const rows = items.map((one) => [one.kind, ...states.map((state) => one[state])]);
      return { json: { items }, text: table(['kind', ...states], rows, 'There are no jobs.') };
    },
  );

  runner.run(
    jobs
      .command('retry')
      .argument('<job>', 'id')
      .description('try a dead or waiting job at once')
      .addHelpText('after', examples('jobs retry job_01…')),
    async ({ control }, id = '') => {
      const open = await control();
      const job = await replyOf(open.admin.POST('/api/admin/jobs/{id}/retry', { params: { path: { id } } }));
      return { json: job, text: `${job.id} (${job.kind}) is tried again at once.` };
    },
  );

  runner.run<{ confirm?: string }>(
    jobs
      .command('remove')
      .argument('<job>', 'id')
      .description('throw a job away; what it stands for is not done any more')
      .option('--confirm <job>', 'the id once more')
      .addHelpText('after', examples('jobs remove job_01… --confirm job_01…')),
    async ({ options, control }, id = '') => {
      if (options.confirm !== id) {
        throw new UsageError(
          `What the job stands for would never be done. Nothing was removed. To confirm, name it once more: --confirm ${id}`,
        );
      }
      const open = await control();
      await replyOf(
        open.admin.DELETE('/api/admin/jobs/{id}', { params: { path: { id }, query: { confirm: id } } }),
      );
      return { json: { removed: id }, text: `${id} is removed.` };
    },
  );

  runner.run(
    jobs
      .command('open')
      .summary('print a link that opens the board of jobs in a browser')
      .description(
        'Prints a link to the page of jobs on the running service. It works once, within five minutes, and gives the browser that opens it ' +
          'half an hour to look at jobs, try them again and remove them, in the name of the account that ran this command.',
      )
      .addHelpText('after', examples('jobs open')),
    async ({ control }) => {
      const link = await replyOf((await control()).admin.POST('/api/admin/jobs/links'));
      const minutes = count(Math.round(link.validSeconds / 60), 'minute', 'minutes');
      return { json: link, text: `${link.url}\n\nIt works once, within ${minutes}.` };
    },
  );
}

/** As `--state` and `jobs counts` call it: `delayed` is what waits for its time. */
const stateOf = ({ state, runAt }: Job): string =>
  state === 'waiting' && Date.parse(runAt) > systemClock.now() ? 'delayed' : state;

const describe = (job: Job): string =>
  facts([
    ['job', job.id],
    ['kind', job.kind],
    ['state', stateOf(job)],
    ['priority', job.priority],
    ['lane', job.lane],
    ['organization', job.organization],
    ['payload', JSON.stringify(job.payload)],
    ['attempts', `${job.attempts} of ${job.mostAttempts}`],
    ['added', job.createdAt],
    ['not before', job.runAt],
    ['finished', job.finishedAt],
    ['last error', job.lastError],
  ]);
