import { type Command, Option } from 'commander';
import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf } from '../../../sdk/admin/client.ts';
import { defined } from '../../lib/defined.ts';
import { type CommandRunner, examples } from '../command.ts';
import { limitFlag } from '../limit-flag.ts';
import { type RealmOptions, realmOf, withRealm } from '../realm.ts';
import { table } from '../terminal/terminal.ts';
import { type Delivery, describeDelivery, describeDeliveryState } from './delivery-text.ts';

interface Which extends RealmOptions {
  webhook?: string;
  event?: string;
  state?: Delivery['state']['is'];
  limit: number;
}

export function addWebhookDeliveries(webhook: Command, runner: CommandRunner): void {
  const list = webhook
    .command('deliveries')
    .description('what was sent and what waits, the newest first')
    .option('--webhook <id>', 'to this one alone')
    .option('--event <id>', 'of this event alone: what receivers see as webhook-id')
    .addOption(
      new Option('--state <state>', 'only deliveries in this state').choices([
        'waiting',
        'delivered',
        'failed',
        'dropped',
      ]),
    )
    .option(...limitFlag(50));
  withRealm(list).addHelpText(
    'after',
    examples('webhook deliveries --state failed', 'webhook deliveries --webhook wh_01… --limit 1000 --json'),
  );
  runner.run<Which>(list, async ({ options, control }) => {
    const open = await control();
    const { env, query } = await realmOf(open, options);
    const { webhook, event, state } = options;
    const filter = defined({ endpoint: webhook, event, state });
    const items = await allPages(
      (page) =>
        replyOf(
          open.admin.GET('/api/admin/deliveries', { params: { query: { ...query, ...filter, ...page } } }),
        ),
      options.limit,
    );
    const rows = items.map((one) => [
      one.id,
      one.createdAt,
      one.endpoint,
      one.name,
      one.origin,
      one.attempts,
      describeDeliveryState(one),
    ]);
    const header = ['delivery', 'made', 'webhook', 'event', 'origin', 'attempts', 'state'];
    const some = [webhook, event, state].some((one) => one !== undefined);
    const empty = some
      ? `There is no such delivery in the ${env} world.`
      : `Nothing was sent in the ${env} world, and nothing waits there.`;
    return { json: { items }, text: table(header, rows, empty) };
  });

  const show = webhook
    .command('delivery')
    .argument('<delivery-id>', 'as `webhook deliveries` shows it')
    .description(
      'one delivery with each attempt: what was sent, what came back; the look is in the audit log',
    );
  withRealm(show).addHelpText('after', examples('webhook delivery dlv_01…'));
  runner.run<RealmOptions>(show, async ({ options, control }, delivery = '') => {
    const open = await control();
    const { query } = await realmOf(open, options);
    const one = await replyOf(
      open.admin.GET('/api/admin/deliveries/{id}', { params: { path: { id: delivery }, query } }),
    );
    return { json: one, text: describeDelivery(one) };
  });
}
