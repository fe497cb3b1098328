import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { describeMinutes, readMinutes } from '../terminal/moment.ts';
import { count } from '../terminal/terminal.ts';
import { userPath } from '../user-path.ts';

export function addBackupSchedule(backup: Command, runner: CommandRunner): void {
  runner.run<{ every?: string; keep?: string; off?: boolean }>(
    backup
      .command('schedule')
      .argument('<dir>', 'folder on another disk')
      .description('let the running service make backups by schedule; run again to change it')
      .option('--every <duration>', '90m, 24h, 7d', '24h')
      .option('--keep <n>', 'number of newest files to keep; other files are never removed', '7')
      .option('--off', 'end it; the files stay')
      .addHelpText(
        'after',
        examples('backup schedule /mnt/backups --every 24h --keep 7', 'backup schedule /mnt/backups --off'),
      ),
    async ({ options, control }, dir = '') => {
      const folder = userPath(dir);
      if (options.off) {
        const open = await control();
        await replyOf(open.admin.DELETE('/api/admin/backups/plans', { params: { query: { folder } } }));
        return {
          json: { folder, off: true },
          text: `No more backups are made into ${folder}. The files stay.`,
        };
      }
      const keep = Number(options.keep);
      if (!Number.isInteger(keep) || keep < 1)
        throw new UsageError(`--keep: "${options.keep}" is not a positive number.`);
      const open = await control();
      const everyMinutes = readMinutes('--every', options.every ?? '24h');
      const plan = await replyOf(
        open.admin.PUT('/api/admin/backups/plans', { body: { folder, everyMinutes, keep } }),
      );
      const text = `The service makes a backup into ${plan.folder} every ${describeMinutes(plan.everyMinutes)} and keeps ${count(plan.keep, 'file', 'files')}; the first ${open.via === 'service' ? 'within a minute' : 'once it runs'}.`;
      return { json: plan, text };
    },
  );
}
