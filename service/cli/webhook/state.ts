import type { Command } from 'commander';
import { type CommandRunner, examples } from '../command.ts';
import { type About, nextCommand, realmOf, webhookPath, withAbout } from './about.ts';
import type { WebhookReply } from './reply.ts';

export function addWebhookState(webhook: Command, runner: CommandRunner): void {
  const enable = webhook
    .command('enable')
    .argument('<webhook-id>', 'as `webhook list` shows it')
    .description('send to it again; what waits goes out');
  withAbout(enable).addHelpText('after', examples('webhook enable wh_01…'));
  runner.run<About>(enable, async ({ options, control }, webhookId = '') => {
    const open = await control();
    const { path, world } = await realmOf(open, options);
    const one = await open.send<WebhookReply>('POST', webhookPath(path, webhookId, 'enable'), { world });
    return {
      json: one,
      text: `${one.id} gets events again. What happened while it was disabled: ${nextCommand(`webhook replay ${one.id} --since …`, options)}`,
    };
  });

  const disable = webhook
    .command('disable')
    .argument('<webhook-id>', 'as `webhook list` shows it')
    .description('send nothing to it for now; what waits stays waiting as long as the schedule lasts')
    .option('--reason <text>', 'why, for whoever reads the list later', 'by an operator');
  withAbout(disable).addHelpText(
    'after',
    examples('webhook disable wh_01… --reason "maintenance until Monday"'),
  );
  runner.run<About & { reason: string }>(disable, async ({ options, control }, webhookId = '') => {
    const open = await control();
    const { path, world } = await realmOf(open, options);
    const one = await open.send<WebhookReply>('POST', webhookPath(path, webhookId, 'disable'), {
      world,
      reason: options.reason,
    });
    return { json: one, text: `${one.id} gets nothing until it is enabled again.` };
  });
}
