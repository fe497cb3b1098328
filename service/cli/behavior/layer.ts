import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { defined } from '../../lib/defined.ts';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { userPath } from '../user-path.ts';
import { describeLayer } from './text.ts';

interface LayerOptions {
  org?: string;
  use?: 'rules' | 'research' | 'own';
  acceptLicenceDoubt?: true;
  weights?: string;
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
          'rules (the default), research (the weights shipped), own (those of --weights)',
        ).choices(['rules', 'research', 'own']),
      )
      .option('--weights <file>', 'new weights for --use own: JSON as npm run behavior:train writes it')
      .option('--accept-licence-doubt', 'accept that the licence of the research weights is doubtful')
      .addHelpText(
        'after',
        examples(
          'behavior layer',
          'behavior layer --use research --accept-licence-doubt',
          'behavior layer --use own --weights shop-2027.json',
          'behavior layer --use rules',
        ),
      ),
    async ({ options, control }) => {
      const { org, use, acceptLicenceDoubt = false, weights: file } = options;
      if (use === undefined && acceptLicenceDoubt)
        throw new UsageError('--accept-licence-doubt is for --use research.');
      if (file !== undefined && use !== 'own') throw new UsageError('--weights is for --use own.');
      const weights = file === undefined ? undefined : await readWeights(file);
      const open = await control();
      const params = { query: { organization: (await chooseOrganization(open, org)).id } };
      const layer = await replyOf(
        use === undefined
          ? open.admin.GET('/api/admin/behavior/layer', { params })
          : open.admin.PUT('/api/admin/behavior/layer', {
              params,
              body: { layer: use, acceptLicenceDoubt, ...defined({ weights }) },
            }),
      );
      return { json: layer, text: describeLayer(layer) };
    },
  );
}

/** The service says what is wrong with the weights; this only whether it is a JSON file. */
async function readWeights(path: string): Promise<Schemas['BehaviorWeights']> {
  const file = userPath(path);
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new UsageError(`There is no file at ${file}.`);
    if (error instanceof SyntaxError) throw new UsageError(`${file} is not JSON.`);
    throw error;
  }
}
