import { type Command, Option } from 'commander';
import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type JobKind, jobKinds } from '../../engine/jobs/index.ts';
import { defined } from '../../lib/defined.ts';
import { type CommandRunner, examples } from '../command.ts';
import { limitFlag } from '../limit-flag.ts';
import { table } from '../terminal/terminal.ts';
import { stateOf, states } from './text.ts';

export function addJobsList(jobs: Command, runner: CommandRunner): void {
  runner.run<{ kind?: JobKind; state?: (typeof states)[number]; limit: number }>(
    jobs
      .command('list')
      .description('recurring work, then deliveries, newest first; delayed: those that are not due yet')
      .addOption(new Option('--kind <kind>', 'only jobs of this kind').choices(jobKinds))
      .addOption(new Option('--state <state>', 'only jobs in this state').choices(states))
      .option(...limitFlag(50))
      .addHelpText(
        'after',
        examples('jobs list --state dead', 'jobs list --kind webhook --limit 500 --json'),
      ),
    async ({ options, control }) => {
      const open = await control();
      const { kind, state } = options;
      const filter = defined({ kind, state });
      const items = await allPages(
        (page) => replyOf(open.admin.GET('/api/admin/jobs', { params: { query: { ...filter, ...page } } })),
        options.limit,
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
}
