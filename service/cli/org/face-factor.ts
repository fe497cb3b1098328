import { Argument, type Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { count } from '../terminal/terminal.ts';

export function addOrgFaceFactor(org: Command, runner: CommandRunner): void {
  runner.run<{ org?: string }>(
    org
      .command('face-factor')
      .summary('whether administrators may sign in by face, beside a passkey')
      .description(
        'Lets administrators enroll a face, each with a consent of their own, and finish a sign-in with it after the password. ' +
          '“off” removes the faces that are enrolled, at once.',
      )
      .addArgument(new Argument('<state>', 'what holds from now on').choices(['on', 'off']))
      .option(...organizationFlag)
      .addHelpText('after', examples('org face-factor on', 'org face-factor off --org org_01…')),
    async ({ options, control }, state) => {
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      const reply = await replyOf(
        open.admin.PUT('/api/admin/organization/face-factor', {
          params: { query: { organization: id } },
          body: { allowed: state === 'on' },
        }),
      );
      const text = reply.allowed
        ? 'Administrators may enroll a face, in the console under Security.'
        : `Administrators do not sign in by face any more: ${count(reply.removed, 'face was', 'faces were')} removed.`;
      return { json: reply, text };
    },
  );
}
