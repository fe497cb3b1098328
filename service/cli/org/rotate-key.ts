import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { Problem } from '../../lib/problem.ts';
import { type CommandRunner, examples } from '../command.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { createProgress } from '../terminal/progress.ts';
import { count } from '../terminal/terminal.ts';

const PAUSE_MILLISECONDS = 100;

export function addOrgRotateKey(org: Command, runner: CommandRunner): void {
  runner.run<{ org?: string }>(
    org
      .command('rotate-key')
      .summary('a new key for the organization, under which every person’s key is wrapped again')
      .description(
        'Gives the organization a new key and wraps the key of every person with it, while everything goes on; then the old one is ' +
          'removed. Ctrl-C leaves a running service to finish; an interrupted run continues at the next start, or with the same command.',
      )
      .option(...organizationFlag)
      .addHelpText('after', examples('org rotate-key', 'org rotate-key --org org_01… --json')),
    async ({ options, terminal, control }) => {
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      const params = { query: { organization: id } };
      const { generation, total } = await replyOf(
        open.admin.POST('/api/admin/organization/key/rotation', { params }),
      );
      const progress = await createProgress(terminal, 'wrapping keys');
      progress.start(total);
      let shown = 0;
      try {
        for (;;) {
          const state = await replyOf(open.admin.GET('/api/admin/organization/key/rotation', { params }));
          if (state.is === 'stopped') {
            throw new Problem(
              'CONFLICT',
              `The rotation stopped after ${state.done} of ${state.total} people; nothing is lost, and the same command continues. ${state.reason}`,
            );
          }
          const done = state.is === 'none' ? total : state.done;
          for (; shown < done; shown++) progress.step('');
          if (state.is === 'none') break;
          await delay(PAUSE_MILLISECONDS);
        }
      } finally {
        progress.stop();
      }
      return {
        json: { organization: id, generation, people: total },
        text: `The organization has key ${generation}; the keys of ${count(total, 'person', 'people')} lie under it, and the one before is gone.`,
      };
    },
  );
}
