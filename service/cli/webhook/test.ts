import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { defined } from '../../lib/defined.ts';
import { type CommandRunner, examples } from '../command.ts';
import { type RealmOptions, realmOf, withRealm } from '../realm.ts';
import { describeDelivery } from './delivery-text.ts';

export function addWebhookTest(webhook: Command, runner: CommandRunner): void {
  const command = webhook
    .command('test')
    .argument('<webhook-id>', 'as `webhook list` shows it')
    .description('send the catalog’s sample of an event now, once; exit code 1 when it was not accepted')
    .option('--event <name>', 'which event (default: the first it gets)');
  withRealm(command).addHelpText(
    'after',
    examples('webhook test wh_01…', 'webhook test wh_01… --event user.enrolled'),
  );
  runner.run<RealmOptions & { event?: string }>(command, async ({ options, control }, webhookId = '') => {
    const open = await control();
    const { query } = await realmOf(open, options);
    const one = await replyOf(
      open.admin.POST('/api/admin/webhooks/{id}/test', {
        params: { path: { id: webhookId }, query },
        body: defined({ event: options.event }),
      }),
    );
    const accepted = one.state.is === 'delivered';
    return { json: one, text: describeDelivery(one), ...(accepted ? {} : { exitCode: 1 as const }) };
  });
}
