import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { defined } from '../../lib/defined.ts';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { type RealmOptions, realmOf, withRealm } from '../realm.ts';
import { personFacts } from './show.ts';

interface Change extends RealmOptions {
  email?: string;
  /** False: --no-name. */
  name?: string | false;
  /** False: --no-birth-date. */
  birthDate?: string | false;
}

export function addSubjectChange(subject: Command, runner: CommandRunner): void {
  const command = subject
    .command('change')
    .argument('<person>', 'id or e-mail address')
    .description(
      'change the e-mail address, name or date of birth of a person; pictures, consent and holds stay (audited, with what it was before)',
    )
    .option('--email <address>', 'the new e-mail address')
    .option('--name <name>', 'the new name')
    .option('--no-name', 'remove the name')
    .option('--birth-date <date>', 'date of birth that you have checked against a document, YYYY-MM-DD')
    .option('--no-birth-date', 'remove the date of birth')
    .addHelpText(
      'after',
      examples(
        'subject change ada@example.com --email ada.lovelace@example.com',
        'subject change sub_01… --name "Ada Lovelace"',
        'subject change ada@example.com --birth-date 1990-12-10',
      ),
    );
  runner.run<Change>(withRealm(command), async ({ options, control }, person = '') => {
    const { email, name, birthDate } = options;
    if (email === undefined && name === undefined && birthDate === undefined)
      throw new UsageError('Nothing to change. Give --email, --name, --no-name or --birth-date.');
    const open = await control();
    const { query } = await realmOf(open, options);
    const one = await replyOf(
      open.admin.PATCH('/api/admin/subjects/{id}', {
        params: { path: { id: person }, query },
        body: defined({
          email,
          name: name === false ? null : name,
          birthDate: birthDate === false ? null : birthDate,
        }),
      }),
    );
    return { json: one, text: personFacts(one) };
  });
}
