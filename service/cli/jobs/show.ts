import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { table } from '../terminal/terminal.ts';
import { describeJob, states } from './text.ts';

/** `jobs show` and `jobs counts`. */
export function addJobsShow(jobs: Command, runner: CommandRunner): void {
  runner.run(
    jobs
      .command('show')
      .argument('<job>', 'id')
      .description('one job')
      .addHelpText('after', examples('jobs show dlv_01…', 'jobs show backups')),
    async ({ control }, id = '') => {
      const open = await control();
      const job = await replyOf(open.admin.GET('/api/admin/jobs/{id}', { params: { path: { id } } }));
      return { json: job, text: describeJob(job) };
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
}
