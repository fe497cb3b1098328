import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { organizationFlag } from '../organization.ts';
import { findAdministrator } from './find.ts';
import { codeLines, factorSteps, passwordSteps } from './text.ts';

export function addAdminReset(admin: Command, runner: CommandRunner): void {
  runner.run<{ org?: string; password?: boolean; factors?: boolean }>(
    admin
      .command('reset')
      .argument('<administrator>', 'id or e-mail address, as `admin list` shows them')
      .description('remove the password or the second factors, end all sessions, and print a one-time code')
      .option('--password', 'remove the password; the code sets a new one')
      .option('--factors', 'remove passkeys and recovery codes; the code allows enrolling a new passkey')
      .option(...organizationFlag)
      .addHelpText(
        'after',
        examples('admin reset ada@example.com --factors', 'admin reset adm_01… --password --factors'),
      ),
    async ({ options: { org, password = false, factors = false }, control }, given = '') => {
      if (!password && !factors) {
        throw new UsageError('Name what to reset: --password, --factors, or both.');
      }
      const open = await control();
      const { organization, administrator } = await findAdministrator(open, given, org);
      const { id, email } = administrator;
      const { code } = await replyOf(
        open.admin.POST('/api/admin/administrators/{id}/reset', {
          params: { path: { id }, query: { organization } },
          body: { password, factors },
        }),
      );
      const took = [...(password ? ['the password'] : []), ...(factors ? ['all second factors'] : [])];
      const text = [
        `Of ${email} ${took.join(' and ')} ${took.length > 1 || factors ? 'were' : 'was'} taken away, and every session is over.`,
        '',
        ...codeLines(code),
        ...(password ? passwordSteps(email) : []),
        ...(factors ? factorSteps(email) : []),
      ].join('\n');
      return { json: { id, email, password, factors, code }, text };
    },
  );
}
