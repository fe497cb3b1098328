import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { table } from '../terminal/terminal.ts';

export function addModelsList(models: Command, runner: CommandRunner): void {
  runner.run(
    models
      .command('list')
      .description('every installed model with its licence, provenance and doubts')
      .addHelpText('after', examples('models list', 'models list --json')),
    async ({ control }) => {
      const { items } = await replyOf((await control()).admin.GET('/api/admin/models'));
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
