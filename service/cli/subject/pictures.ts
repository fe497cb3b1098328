import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { type RealmOptions, realmOf, withRealm } from '../realm.ts';
import { picturesTable } from './show.ts';

const person = ['<person>', 'id or e-mail address'] as const;
const picture = ['<picture>', 'id of the picture, as `subject show` lists it'] as const;

export function addSubjectPictures(subject: Command, runner: CommandRunner): void {
  const confirm = subject
    .command('confirm')
    .argument(...person)
    .argument(...picture)
    .description(
      'confirm that a picture shows the person: later pictures have to match a confirmed one, and it is never dropped (audited)',
    )
    .option('--withdraw', 'withdraw the confirmation; one confirmed picture stays')
    .addHelpText(
      'after',
      examples(
        'subject confirm ada@example.com enr_01…',
        'subject confirm ada@example.com enr_01… --withdraw',
      ),
    );
  runner.run<RealmOptions & { withdraw?: boolean }>(
    withRealm(confirm),
    async ({ options, control }, id = '', picture = '') => {
      const open = await control();
      const { query } = await realmOf(open, options);
      const { items } = await replyOf(
        open.admin.PATCH('/api/admin/subjects/{id}/pictures/{picture}', {
          params: { path: { id, picture }, query },
          body: { confirmed: options.withdraw !== true },
        }),
      );
      return { json: { items }, text: picturesTable(items) };
    },
  );

  const remove = subject
    .command('remove-picture')
    .argument(...person)
    .argument(...picture)
    .description(
      'remove an enrolled picture: the person is not recognized by it any more; one confirmed picture stays (audited)',
    )
    .option('--confirm <picture>', 'the picture, as a confirmation')
    .addHelpText('after', examples('subject remove-picture ada@example.com enr_01… --confirm enr_01…'));
  runner.run<RealmOptions & { confirm?: string }>(
    withRealm(remove),
    async ({ options, control }, id = '', picture = '') => {
      if (options.confirm !== picture)
        throw new UsageError(`This cannot be undone. To confirm, repeat the picture: --confirm ${picture}`);
      const open = await control();
      const { query } = await realmOf(open, options);
      const { items } = await replyOf(
        open.admin.DELETE('/api/admin/subjects/{id}/pictures/{picture}', {
          params: { path: { id, picture }, query },
        }),
      );
      return { json: { items }, text: picturesTable(items) };
    },
  );
}
