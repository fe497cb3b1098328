import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { defined } from '../../lib/defined.ts';
import { type CommandRunner, examples } from '../command.ts';
import { nextCommand, type RealmOptions, realmOf, withRealm } from '../realm.ts';
import { readMoment } from '../terminal/moment.ts';
import { count } from '../terminal/terminal.ts';

export function addWebhookResend(webhook: Command, runner: CommandRunner): void {
  const resend = webhook
    .command('resend')
    .argument('<delivery-id>', 'as `webhook deliveries` shows it')
    .description('send one delivery again, with the same webhook-id');
  withRealm(resend).addHelpText('after', examples('webhook resend dlv_01…'));
  runner.run<RealmOptions>(resend, async ({ options, control }, delivery = '') => {
    const open = await control();
    const { query } = await realmOf(open, options);
    const one = await replyOf(
      open.admin.POST('/api/admin/deliveries/{id}/resend', { params: { path: { id: delivery }, query } }),
    );
    const log = nextCommand(`webhook delivery ${one.id}`, options);
    return { json: one, text: `It is on its way as ${one.id}. How it went: ${log}` };
  });

  const replay = webhook
    .command('replay')
    .argument('<webhook-id>', 'as `webhook list` shows it')
    .description(
      'send everything again that it would have got since a time (at most 30 days), in order, with the same webhook-ids',
    )
    .requiredOption('--since <date>', 'from then on: 2026-11-20 or 2026-11-20T08:00:00Z')
    .option('--until <date>', 'before then (default: until now)');
  withRealm(replay).addHelpText('after', examples('webhook replay wh_01… --since 2026-11-20T08:00:00Z'));
  runner.run<RealmOptions & { since: string; until?: string }>(
    replay,
    async ({ options, control }, webhookId = '') => {
      const since = readMoment('--since', options.since, 'first');
      const until = options.until === undefined ? undefined : readMoment('--until', options.until);
      const open = await control();
      const { query } = await realmOf(open, options);
      const reply = await replyOf(
        open.admin.POST('/api/admin/webhooks/{id}/replay', {
          params: { path: { id: webhookId }, query },
          body: defined({ since, until }),
        }),
      );
      return {
        json: reply,
        text: `${count(reply.deliveries, 'event is', 'events are')} on the way to ${webhookId}.`,
      };
    },
  );
}
