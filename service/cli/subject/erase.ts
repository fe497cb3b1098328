import { type Command, Option } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { isClean } from '../../engine/erasure/proof.ts';
import { normalizeEmail } from '../../storage/email-address.ts';
import { type Answer, type CommandContext, type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { intoNewFile } from '../into-new-file.ts';
import { type RealmOptions, realmOf, withRealm } from '../realm.ts';
import { receiptText } from '../receipt/text.ts';
import { eraseAll } from './erase-all.ts';

interface Erase extends RealmOptions {
  all?: boolean;
  confirm?: string;
  reason: 'request' | 'consent-withdrawn' | 'retention';
  out?: string;
}

export function addSubjectErase(subject: Command, runner: CommandRunner): void {
  const command = subject
    .command('erase')
    .argument('[person]', 'id or e-mail address')
    .summary('erase a person, search for remaining data, and print a signed receipt')
    .description(
      'Erases a person: destroys the key that everything about them is sealed with, in the key store and in every copy of it, so that no ' +
        'backup of the data can be read any more, then removes the rows. Then it searches every file for what was known of the person, and ' +
        'prints a receipt signed by this appliance. Exit code 1 when the search found something. With --all: all people of one world.',
    )
    .option('--confirm <person>', 'the person, as a confirmation; with --all the exact number of people')
    .addOption(
      new Option('--reason <reason>', 'why')
        .choices(['request', 'consent-withdrawn', 'retention'])
        .default('request'),
    )
    .option('--out <file>', 'write the receipt as JSON into a new file that only this account reads')
    .option('--all', 'all people; needs --env, and --confirm with how many they are')
    .addHelpText(
      'after',
      examples(
        'subject erase ada@example.com --confirm ada@example.com --out ada-receipt.json',
        'subject erase --all --env test --confirm 212',
      ),
    );
  runner.run<Erase>(withRealm(command), async (context, person) => {
    const { all, out } = context.options;
    if (all && (person !== undefined || out !== undefined))
      throw new UsageError('--all takes neither a person nor --out: receipts are kept (“receipt list”).');
    if (all) return eraseAll(await context.control(), context.options, context.terminal);
    if (person === undefined)
      throw new UsageError('Name the person, by id or e-mail address, or give --all.');
    return eraseOne(context, person);
  });
}

async function eraseOne({ options, control }: CommandContext<Erase>, person: string): Promise<Answer> {
  const { confirm, reason } = options;
  if (confirm === undefined || normalizeEmail(confirm) !== normalizeEmail(person))
    throw new UsageError(`This cannot be undone. To confirm, repeat the person: --confirm ${person}`);
  const erase = async () => {
    const open = await control();
    const { query } = await realmOf(open, options);
    return replyOf(
      open.admin.POST('/api/admin/subjects/{id}/erase', {
        params: { path: { id: person }, query },
        body: { confirm, reason, prove: true },
      }),
    );
  };
  const receipt = await intoNewFile(options.out, erase, { undone: 'No person was erased. ' });
  const clean = receipt.proof === undefined || isClean(receipt.proof);
  return { json: receipt, text: receiptText(receipt), ...(clean ? {} : { exitCode: 1 as const }) };
}
