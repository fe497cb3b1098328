import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { readDuration } from '../terminal/moment.ts';
import { facts } from '../terminal/terminal.ts';
import { shownKey } from './text.ts';

export function addKeyRotate(key: Command, runner: CommandRunner): void {
  runner.run<{ org?: string; overlap: string }>(
    key
      .command('rotate')
      .argument('<key-id>', 'as `key list` shows it')
      .description('create a successor with the same rights; the old key keeps working for a while')
      .option(...organizationFlag)
      .option('--overlap <time>', 'how long the old key keeps working: 7d, 12h, 30m, 0', '7d')
      .addHelpText('after', examples('key rotate key_01…', 'key rotate key_01… --overlap 0 --json')),
    async ({ options, control }, keyId = '') => {
      const overlapSeconds = readDuration('--overlap', options.overlap);
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      const made = await replyOf(
        open.admin.POST('/api/admin/keys/{id}/rotate', {
          params: { path: { id: keyId }, query: { organization: id } },
          body: { overlapSeconds },
        }),
      );
      const text = [
        facts([
          ['id', made.id],
          ['key', made.key],
          ['expires', made.expiresAt],
          ['succeeds', `${made.old.id} (${shownKey(made.old)}), which works until ${made.old.expiresAt}`],
        ]),
        '',
        'The key is not shown again. Replace the old key before it ends.',
      ].join('\n');
      return { json: { id: made.id, key: made.key, old: made.old }, text };
    },
  );
}
