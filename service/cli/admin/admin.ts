import type { Command } from 'commander';
import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { limitFlag } from '../limit-flag.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { table } from '../terminal/terminal.ts';
import { addAdminCreate } from './create.ts';
import { addAdminReset } from './reset.ts';
import { addAdminSetupToken } from './setup-token.ts';
import { factorOf, stateOf } from './text.ts';
import { addAdminUnlock } from './unlock.ts';

export function addAdmin(program: Command, runner: CommandRunner): void {
  const admin = program
    .command('admin')
    .helpCommand(false)
    .description('accounts of administrators for the console');
  addAdminCreate(admin, runner);
  addList(admin, runner);
  addAdminReset(admin, runner);
  addAdminUnlock(admin, runner);
  addAdminSetupToken(admin, runner);
}

function addList(admin: Command, runner: CommandRunner): void {
  runner.run<{ org?: string; limit: number }>(
    admin
      .command('list')
      .description('the administrators of an organization, with role, second factor and last sign-in')
      .option(...limitFlag(200))
      .option(...organizationFlag)
      .addHelpText('after', examples('admin list')),
    async ({ options, control }) => {
      const open = await control();
      const { id: organization } = await chooseOrganization(open, options.org);
      const items = await allPages(
        (page) =>
          replyOf(
            open.admin.GET('/api/admin/administrators', { params: { query: { organization, ...page } } }),
          ),
        options.limit,
      );
      const rows = items.map((one) => [
        one.id,
        one.email,
        one.name,
        one.applianceOwner ? `${one.role}, appliance owner` : one.role,
        factorOf(one),
        one.lastSignInAt,
        stateOf(one),
      ]);
      return {
        json: { items },
        text: table(
          ['id', 'e-mail', 'name', 'role', 'second factor', 'last sign-in', 'state'],
          rows,
          'No administrator yet. Make one: admin create --email ada@example.com --name Ada --role owner',
        ),
      };
    },
  );
}
