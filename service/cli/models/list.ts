import type { Command } from 'commander';
import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { limitFlag } from '../limit-flag.ts';
import { table } from '../terminal/terminal.ts';

export function addModelsList(models: Command, runner: CommandRunner): void {
  runner.run<{ limit: number }>(
    models
      .command('list')
      .description('every installed model with its licence, provenance and licence doubts')
      .option(...limitFlag(200))
      .addHelpText('after', examples('models list', 'models list --json')),
    async ({ options, control }) => {
      const { admin } = await control();
      const items = await allPages(
        (query) => replyOf(admin.GET('/api/admin/models', { params: { query } })),
        options.limit,
      );
      const rows = items.map((one) => [
        one.id,
        one.role,
        one.enabled ? 'on' : 'off',
        one.maturity,
        one.licence,
        one.sha256.slice(0, 12),
      ]);
      const notes = items.flatMap((one) => [
        `${one.id}: ${one.provenance}`,
        ...(one.doubts === undefined ? [] : [`  Doubt: ${one.doubts}`]),
        ...(one.acceptedBy === undefined ? [] : [`  Accepted by ${one.acceptedBy}, ${one.acceptedAt}.`]),
      ]);
      const pad = items.some((one) => one.role === 'pad')
        ? []
        : [
            '',
            'No presentation attack detection is installed; the live world needs it: models import --help',
          ];
      const list = table(
        ['id', 'role', 'state', 'maturity', 'licence', 'sha256'],
        rows,
        'No models are installed.',
      );
      return { json: { items }, text: [list, '', ...notes, ...pad].join('\n') };
    },
  );
}
