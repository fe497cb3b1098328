import { type Command, Option } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { describeLayer } from './text.ts';

interface LayerOptions {
  org?: string;
  use?: 'rules' | 'research' | 'own';
  acceptLicenceDoubt?: true;
}

export function addLayer(behavior: Command, runner: CommandRunner): void {
  runner.run<LayerOptions>(
    behavior
      .command('layer')
      .description('show the learned layer, or choose it with --use')
      .option(...organizationFlag)
      .addOption(
        new Option(
          '--use <layer>',
          'rules (the default), research (the weights shipped), own (those of "behavior train")',
        ).choices(['rules', 'research', 'own']),
      )
      .option('--accept-licence-doubt', 'accept that the licence of the research weights is doubtful')
      .addHelpText(
        'after',
        examples(
          'behavior layer',
          'behavior layer --use research --accept-licence-doubt',
          'behavior layer --use rules',
        ),
      ),
    async ({ options, control }) => {
      const { org, use, acceptLicenceDoubt = false } = options;
      if (use === undefined && acceptLicenceDoubt)
        throw new UsageError('--accept-licence-doubt is for --use research.');
      const open = await control();
      const params = { query: { organization: (await chooseOrganization(open, org)).id } };
      const layer = await replyOf(
        use === undefined
          ? open.admin.GET('/api/admin/behavior/layer', { params })
          : open.admin.PUT('/api/admin/behavior/layer', { params, body: { layer: use, acceptLicenceDoubt } }),
      );
      return { json: layer, text: describeLayer(layer) };
    },
  );
}
