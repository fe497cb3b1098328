import type { Command } from 'commander';
import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { nextCommand } from '../realm.ts';

export function addKeyRevoke(key: Command, runner: CommandRunner): void {
  const revoke = key
    .command('revoke')
    .argument('<key-id>', 'as `key list` shows it')
    .description('revoke a key at once; this cannot be undone. Its webhooks stay, and are listed')
    .option(...organizationFlag)
    .addHelpText('after', examples('key revoke key_01…'));
  runner.run<{ org?: string }>(revoke, async ({ options, control }, keyId = '') => {
    const open = await control();
    const { id } = await chooseOrganization(open, options.org);
    const one = await replyOf(
      open.admin.POST('/api/admin/keys/{id}/revoke', {
        params: { path: { id: keyId }, query: { organization: id } },
      }),
    );
    const webhooks = await allPages((page) =>
      replyOf(
        open.admin.GET('/api/admin/webhooks', {
          params: { query: { organization: id, env: one.env, ...page } },
        }),
      ),
    );
    const made = webhooks.filter(({ createdBy }) => createdBy === `key:${one.id}`);
    const left = made.map(({ id: webhook, url }) => `  ${webhook}  ${url}`);
    const remove = nextCommand('webhook remove WEBHOOK', { ...options, env: one.env });
    return {
      json: { ...one, webhooks: made.map(({ id: webhook }) => webhook) },
      text: [
        `The key ${one.id} (…${one.hint}) is revoked.`,
        ...(left.length === 0
          ? []
          : [
              '',
              'Webhooks that it made still send. If the key was leaked, look at each:',
              ...left,
              `Remove one: ${remove}`,
            ]),
      ].join('\n'),
    };
  });
}
