import { type Command, Option } from 'commander';
import { jobKinds } from '../../engine/jobs/index.ts';
import { systemClock } from '../../lib/clock.ts';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { count, facts, table } from '../terminal/terminal.ts';

interface JobReply {
  id: string;
  kind: string;
  state: string;
  priority: string;
  lane?: string;
  organization?: string;
  payload: Record<string, unknown>;
  attempts: number;
  mostAttempts: number;
  runAt: string;
  createdAt: string;
  finishedAt?: string;
  lastError?: string;
}

type Counts = Record<string, Record<string, number>>;

const states = ['waiting', 'delayed', 'relayed', 'leased', 'done', 'dead'] as const;

export function addJobs(program: Command, runner: CommandRunner): void {
  const jobs = program
    .command('jobs')
    .helpCommand(false)
    .description('the queue of work: webhooks, mail, sweeps, backups and whatever else is done later');

  runner.run<{ kind?: string; state?: string; after?: string; limit: string }>(
    jobs
      .command('list')
      .description('jobs, newest first; delayed: those that wait for their time')
      .addOption(new Option('--kind <kind>', 'of this kind alone').choices(jobKinds))
      .addOption(new Option('--state <state>', 'in this state alone').choices(states))
      .option('--after <id>', 'older than this one')
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
      const found: JobReply[] = [];
      let after = options.after;
      do {
        const page: { jobs: JobReply[]; next?: string } = await open.get('/queue', {
          kind: options.kind,
          state: options.state,
          after,
          limit: Math.min(1000, limit - found.length),
        });
        found.push(...page.jobs);
        after = page.next;
      } while (after !== undefined && found.length < limit);
      const rows = found.map((job) => [
        job.id,
        job.kind,
        stateOf(job),
        `${job.attempts} of ${job.mostAttempts}`,
        job.finishedAt ?? job.runAt,
        job.lastError,
      ]);
      const some = [options.kind, options.state, options.after].some((one) => one !== undefined);
      const empty = some ? 'There are no such jobs.' : 'There are no jobs yet.';
      const header = ['job', 'kind', 'state', 'attempts', 'when', 'last error'];
      return { json: { jobs: found }, text: table(header, rows, empty) };
    },
  );

  runner.run(
    jobs
      .command('show')
      .argument('<job>', 'id')
      .description('one job')
      .addHelpText('after', examples('jobs show job_01…')),
    async ({ control }, id = '') => {
      const job = await (await control()).get<JobReply>(`/queue/${encodeURIComponent(id)}`);
      return { json: job, text: describe(job) };
    },
  );

  runner.run(
    jobs
      .command('counts')
      .description('how many jobs there are of each kind and state')
      .addHelpText('after', examples('jobs counts')),
    async ({ control }) => {
      const reply = await (await control()).get<{ counts: Counts }>('/queue/counts');
      const rows = Object.entries(reply.counts).map(([kind, of]) => [
        kind,
        ...states.map((state) => of[state] ?? 0),
      ]);
      return { json: reply, text: table(['kind', ...states], rows, 'There are no jobs.') };
    },
  );

  runner.run(
    jobs
      .command('retry')
      .argument('<job>', 'id')
      .description('try a dead or waiting job at once')
      .addHelpText('after', examples('jobs retry job_01…')),
    async ({ control }, id = '') => {
      const job = await (await control()).send<JobReply>(
        'POST',
        `/queue/${encodeURIComponent(id)}/retry`,
        {},
      );
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
      const reply = await open.send<{ removed: string }>('DELETE', `/queue/${encodeURIComponent(id)}`, {
        confirm: id,
      });
      return { json: reply, text: `${reply.removed} is removed.` };
    },
  );

  runner.run(
    jobs
      .command('open')
      .summary('print a link that opens the board of jobs in a browser')
      .description(
        'Prints a link to the page of jobs on the running service. It works once, within five minutes, and gives the browser that opens it ' +
          'half an hour to look at jobs, try them again and remove them, in the name of whoever ran this command.',
      )
      .addHelpText('after', examples('jobs open')),
    async ({ control }) => {
      const link = await (await control()).send<{ url: string; validSeconds: number }>(
        'POST',
        '/queue/links',
        {},
      );
      const minutes = count(Math.round(link.validSeconds / 60), 'minute', 'minutes');
      return { json: link, text: `${link.url}\n\nIt works once, within ${minutes}.` };
    },
  );
}

/** As `--state` and `jobs counts` call it: `delayed` is what waits for its time. */
const stateOf = ({ state, runAt }: JobReply): string =>
  state === 'waiting' && Date.parse(runAt) > systemClock.now() ? 'delayed' : state;

const describe = (job: JobReply): string =>
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
