import type { Command } from 'commander';
import { type CommandRunner, examples } from '../command.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { table } from '../terminal/terminal.ts';
import { galleryColumns, galleryRows } from './gallery-calibration-text.ts';
import { measureCalibrations } from './gallery-calibrations.ts';

export function addOrgCalibrate(org: Command, runner: CommandRunner): void {
  runner.run<{ org?: string }>(
    org
      .command('calibrate')
      .summary('measure now whether the stated error rates hold for the enrolled people')
      .description(
        'Compares the enrolled people with one another (one picture each, at most 2,000) and raises thresholds where more strangers ' +
          'are alike than the calibration says. The service does the same with 30 people, when a gallery has grown or shrunk by a tenth, and after an import. ' +
          'Galleries with fewer than 30 people are skipped. Only figures are stored, no scores and no people.',
      )
      .option(...organizationFlag)
      .addHelpText('after', examples('org calibrate', 'org calibrate --org "Museum of Bern" --json')),
    async ({ options, control }) => {
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      const reply = await measureCalibrations(open, id);
      return { json: reply, text: table(galleryColumns, galleryRows(reply), 'No person is enrolled.') };
    },
  );
}
