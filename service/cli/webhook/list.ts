import { type Command, Option } from 'commander';
import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type Family, families } from '../../engine/webhooks/dialect.ts';
import { type CommandRunner, examples } from '../command.ts';
import { limitFlag } from '../limit-flag.ts';
import { nextCommand, type RealmOptions, realmOf, withRealm } from '../realm.ts';
import { table } from '../terminal/terminal.ts';
import { describeState, describeWebhook, type Webhook } from './text.ts';

export function addWebhookList(webhook: Command, runner: CommandRunner): void {
  const list = webhook
    .command('list')
    .description('where events go, without secrets')
    .addOption(new Option('--family <family>', 'of this family alone').choices([...families]))
    .option(...limitFlag(1000));
  withRealm(list).addHelpText('after', examples('webhook list', 'webhook list --family identity --json'));
  runner.run<RealmOptions & { family?: Family; limit: number }>(list, async ({ options, control }) => {
    const open = await control();
    const { env, query } = await realmOf(open, options);
    const { family } = options;
    const items = await allPages(
      (page) =>
        replyOf(
          open.admin.GET('/api/admin/webhooks', {
            params: { query: { ...query, ...page, ...(family && { family }) } },
          }),
        ),
      options.limit,
    );
    const rows = items.map((one) => [
      one.id,
      one.family,
      one.kind === 'callback' ? '(callback URLs)' : one.url,
      one.events.length,
      one.signature,
      describeState(one),
      one.lineage,
      one.description || undefined,
    ]);
    const header = ['webhook', 'family', 'to', 'events', 'signature', 'state', 'made by key', 'description'];
    const kind = options.family === undefined ? 'webhook' : `webhook of the family ${options.family}`;
    const empty = `No ${kind} in the ${env} world: no events are sent. Add one: ${nextCommand('webhook add --help', {})}`;
    return { json: { items }, text: table(header, rows, empty) };
  });

  const show = webhook
    .command('show')
    .argument('<webhook-id>', 'as `webhook list` shows it')
    .description('everything about one but its secret');
  withRealm(show).addHelpText('after', examples('webhook show wh_01…'));
  runner.run<RealmOptions>(show, async ({ options, control }, webhookId = '') => {
    const open = await control();
    const { env, query } = await realmOf(open, options);
    const one = await replyOf(
      open.admin.GET('/api/admin/webhooks/{id}', { params: { path: { id: webhookId }, query } }),
    );
    return { json: one, text: [describeWebhook(one, env), ...whatNext(one, options)].join('\n') };
  });
}

/** Next step for a webhook that accepts nothing. */
function whatNext({ id, kind, state, failingSince }: Webhook, about: RealmOptions): string[] {
  if (state.is === 'disabled') return ['', `Send to it again: ${nextCommand(`webhook enable ${id}`, about)}`];
  if (failingSince === undefined && kind === 'callback')
    return [
      '',
      `The receiver checks each callback with its secret. It is shown only when it is rotated: ${nextCommand(`webhook rotate ${id}`, about)}`,
    ];
  if (failingSince === undefined) return [];
  const log = nextCommand(`webhook deliveries --webhook ${id}`, about);
  return ['', `After five days without an accepted delivery it is disabled. What came back: ${log}`];
}
