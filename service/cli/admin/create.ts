import { type Command, Option } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type Role, roles } from '../../engine/access/role.ts';
import { defined } from '../../lib/defined.ts';
import { type CommandRunner, examples } from '../command.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { facts } from '../terminal/terminal.ts';
import { codeLines, passwordSteps } from './text.ts';

interface NewAdmin {
  org?: string;
  email: string;
  name: string;
  role: Role;
  applianceOwner?: boolean;
}

export function addAdminCreate(admin: Command, runner: CommandRunner): void {
  runner.run<NewAdmin>(
    admin
      .command('create')
      .description('create an administrator, and a one-time code with which the person sets a password')
      .option(...organizationFlag)
      .requiredOption('--email <address>', 'e-mail address for sign-in')
      .requiredOption('--name <name>', 'name of the person')
      .addOption(new Option('--role <role>', 'role of the person').choices([...roles]).makeOptionMandatory())
      .option('--appliance-owner', 'may also change the whole appliance, with a fresh second factor')
      .addHelpText(
        'after',
        examples(
          'admin create --email ada@example.com --name Ada --role owner --appliance-owner',
          'admin create --org org_01… --email grace@example.com --name Grace --role operator',
        ),
      ),
    async ({ options: { org, email, name, role, applianceOwner }, control }) => {
      const open = await control();
      const { id: organization } = await chooseOrganization(open, org);
      const { code, ...made } = await replyOf(
        open.admin.POST('/api/admin/administrators', {
          params: { query: { organization } },
          body: { email, name, role, ...defined({ applianceOwner }) },
        }),
      );
      const text = [
        facts([
          ['id', made.id],
          ['e-mail', made.email],
          ['role', made.applianceOwner ? `${made.role}, appliance owner` : made.role],
        ]),
        ...codeLines(code),
        ...passwordSteps(made.email),
      ].join('\n');
      return { json: { ...made, code }, text };
    },
  );
}
