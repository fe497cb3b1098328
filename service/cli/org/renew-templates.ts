import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { Problem } from '../../lib/problem.ts';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { createProgress } from '../terminal/progress.ts';
import { count } from '../terminal/terminal.ts';

const PAUSE_MILLISECONDS = 100;

export function addOrgRenewTemplates(org: Command, runner: CommandRunner): void {
  runner.run<{ org?: string; confirm?: string }>(
    org
      .command('renew-templates')
      .summary('renew the secret of all templates, without pictures')
      .description(
        'Gives the organization a new secret that its templates are rotated by, puts every template and kept probe under it while ' +
          'everything goes on, and destroys the old secret. Templates in backups of before cannot be used any more: make a new one ' +
          'afterwards. An interrupted run continues at the next start, or with the same command.',
      )
      .option(...organizationFlag)
      .option('--confirm <name>', 'the name of the organization')
      .addHelpText('after', examples('org renew-templates --confirm "Museum of Bern"')),
    async ({ options, terminal, control }) => {
      const open = await control();
      const { id, name } = await chooseOrganization(open, options.org);
      if (options.confirm !== name) {
        throw new UsageError(
          `Nothing was renewed. The templates in every backup of before are lost with it. To confirm, give the organization’s name: --confirm "${name}"`,
        );
      }
      const params = { query: { organization: id } };
      const { generation, total } = await replyOf(
        open.admin.POST('/api/admin/organization/templates/renewal', {
          params,
          body: { confirm: options.confirm },
        }),
      );
      const progress = await createProgress(terminal, 'renewing templates');
      progress.start(total);
      try {
        for (;;) {
          const state = await replyOf(
            open.admin.GET('/api/admin/organization/templates/renewal', { params }),
          );
          if (state.is === 'stopped') {
            throw new Problem(
              'CONFLICT',
              `The renewal stopped after ${state.done} of ${state.total}; nothing is lost, and the same command continues. ${state.reason}`,
            );
          }
          progress.reach(state.is === 'none' ? total : state.done);
          if (state.is === 'none') break;
          await delay(PAUSE_MILLISECONDS);
        }
      } finally {
        progress.stop();
      }
      return {
        json: { organization: id, generation, renewed: total },
        text: `${count(total, 'template and probe', 'templates and probes')} lie under rotation ${generation}, and the secret of the one before is destroyed. Make a new backup: the templates in older ones cannot be used any more.`,
      };
    },
  );
}
