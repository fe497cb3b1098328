import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { facts } from '../terminal/terminal.ts';
import { fileArgument, readConfirmed } from './confirmed-windows.ts';
import { describeLayer } from './text.ts';

interface RecalibrateOptions {
  org?: string;
  apply?: true;
  reset?: true;
}

export function addRecalibrate(behavior: Command, runner: CommandRunner): void {
  runner.run<RecalibrateOptions>(
    behavior
      .command('recalibrate')
      .argument(fileArgument[0].replace('<file>', '[file]'), fileArgument[1])
      .summary('measure the zero of the weights on your own people')
      .description(
        'Measures where the lowest hundredth of your own people lies, and shows how far that is from the zero of the weights; --apply uses it. At least 500 windows of 20 s with eight movements, of 30 people confirmed by a face or a passkey.',
      )
      .option(...organizationFlag)
      .option('--apply', 'use what was measured')
      .option('--reset', 'go back to the zero of the weights; without a file')
      .addHelpText(
        'after',
        examples(
          'behavior recalibrate confirmed.jsonl',
          'behavior recalibrate confirmed.jsonl --apply',
          'behavior recalibrate --reset',
        ),
      ),
    async ({ options, control }, file) => {
      const { org, apply = false, reset = false } = options;
      if (reset === (file !== undefined)) throw new UsageError('Give a file, or --reset without one.');
      const open = await control();
      const params = { query: { organization: (await chooseOrganization(open, org)).id } };
      const put = (zero: { z0: number; windows: number; people: number } | null) =>
        replyOf(open.admin.PUT('/api/admin/behavior/layer/zero', { params, body: { zero } }));
      if (file === undefined) {
        const layer = await put(null);
        return { json: layer, text: describeLayer(layer) };
      }
      const { BehaviorModel, siteZero } = await import('../../engine/behavior/index.ts');
      const weights = BehaviorModel.parse(
        await replyOf(open.admin.GET('/api/admin/behavior/layer/weights', { params })),
      );
      const zero = siteZero(weights, await readConfirmed(file));
      if (apply) {
        const layer = await put(zero);
        return { json: layer, text: describeLayer(layer) };
      }
      const drift = Math.round((zero.z0 - weights.z0) * 1e4) / 1e4;
      const text = facts([
        ['zero of the weights', weights.z0.toFixed(2)],
        ['of your people', `${zero.z0.toFixed(2)}, ${zero.windows} windows of ${zero.people} people`],
        ['drift', drift.toFixed(2)],
      ]);
      return { json: { ...zero, drift }, text: `${text}\n\nNothing was changed. To use it: --apply` };
    },
  );
}
