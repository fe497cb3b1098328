import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { fileArgument, readConfirmed } from './confirmed-windows.ts';
import { describeLayer } from './text.ts';

export function addTrain(behavior: Command, runner: CommandRunner): void {
  runner.run<{ org?: string; name: string }>(
    behavior
      .command('train')
      .argument(...fileArgument)
      .summary('train weights on your own people and use them')
      .description(
        'Trains a learned layer on windows of your own people, confirmed by a face or a passkey and with their consent, against programs recorded by Gatehouse, and uses it. The file stays on this machine; the box keeps the weights alone.',
      )
      .option(...organizationFlag)
      .option('--name <name>', 'id of the weights: small letters, digits, hyphens', 'own')
      .addHelpText(
        'after',
        examples('behavior train confirmed.jsonl', 'behavior train confirmed.jsonl --name shop-2027'),
      ),
    async ({ options, control }, file = '') => {
      const { programWindows, trainBehaviorModel } = await import('../../engine/behavior/index.ts');
      const people = (await readConfirmed(file)).map(({ person, data }) => ({
        ...{ label: 'human' as const, set: 'own', generator: null, person, data },
      }));
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      const about = { id: options.name, at: new Date().toISOString().slice(0, 10) };
      const { trained, full, ...rest } = trainBehaviorModel([...people, ...programWindows()], about);
      const { doubt: _, ...training } = trained;
      const layer = await replyOf(
        open.admin.PUT('/api/admin/behavior/layer', {
          params: { query: { organization: id } },
          body: {
            layer: 'own',
            acceptLicenceDoubt: false,
            weights: { ...rest, ...(full && { full }), trained: training },
          },
        }),
      );
      return { json: layer, text: describeLayer(layer) };
    },
  );
}
