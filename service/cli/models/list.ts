import type { Command } from 'commander';
import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { limitFlag } from '../limit-flag.ts';
import { table } from '../terminal/terminal.ts';
import { describeProvider } from './text.ts';

export function addModelsList(models: Command, runner: CommandRunner): void {
  runner.run<{ limit: number }>(
    models
      .command('list')
      .description(
        'every installed model with its licence, provenance and licence doubts, and known ones that are not installed',
      )
      .option(...limitFlag(200))
      .addHelpText('after', examples('models list', 'models list --json')),
    async ({ options, control }) => {
      const { admin } = await control();
      let importable: Schemas['Models']['importable'] = [];
      let padSets: Schemas['Models']['padSets'] = [];
      let provider: Schemas['Models']['provider'] | undefined;
      const items = await allPages(async (query) => {
        const page = await replyOf(admin.GET('/api/admin/models', { params: { query } }));
        ({ importable, padSets, provider } = page);
        return page;
      }, options.limit);
      const rows = [
        ...items.map((one) => [
          one.id,
          one.role,
          one.enabled ? 'on' : 'off',
          one.maturity,
          provider?.nets.find(({ model }) => model === one.id)?.provider ?? 'cpu',
          one.licence,
          one.sha256.slice(0, 12),
        ]),
        ...importable.map((one) => [one.id, one.role, 'not installed', one.maturity, '', one.licence, '']),
      ];
      const runsOn = provider === undefined ? [] : [`Runs on ${describeProvider(provider)}.`, ''];
      const notes = items.flatMap((one) => [
        `${one.id}: ${one.provenance}`,
        ...(one.doubts === undefined ? [] : [`  Doubt: ${one.doubts}`]),
        ...(one.acceptedBy === undefined ? [] : [`  Accepted by ${one.acceptedBy}, ${one.acceptedAt}.`]),
      ]);
      const remedies = importable.map((one) => `${one.id}: not installed. ${one.remedy}`);
      const pad = padSets.some(({ inUse }) => inUse)
        ? []
        : ['', 'Presentation attack detection is off; the live world needs it: models enable --help'];
      const list = table(
        ['id', 'role', 'state', 'maturity', 'runs on', 'licence', 'sha256'],
        rows,
        'No models are installed.',
      );
      const text = [list, '', ...runsOn, ...notes, ...remedies, ...pad].join('\n');
      return { json: { items, importable, provider }, text };
    },
  );
}
