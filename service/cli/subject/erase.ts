import { type Command, Option } from 'commander';
import type { ErasureReceipt, MassErasure } from '../../engine/erasure/index.ts';
import { isClean } from '../../engine/erasure/proof.ts';
import { type Answer, type CommandRunner, examples } from '../command.ts';
import type { Control } from '../control/control.ts';
import { UsageError } from '../failure.ts';
import { intoNewFile } from '../into-new-file.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { receiptText } from '../receipt/text.ts';
import { onInterrupt } from '../terminal/interrupt.ts';
import { createProgress } from '../terminal/progress.ts';
import { count, type Terminal } from '../terminal/terminal.ts';

interface Erase {
  org?: string;
  test?: boolean;
  live?: boolean;
  all?: boolean;
  confirm?: string;
  reason?: string;
  out?: string;
}

/** People of one call: the answer comes within seconds, and Ctrl-C waits no longer. */
const PAGE = 20;

export function addSubjectErase(subject: Command, runner: CommandRunner): void {
  const command = subject
    .command('erase')
    .argument('[person]', 'id or e-mail address')
    .summary('erase a person, prove it by a search, and give a signed receipt')
    .description(
      'Erases a person: destroys the key that everything about them is sealed with, in the key store and in every copy of it, so that no ' +
        'backup of the data can be read any more, then removes the rows. Then it searches every file for what was known of the person, and ' +
        'prints a receipt signed by this appliance. Exit code 1 when the search found something. With --all: everybody of one world.',
    )
    .option(...organizationFlag)
    .option('--confirm <person>', 'the person once more; with --all the exact number of people there are')
    .addOption(
      new Option('--reason <reason>', 'why')
        .choices(['request', 'consent-withdrawn', 'retention'])
        .default('request'),
    )
    .option('--out <file>', 'write the receipt as JSON into a new file that only this account reads')
    .option('--all', 'everybody; needs --test or --live, and --confirm with how many they are')
    .option('--live', 'with --all: the real people')
    .option('--test', 'in the test world, which sees only trial people')
    .addHelpText(
      'after',
      examples(
        'subject erase ada@example.com --confirm ada@example.com --out ada-receipt.json',
        'subject erase --all --test --confirm 212',
      ),
    );
  runner.run<Erase>(command, async ({ options, control, terminal }, person) => {
    if (options.all) {
      if (person !== undefined || options.out !== undefined)
        throw new UsageError('--all takes neither a person nor --out: receipts are kept (“receipt list”).');
      return eraseAll(await control(), options, terminal);
    }
    if (person === undefined)
      throw new UsageError('Name the person, by id or e-mail address, or give --all.');
    if (options.live)
      throw new UsageError('--live belongs to --all; a single person is real unless --test is given.');
    if (options.confirm === undefined || options.confirm.toLowerCase() !== person.toLowerCase()) {
      throw new UsageError(
        `This cannot be undone. To confirm, name the person once more: --confirm ${person}`,
      );
    }
    const erase = async () => {
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      return open.send<ErasureReceipt>(
        'DELETE',
        `/organizations/${id}/subjects/${encodeURIComponent(person)}`,
        {
          world: options.test ? 'test' : 'live',
          confirm: options.confirm,
          reason: options.reason,
          prove: true,
        },
      );
    };
    const receipt = await intoNewFile(options.out, erase, 'Nobody was erased. ');
    const clean = receipt.proof === undefined || isClean(receipt.proof);
    return { json: receipt, text: receiptText(receipt), ...(clean ? {} : { exitCode: 1 as const }) };
  });
}

async function eraseAll(open: Control, options: Erase, terminal: Terminal): Promise<Answer> {
  const { test = false, live = false } = options;
  if (test === live) throw new UsageError('--all needs --test (trial people) or --live (real people).');
  const world = test ? 'test' : 'live';
  const { id, name } = await chooseOrganization(open, options.org);
  const people = `/organizations/${id}/subjects`;
  const { total } = await open.get<{ total: number }>(people, { world, limit: 1 });
  if (total === 0) return { json: { erased: 0, left: 0 }, text: `${name} has nobody in the ${world} world.` };
  if (options.confirm === undefined || !/^\d+$/.test(options.confirm) || Number(options.confirm) !== total) {
    throw new UsageError(
      `This cannot be undone. Nobody was erased. ${name} has ${count(total, 'person', 'people')} in the ${world} world; to erase all of them: --confirm ${total}`,
    );
  }
  const all = { erased: 0, held: [] as string[], pending: [] as string[], left: total, interrupted: false };
  let stop = false;
  onInterrupt({
    first() {
      stop = true;
      terminal.note('\nStopping after the people under way.');
    },
    again: () => process.exit(130),
  });
  const progress = await createProgress(terminal, 'erasing');
  progress.start(total);
  try {
    let after: string | undefined;
    do {
      const page: MassErasure = await open.send('DELETE', people, {
        world,
        confirm: all.left,
        after,
        limit: PAGE,
      });
      all.erased += page.erased.length;
      all.held.push(...page.held);
      all.pending.push(...page.pending);
      all.left = page.left;
      after = page.next;
      for (const _ of page.erased) progress.step('');
    } while (after !== undefined && !stop);
    all.interrupted = after !== undefined;
  } finally {
    progress.stop();
  }
  const lines = [
    `${count(all.erased, 'person', 'people')} erased, ${all.left} left in the ${world} world of ${name}.`,
    ...(all.held.length === 0 ? [] : [`Under a legal hold, and not erased: ${all.held.join(', ')}`]),
    ...(all.pending.length === 0
      ? []
      : [
          `${count(all.pending.length, 'erasure waits', 'erasures wait')} for a copy of the key store: “receipt list --pending”.`,
        ]),
    ...(all.interrupted ? [`Stopped. To go on: --confirm ${all.left}`] : []),
  ];
  return {
    json: all,
    text: lines.join('\n'),
    ...(all.interrupted || all.held.length > 0 ? { exitCode: 1 as const } : {}),
  };
}
