import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { count } from '../terminal/terminal.ts';

/** `jobs retry`, `jobs remove` and `jobs open`. */
export function addJobsChange(jobs: Command, runner: CommandRunner): void {
  runner.run(
    jobs
      .command('retry')
      .argument('<job>', 'id of a delivery, or kind of recurring work')
      .description('try a dead or waiting delivery at once, or run recurring work now')
      .addHelpText('after', examples('jobs retry dlv_01…', 'jobs retry backups')),
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
      .description('a waiting or dead delivery is not sent any more')
      .option('--confirm <job>', 'the id again, as a confirmation')
      .addHelpText('after', examples('jobs remove dlv_01… --confirm dlv_01…')),
    async ({ options, control }, id = '') => {
      if (options.confirm !== id) {
        throw new UsageError(
          `It would not be sent any more. Nothing was removed. To confirm, repeat the id: --confirm ${id}`,
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
