import type { Command } from 'commander';
import { type CommandRunner, examples } from '../command.ts';
import { type About, realmOf, webhookPath, withAbout } from './about.ts';
import { type DeliveryLogReply, describeDelivery } from './delivery-reply.ts';

export function addWebhookTest(webhook: Command, runner: CommandRunner): void {
  const command = webhook
    .command('test')
    .argument('<webhook-id>', 'as `webhook list` shows it')
    .description('send the catalog’s sample of an event now, once; exit code 1 when it was not accepted')
    .option('--event <name>', 'which event (default: the first it gets)');
  withAbout(command).addHelpText(
    'after',
    examples('webhook test wh_01…', 'webhook test wh_01… --event user.enrolled'),
  );
  runner.run<About & { event?: string }>(command, async ({ options, control }, webhookId = '') => {
    const open = await control();
    const { path, env: world } = await realmOf(open, options);
    const one = await open.send<DeliveryLogReply>('POST', webhookPath(path, webhookId, 'test'), {
      world,
      event: options.event,
    });
    const accepted = one.state.is === 'delivered';
    return { json: one, text: describeDelivery(one), ...(accepted ? {} : { exitCode: 1 as const }) };
  });
}
