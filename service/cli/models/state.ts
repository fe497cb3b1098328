import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { describeModel } from './text.ts';

/** `models enable`, `models disable` and `models remove`. */
export function addModelsState(models: Command, runner: CommandRunner): void {
  runner.run<{ acceptLicenceDoubt?: boolean }>(
    models
      .command('enable')
      .argument('<model>', 'id, as `models list` shows it')
      .description('let verifications use a model')
      .option(
        '--accept-licence-doubt',
        'accept the licence doubt shown by `models list`; recorded with your name and the time',
      )
      .addHelpText('after', examples('models enable mobilefacenet --accept-licence-doubt')),
    async ({ options, control }, id = '') => {
      const open = await control();
      const one = await replyOf(
        open.admin.POST('/api/admin/models/{id}/enable', {
          params: { path: { id } },
          body: { acceptLicenceDoubt: options.acceptLicenceDoubt ?? false },
        }),
      );
      return { json: one, text: describeModel(one) };
    },
  );

  runner.run(
    models
      .command('disable')
      .argument('<model>', 'id, as `models list` shows it')
      .description('keep a model but do not use it')
      .addHelpText('after', examples('models disable mobilefacenet')),
    async ({ control }, id = '') => {
      const open = await control();
      const one = await replyOf(
        open.admin.POST('/api/admin/models/{id}/disable', { params: { path: { id } } }),
      );
      return { json: one, text: describeModel(one) };
    },
  );

  runner.run(
    models
      .command('remove')
      .argument('<model>', 'id, as `models list` shows it')
      .description('delete an imported model from this box')
      .addHelpText('after', examples('models remove yunet')),
    async ({ control }, id = '') => {
      const open = await control();
      await replyOf(open.admin.DELETE('/api/admin/models/{id}', { params: { path: { id } } }));
      return { json: { removed: id }, text: `${id} is removed.` };
    },
  );
}
