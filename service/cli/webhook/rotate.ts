import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { type RealmOptions, realmOf, withRealm } from '../realm.ts';
import { readDuration } from '../terminal/moment.ts';
import { describeWebhook, notShownAgain } from './text.ts';

export function addWebhookRotate(webhook: Command, runner: CommandRunner): void {
  const command = webhook
    .command('rotate')
    .argument('<webhook-id>', 'as `webhook list` shows it')
    .description('make a new secret, shown this once; the old one goes on for a while')
    .option('--overlap <time>', 'how long the old secret still signs: 7d, 12h, 30m, 0', '24h');
  withRealm(command).addHelpText(
    'after',
    `${examples('webhook rotate wh_01…', 'webhook rotate wh_01… --overlap 0 --json')}

Until then webhook-signature carries both signatures, the new one first; another signature is the old secret’s, with the new
secret’s in the header of the same name with -next.`,
  );
  runner.run<RealmOptions & { overlap: string }>(command, async ({ options, control }, webhookId = '') => {
    const overlapSeconds = readDuration('--overlap', options.overlap);
    const open = await control();
    const { env, query } = await realmOf(open, options);
    const made = await replyOf(
      open.admin.POST('/api/admin/webhooks/{id}/rotate', {
        params: { path: { id: webhookId }, query },
        body: { overlapSeconds },
      }),
    );
    const overlap =
      made.cutOverAt === undefined
        ? []
        : ['Give the receiver both secrets; after that time the old one signs nothing.'];
    return {
      json: made,
      text: [describeWebhook(made, env, made.secret), '', notShownAgain, ...overlap].join('\n'),
    };
  });
}
