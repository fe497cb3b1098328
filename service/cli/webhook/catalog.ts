import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { invocation } from '../invocation.ts';
import { facts, table } from '../terminal/terminal.ts';

export function addWebhookCatalog(webhook: Command, runner: CommandRunner): void {
  runner.run(
    webhook
      .command('catalog')
      .argument('[event]', 'one event, with a body as it is sent')
      .description('every event there is, and when it is sent')
      .addHelpText('after', examples('webhook catalog', 'webhook catalog identity.verification.success')),
    async ({ control }, name?: string) => {
      const open = await control();
      const { items } = await replyOf(open.admin.GET('/api/admin/webhooks/catalog'));
      if (name === undefined) {
        const rows = items.map((one) => [one.name, one.fires ? 'yes' : 'not yet', one.when]);
        return { json: { items }, text: table(['event', 'fires', 'when'], rows, 'There is no event.') };
      }
      const found = items.find((one) => one.name === name);
      if (found === undefined)
        throw new UsageError(`There is no event ${name}. All there are: ${invocation} webhook catalog`);
      const { sample, when, fires, family } = found;
      const head = facts([
        ['event', found.name],
        ['family', family],
        ['when', when],
        ['fires', fires ? 'yes' : 'not yet: the feature that does comes later'],
      ]);
      return { json: found, text: `${head}\n\n${JSON.stringify(sample, null, 2)}` };
    },
  );
}
