import { type Command, Option } from 'commander';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { table } from '../terminal/terminal.ts';
import { type About, realmOf, withAbout } from './about.ts';
import {
  type DeliveryLogReply,
  type DeliveryReply,
  describeDelivery,
  describeDeliveryState,
} from './delivery-reply.ts';

interface Which extends About {
  webhook?: string;
  event?: string;
  state?: string;
  limit: string;
}

export function addWebhookDeliveries(webhook: Command, runner: CommandRunner): void {
  const list = webhook
    .command('deliveries')
    .description('what was sent and what waits, the newest first')
    .option('--webhook <id>', 'to this one alone')
    .option('--event <id>', 'of this event alone: what receivers see as webhook-id')
    .addOption(
      new Option('--state <state>', 'in this state alone').choices([
        'waiting',
        'delivered',
        'failed',
        'dropped',
      ]),
    )
    .option('--limit <n>', 'at most so many', '50');
  withAbout(list).addHelpText(
    'after',
    examples('webhook deliveries --state failed', 'webhook deliveries --webhook wh_01… --limit 1000 --json'),
  );
  runner.run<Which>(list, async ({ options, control }) => {
    const limit = Number(options.limit);
    if (!Number.isInteger(limit) || limit < 1)
      throw new UsageError(`--limit: "${options.limit}" is no positive number.`);
    const open = await control();
    const { path, env: world } = await realmOf(open, options);
    const { webhook, event, state } = options;
    const deliveries: DeliveryReply[] = [];
    let before: string | undefined;
    do {
      const page: { deliveries: DeliveryReply[]; next?: string } = await open.get(`${path}/deliveries`, {
        world,
        webhook,
        event,
        state,
        before,
        limit: Math.min(1000, limit - deliveries.length),
      });
      deliveries.push(...page.deliveries);
      before = page.next;
    } while (before !== undefined && deliveries.length < limit);
    const rows = deliveries.map((one) => [
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
      ? `There is no such delivery in the ${world} world.`
      : `Nothing was sent in the ${world} world, and nothing waits there.`;
    return { json: { deliveries }, text: table(header, rows, empty) };
  });

  const show = webhook
    .command('delivery')
    .argument('<delivery-id>', 'as `webhook deliveries` shows it')
    .description(
      'one delivery with each attempt: what was sent, what came back; the look is in the audit log',
    );
  withAbout(show).addHelpText('after', examples('webhook delivery dlv_01…'));
  runner.run<About>(show, async ({ options, control }, delivery = '') => {
    const open = await control();
    const { path, env: world } = await realmOf(open, options);
    const where = `${path}/deliveries/${encodeURIComponent(delivery)}`;
    const one = await open.get<DeliveryLogReply>(where, { world });
    return { json: one, text: describeDelivery(one) };
  });
}
