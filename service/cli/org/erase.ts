import type { Command } from 'commander';
import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { chooseOrganization } from '../organization.ts';
import { onInterrupt } from '../terminal/interrupt.ts';
import { createProgress } from '../terminal/progress.ts';
import { count } from '../terminal/terminal.ts';

/** People of one call: the answer comes within seconds, and Ctrl-C waits no longer. */
const PAGE = 20;

export function addOrgErase(org: Command, runner: CommandRunner): void {
  const command = org
    .command('erase')
    .argument('<organization>', 'id or name')
    .summary('erase all people of an organization, then its keys')
    .description(
      'Revokes every API key, erases all people of both worlds as “subject erase” does, removes the sites, and destroys the organization’s own ' +
        'secrets. The empty organization stays under its name, because the audit log, the receipts and the figures of verifications (which name ' +
        'no person) belong to it. After an interruption, run it again to continue.',
    )
    .option('--confirm <name>', 'its name, as a confirmation')
    .addHelpText('after', examples('org erase "Museum of Bern" --confirm "Museum of Bern"'));
  runner.run<{ confirm?: string }>(command, async ({ options, control, terminal }, given = '') => {
    const open = await control();
    const { id, name } = await chooseOrganization(open, given);
    if (options.confirm !== name) {
      throw new UsageError(
        `This cannot be undone. Nothing was erased. To confirm, repeat the name: --confirm "${name}"`,
      );
    }
    let stop = false;
    onInterrupt({
      first() {
        stop = true;
        terminal.note('\nStopping after the people under way.');
      },
      again: () => process.exit(130),
    });
    const progress = await createProgress(terminal, 'erasing');
    let erased = 0;
    let reply: Schemas['OrganizationErased'];
    try {
      do {
        reply = await replyOf(
          open.admin.POST('/api/admin/organization/erase', {
            params: { query: { organization: id } },
            body: { confirm: options.confirm, limit: PAGE },
          }),
        );
        if (erased === 0) progress.start(reply.erased.length + reply.left);
        erased += reply.erased.length;
        for (const _ of reply.erased) progress.step('');
      } while (!reply.done && !stop);
    } finally {
      progress.stop();
    }
    const { done, left, copies } = reply;
    const unreachable = copies.filter(({ state }) => state !== 'destroyed');
    const lines = [
      `${count(erased, 'person', 'people')} of ${name} erased, ${left} left.`,
      done
        ? 'Its API keys are revoked, its sites removed, its own secrets destroyed.'
        : 'Stopped. Run it again to continue.',
      ...unreachable.map(
        ({ place }) =>
          `The copy of the key store in ${place} could not be reached: it still holds the secrets until it is.`,
      ),
    ];
    return {
      json: { done, erased, left, copies },
      text: lines.join('\n'),
      ...(done ? {} : { exitCode: 1 as const }),
    };
  });
}
