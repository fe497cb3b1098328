import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { type RealmOptions, realmOf, withRealm } from '../realm.ts';
import type { Webhook } from './text.ts';

/** The name of a webhook that --confirm must repeat. */
const nameOf = ({ kind, url, family }: Webhook) => (kind === 'callback' ? family : new URL(url).host);

export function addWebhookRemove(webhook: Command, runner: CommandRunner): void {
  const remove = webhook
    .command('remove')
    .argument('<webhook-id>', 'as `webhook list` shows it')
    .description('send nothing to it any more and forget its secret; its deliveries stay in the log')
    .option(
      '--confirm <host>',
      'the host it leads to, with its port where the URL has one; of callbacks the family',
    );
  withRealm(remove).addHelpText('after', examples('webhook remove wh_01… --confirm hooks.example.org'));
  runner.run<RealmOptions & { confirm?: string }>(remove, async ({ options, control }, webhookId = '') => {
    const open = await control();
    const { query } = await realmOf(open, options);
    const params = { path: { id: webhookId }, query };
    const one = await replyOf(open.admin.GET('/api/admin/webhooks/{id}', { params }));
    if (options.confirm !== nameOf(one)) {
      throw new UsageError(
        `Its secret cannot be had back, and what waits for it is dropped. Nothing was removed. To confirm: --confirm ${nameOf(one)}`,
      );
    }
    await open.admin.DELETE('/api/admin/webhooks/{id}', { params });
    return { json: { removed: webhookId }, text: `${webhookId} is removed.` };
  });
}
