import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { table } from '../terminal/terminal.ts';
import { describeCalibration } from './gallery-calibration-text.ts';

export function addOrgCalibrate(org: Command, runner: CommandRunner): void {
  runner.run<{ org?: string }>(
    org
      .command('calibrate')
      .summary('measure now whether the stated error rates hold for the enrolled people')
      .description(
        'Compares the enrolled people with one another (one picture each, at most 2,000) and raises thresholds where more strangers ' +
          'are alike than the calibration says. The service does the same when a gallery has grown or shrunk by a tenth. Galleries with ' +
          'fewer than 30 people are skipped. Only figures are stored, no scores and no people.',
      )
      .option(...organizationFlag)
      .addHelpText('after', examples('org calibrate', 'org calibrate --org "Museum of Bern" --json')),
    async ({ options, control }) => {
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      const reply = await replyOf(
        open.admin.POST('/api/admin/organization/calibrations', {
          params: { query: { organization: id } },
        }),
      );
      const rows = reply.items.map((one) => [one.env, one.scorer, describeCalibration(one)]);
      return {
        json: reply,
        text: table(
          ['world', 'scorer', 'own gallery'],
          rows,
          'Fewer than 30 people are enrolled: the calibration holds as it is.',
        ),
      };
    },
  );
}
