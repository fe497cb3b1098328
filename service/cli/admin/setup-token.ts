import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { setupAddress } from '../serve/setup-address.ts';

export function addAdminSetupToken(admin: Command, runner: CommandRunner): void {
  runner.run(
    admin
      .command('setup-token')
      .summary('a new setup token, with which a browser creates the first owner')
      .description(
        'Creates a new setup token, for one browser within 24 hours. The earlier one is refused from then on, and so is a browser ' +
          'that used it. A box with an owner has no setup token: see `admin create` and `admin reset`.',
      )
      .addHelpText('after', examples('admin setup-token')),
    async ({ control }) => {
      const open = await control();
      const made = await replyOf(open.admin.POST('/api/admin/setup-token', {}));
      const { service } = await replyOf(open.admin.GET('/api/admin/status', {}));
      const lines =
        service === undefined
          ? [`Setup token: ${made.token}`, 'The service is not running: start it, then open /console/setup.']
          : [
              'Open in a browser, within 24 hours:',
              '',
              `  ${setupAddress(service.url, undefined, made.token ?? '')}`,
            ];
      return { json: made, text: lines.join('\n') };
    },
  );
}
