import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { nextCommand, type RealmOptions, realmOf, withRealm } from '../realm.ts';

export function addWebhookState(webhook: Command, runner: CommandRunner): void {
  const enable = webhook
    .command('enable')
    .argument('<webhook-id>', 'as `webhook list` shows it')
    .description('send to it again; what waits goes out');
  withRealm(enable).addHelpText('after', examples('webhook enable wh_01…'));
  runner.run<RealmOptions>(enable, async ({ options, control }, webhookId = '') => {
    const open = await control();
    const { query } = await realmOf(open, options);
    const one = await replyOf(
      open.admin.POST('/api/admin/webhooks/{id}/enable', { params: { path: { id: webhookId }, query } }),
    );
    return {
      json: one,
      text: `${one.id} gets events again. What happened while it was disabled: ${nextCommand(`webhook replay ${one.id} --since …`, options)}`,
    };
  });

  const disable = webhook
    .command('disable')
    .argument('<webhook-id>', 'as `webhook list` shows it')
    .description('send nothing to it for now; what waits stays waiting as long as the schedule lasts')
    .option('--reason <text>', 'reason, shown in the list', 'by an operator');
  withRealm(disable).addHelpText(
    'after',
    examples('webhook disable wh_01… --reason "maintenance until Monday"'),
  );
  runner.run<RealmOptions & { reason: string }>(disable, async ({ options, control }, webhookId = '') => {
    const open = await control();
    const { query } = await realmOf(open, options);
    const one = await replyOf(
      open.admin.POST('/api/admin/webhooks/{id}/disable', {
        params: { path: { id: webhookId }, query },
        body: { reason: options.reason },
      }),
    );
    return { json: one, text: `${one.id} gets nothing until it is enabled again.` };
  });
}
