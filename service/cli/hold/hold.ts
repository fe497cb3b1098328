import type { Command } from 'commander';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { table } from '../terminal/terminal.ts';
import { worldFlag, worldOf } from '../world-flag.ts';

interface HoldReply {
  id: string;
  userId: string;
  placedAt: string;
  placedBy: string;
  reason?: string;
}

interface About {
  org?: string;
  test?: boolean;
}

export function addHold(program: Command, runner: CommandRunner): void {
  const hold = program
    .command('hold')
    .helpCommand(false)
    .description('legal holds: people whom no sweep and nobody erases until the hold is released');

  runner.run<About & { reason: string }>(
    hold
      .command('place')
      .argument('<person>', 'id or e-mail address')
      .description(
        'keep everything of a person, whatever the terms say; their pictures are all kept from now on',
      )
      .requiredOption('--reason <text>', 'why; kept sealed, in the person’s record and the audit log')
      .option(...organizationFlag)
      .option(...worldFlag)
      .addHelpText('after', examples('hold place ada@example.com --reason "Case 2026/114"')),
    async ({ options, control }, person = '') => {
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      const path = `/organizations/${id}/subjects/${encodeURIComponent(person)}/holds`;
      const made = await open.send<{ hold: string; userId: string }>('POST', path, {
        world: worldOf(options),
        reason: options.reason,
      });
      return { json: made, text: `${made.userId} is under the legal hold ${made.hold}.` };
    },
  );

  runner.run<About & { hold?: string }>(
    hold
      .command('release')
      .argument('<person>', 'id or e-mail address')
      .description('end a hold; terms hold again')
      .option('--hold <id>', 'which, where the person is under several')
      .option(...organizationFlag)
      .option(...worldFlag)
      .addHelpText('after', examples('hold release ada@example.com')),
    async ({ options, control }, person = '') => {
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      const path = `/organizations/${id}/subjects/${encodeURIComponent(person)}/holds/release`;
      const reply = await open.send<{ released: string; userId: string }>('POST', path, {
        world: worldOf(options),
        hold: options.hold,
      });
      return { json: reply, text: `The legal hold ${reply.released} of ${reply.userId} is released.` };
    },
  );

  runner.run<About & { limit: string }>(
    hold
      .command('list')
      .description('everybody under a hold and why; the look is in the audit log')
      .option('--limit <n>', 'at most so many', '1000')
      .option(...organizationFlag)
      .option(...worldFlag)
      .addHelpText('after', examples('hold list')),
    async ({ options, control }) => {
      const limit = Number(options.limit);
      if (!Number.isInteger(limit) || limit < 1)
        throw new UsageError(`--limit: "${options.limit}" is no positive number.`);
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      const holds: HoldReply[] = [];
      let after: string | undefined;
      do {
        const page: { holds: HoldReply[]; next?: string } = await open.get(`/organizations/${id}/holds`, {
          world: worldOf(options),
          limit: Math.min(1000, limit - holds.length),
          after,
        });
        holds.push(...page.holds);
        after = page.next;
      } while (after !== undefined && holds.length < limit);
      const rows = holds.map((one) => [one.id, one.userId, one.placedAt, one.placedBy, one.reason]);
      const header = ['hold', 'person', 'since', 'by', 'reason'];
      return { json: { holds }, text: table(header, rows, 'Nobody is under a legal hold.') };
    },
  );
}
