import type { Command } from 'commander';
import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { invocation } from '../invocation.ts';

/** The command for each pending confirmation. */
export function waitingLines({
  clock,
  sweeps,
}: Schemas['RetentionWaiting']): { found: string; remedy: string }[] {
  return [
    ...(clock === undefined
      ? []
      : [
          {
            found: `${clock} Nothing is swept.`,
            remedy: `Set the clock if it is wrong. When it is right: ${invocation} retention confirm --today YYYY-MM-DD   (from your own watch)`,
          },
        ]),
    ...sweeps.map(({ organization, due, people, why }) => ({
      found: `The sweep of ${organization} would erase ${due} of ${people} people. ${why}`,
      remedy: `${invocation} retention sweep --dry-run --org ${organization}   then with --confirm ${due}`,
    })),
  ];
}

export function addRetentionConfirm(retention: Command, runner: CommandRunner): void {
  runner.run(
    retention
      .command('waiting')
      .description('sweeps that need confirmation, each with its command')
      .addHelpText('after', examples('retention waiting')),
    async ({ control }) => {
      const open = await control();
      const reply = await replyOf(open.admin.GET('/api/admin/retention/waiting'));
      const lines = waitingLines(reply).flatMap(({ found, remedy }) => [found, `  ${remedy}`]);
      return { json: reply, text: lines.length === 0 ? 'Nothing waits.' : lines.join('\n') };
    },
  );

  runner.run<{ today: string }>(
    retention
      .command('confirm')
      .summary('confirm that the clock of this machine is right')
      .description(
        'Retention sweeps stop where the clock may be wrong: before the program was built, after a jump in either direction. ' +
          'This says that it is right now, and they go on. A sweep that would erase many people is confirmed with its number: ' +
          'retention sweep --confirm.',
      )
      .requiredOption(
        '--today <date>',
        'today’s date from your own watch, as 2026-11-20; compared with the clock',
      )
      .addHelpText('after', examples('retention confirm --today 2026-11-20')),
    async ({ options, control }) => {
      const open = await control();
      const { today } = options;
      const reply = await replyOf(open.admin.POST('/api/admin/retention/clock', { body: { today } }));
      return { json: reply, text: `The clock (${reply.now}) is confirmed. Retention sweeps go on.` };
    },
  );
}
