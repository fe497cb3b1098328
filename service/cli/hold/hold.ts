import type { Command } from 'commander';
import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf } from '../../../sdk/admin/client.ts';
import { defined } from '../../lib/defined.ts';
import { type CommandRunner, examples } from '../command.ts';
import { limitFlag } from '../limit-flag.ts';
import { type RealmOptions, realmOf, withRealm } from '../realm.ts';
import { table } from '../terminal/terminal.ts';

const person = ['<person>', 'id or e-mail address'] as const;

export function addHold(program: Command, runner: CommandRunner): void {
  const hold = program
    .command('hold')
    .helpCommand(false)
    .description('legal holds: these people cannot be erased until the hold is released');

  const place = hold
    .command('place')
    .argument(...person)
    .description('prevent the erasure of a person; all their pictures are kept from now on')
    .requiredOption('--reason <text>', 'reason; stored sealed, in the person’s record and the audit log')
    .addHelpText('after', examples('hold place ada@example.com --reason "Case 2026/114"'));
  runner.run<RealmOptions & { reason: string }>(withRealm(place), async ({ options, control }, id = '') => {
    const { reason } = options;
    const open = await control();
    const { query } = await realmOf(open, options);
    const made = await replyOf(
      open.admin.POST('/api/admin/subjects/{id}/holds', {
        params: { path: { id }, query },
        body: { reason },
      }),
    );
    return { json: made, text: `${made.userId} is under the legal hold ${made.hold}.` };
  });

  const release = hold
    .command('release')
    .argument(...person)
    .description('release a hold; the retention terms apply again')
    .option('--hold <id>', 'id of the hold, if the person has several')
    .addHelpText('after', examples('hold release ada@example.com'));
  runner.run<RealmOptions & { hold?: string }>(withRealm(release), async ({ options, control }, id = '') => {
    const open = await control();
    const { query } = await realmOf(open, options);
    const reply = await replyOf(
      open.admin.POST('/api/admin/subjects/{id}/holds/release', {
        params: { path: { id }, query },
        body: defined({ hold: options.hold }),
      }),
    );
    return { json: reply, text: `The legal hold ${reply.released} of ${reply.userId} is released.` };
  });

  const list = hold
    .command('list')
    .description('people under a hold and the reasons, the newest first (audited)')
    .option(...limitFlag(1000))
    .addHelpText('after', examples('hold list'));
  runner.run<RealmOptions & { limit: number }>(withRealm(list), async ({ options, control }) => {
    const open = await control();
    const { query } = await realmOf(open, options);
    const items = await allPages(
      (page) => replyOf(open.admin.GET('/api/admin/holds', { params: { query: { ...query, ...page } } })),
      options.limit,
    );
    const rows = items.map((one) => [one.id, one.userId, one.placedAt, one.placedBy, one.reason]);
    const header = ['hold', 'person', 'since', 'by', 'reason'];
    return { json: { items }, text: table(header, rows, 'No person is under a legal hold.') };
  });
}
