import type { Command } from 'commander';
import { type CommandRunner, examples } from '../command.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { worldFlag, worldOf } from '../world-flag.ts';
import { type PictureReply, picturesTable } from './subject.ts';

export function addSubjectConfirm(subject: Command, runner: CommandRunner): void {
  runner.run<{ org?: string; test?: boolean; withdraw?: boolean }>(
    subject
      .command('confirm')
      .argument('<person>', 'id or e-mail address')
      .argument('<picture>', 'id of the picture, as `subject show` lists it')
      .description(
        'say that an enrolled picture is the person’s: later pictures have to match a confirmed one, and it is never dropped (audited)',
      )
      .option('--withdraw', 'take that back; one confirmed picture stays')
      .option(...organizationFlag)
      .option(...worldFlag)
      .addHelpText(
        'after',
        examples(
          'subject confirm ada@example.com enr_01…',
          'subject confirm ada@example.com enr_01… --withdraw',
        ),
      ),
    async ({ options, control }, person = '', picture = '') => {
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      const path = `/organizations/${id}/subjects/${encodeURIComponent(person)}/pictures/${encodeURIComponent(picture)}`;
      const one = await open.send<{ pictures: PictureReply[] }>('PUT', path, {
        world: worldOf(options),
        confirmed: options.withdraw !== true,
      });
      return { json: one, text: picturesTable(one.pictures) };
    },
  );
}
