import type { Command } from 'commander';
import { type CommandRunner, examples } from '../command.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { count } from '../terminal/terminal.ts';
import { worldFlag, worldOf } from '../world-flag.ts';

export function addSubjectUnlock(subject: Command, runner: CommandRunner): void {
  runner.run<{ org?: string; test?: boolean }>(
    subject
      .command('unlock')
      .argument('<person>', 'id, or the e-mail address that was claimed')
      .description('allow verification again after too many failed attempts (audited)')
      .option(...organizationFlag)
      .option(...worldFlag)
      .addHelpText('after', examples('subject unlock ada@example.com', 'subject unlock sub_01… --test')),
    async ({ options, control }, person = '') => {
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      const reply = await open.send<{ failures: number; disabled: boolean }>(
        'POST',
        `/organizations/${id}/subjects/unlock`,
        { world: worldOf(options), person },
      );
      const text =
        reply.failures === 0
          ? 'Nothing was locked: there is no failed attempt.'
          : `${count(reply.failures, 'failed attempt is', 'failed attempts are')} forgotten; ${reply.disabled ? 'verification is allowed again' : 'nothing is delayed any more'}.`;
      return { json: reply, text };
    },
  );
}
