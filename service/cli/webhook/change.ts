import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { defined } from '../../lib/defined.ts';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { type RealmOptions, realmOf, withRealm } from '../realm.ts';
import { type Fields, readFields, withFields } from './fields.ts';
import { describeWebhook } from './text.ts';

export function addWebhookChange(webhook: Command, runner: CommandRunner): void {
  const change = webhook
    .command('change')
    .argument('<webhook-id>', 'as `webhook list` shows it')
    .description('change one from the next delivery on; what is not named stays')
    .option('--url <url>', 'where it leads from now on; what waits goes there too');
  withFields(withRealm(change)).addHelpText(
    'after',
    `${examples(
      'webhook change wh_01… --url https://new.example.org/in',
      'webhook change wh_01… --event verification.success --event verification.failure',
      'webhook change wh_01… --ca none --header none',
    )}

--event and --header name all there are to be: those that are not named go.`,
  );
  runner.run<RealmOptions & Fields & { url?: string }>(
    change,
    async ({ options, control }, webhookId = '') => {
      const fields = await readFields(options);
      const body = { ...fields, ...defined({ url: options.url }) };
      if (Object.keys(body).length === 0)
        throw new UsageError('Say what to change: --url, --event, --header, --description, … (see --help).');
      const open = await control();
      const { env, query } = await realmOf(open, options);
      const one = await replyOf(
        open.admin.PATCH('/api/admin/webhooks/{id}', { params: { path: { id: webhookId }, query }, body }),
      );
      return { json: one, text: describeWebhook(one, env) };
    },
  );
}
