import { replyOf } from '../../../sdk/admin/client.ts';
import { isClean } from '../../engine/people/erasure/proof.ts';
import { defined } from '../../lib/defined.ts';
import { normalizeEmail } from '../../storage/email-address.ts';
import type { Answer } from '../command.ts';
import { receiptText } from '../commands/receipt-text.ts';
import { UsageError } from '../failure.ts';
import { choice, initially, toggle, value } from '../flag.ts';
import { intoNewFile } from '../into-new-file.ts';
import { type Asked, work } from '../operation-command.ts';
import { eraseByPages, PAGE_OF_PEOPLE } from '../terminal/erasing.ts';
import { count } from '../terminal/terminal.ts';

const reasons = ['request', 'consent-withdrawn', 'retention'] as const;
type Reason = (typeof reasons)[number];

export const erase = work({
  on: 'world',
  args: { person: value('[person]', 'id or e-mail address') },
  summary: 'erase a person, search for remaining data, and print a signed receipt',
  about:
    'Erases a person: destroys the key that everything about them is sealed with, in the key store and in every copy of it, so that no ' +
    'backup of the data can be read any more, then removes the rows. Then it searches every file for what was known of the person, and ' +
    'prints a receipt that this box signs. Exit code 1 when the search found something. With --all: all people of one world.',
  options: {
    confirm: value('<person>', 'the person, as a confirmation; with --all the exact number of people'),
    reason: initially('request', choice('<reason>', 'why', reasons)),
    out: value('<file>', 'write the receipt as JSON into a new file that only this account reads'),
    all: toggle('all people; needs --env, and --confirm with how many they are'),
  },
  examples: [
    'subject erase ada@example.com --confirm ada@example.com --out ada-receipt.json',
    'subject erase --all --env test --confirm 212',
  ],
  async run({ person, confirm, reason = 'request', out, all }, asked) {
    if (all && (person !== undefined || out !== undefined))
      throw new UsageError('--all takes neither a person nor --out: receipts are kept (“receipt list”).');
    if (all) return eraseAll(asked, confirm);
    if (person === undefined)
      throw new UsageError('Name the person, by id or e-mail address, or give --all.');
    return eraseOne(person, { confirm, reason, out }, asked.realm);
  },
});

async function eraseOne(
  person: string,
  { confirm, reason, out }: { confirm?: string | undefined; reason: Reason; out?: string | undefined },
  realm: Asked<'world'>['realm'],
): Promise<Answer> {
  if (confirm === undefined || normalizeEmail(confirm) !== normalizeEmail(person))
    throw new UsageError(`This cannot be undone. To confirm, repeat the person: --confirm ${person}`);
  const erase = async () => {
    const { open, query } = await realm();
    return replyOf(
      open.admin.POST('/api/admin/subjects/{id}/erase', {
        params: { path: { id: person }, query },
        body: { confirm, reason, prove: true },
      }),
    );
  };
  const receipt = await intoNewFile(out, erase, { undone: 'No person was erased. ' });
  const clean = receipt.proof === undefined || isClean(receipt.proof);
  return { json: receipt, text: receiptText(receipt), ...(clean ? {} : { exitCode: 1 as const }) };
}

/** Erases all people of one world, page by page. */
async function eraseAll(
  { env, envGiven, realm, terminal }: Asked<'world'>,
  confirm: string | undefined,
): Promise<Answer> {
  if (!envGiven) throw new UsageError('--all needs --env test (trial people) or --env live (real people).');
  const { open, query, organization } = await realm();
  const { name } = organization;
  const params = { query };
  const { count: total } = await replyOf(open.admin.GET('/api/admin/subjects/count', { params }));
  if (total === 0)
    return { json: { erased: 0, left: 0 }, text: `${name} has no people in the ${env} world.` };
  if (confirm === undefined || !/^\d+$/.test(confirm) || Number(confirm) !== total) {
    throw new UsageError(
      `This cannot be undone. No person was erased. ${name} has ${count(total, 'person', 'people')} in the ${env} world; to erase all of them: --confirm ${total}`,
    );
  }
  const all = { erased: 0, held: [] as string[], pending: [] as string[], left: total, interrupted: false };
  let after: string | undefined;
  await eraseByPages(terminal, async () => {
    const body = { confirm: all.left, limit: PAGE_OF_PEOPLE, ...defined({ after }) };
    const page = await replyOf(open.admin.POST('/api/admin/subjects/erase', { params, body }));
    all.erased += page.erased.length;
    all.held.push(...page.held);
    all.pending.push(...page.pending);
    all.left = page.left;
    after = page.next;
    all.interrupted = after !== undefined;
    return { erased: page.erased.length, left: page.left, more: all.interrupted };
  });
  return {
    json: all,
    text: describe(all, `the ${env} world of ${name}`),
    ...(all.interrupted || all.held.length > 0 ? { exitCode: 1 as const } : {}),
  };
}

interface Erased {
  erased: number;
  held: readonly string[];
  pending: readonly string[];
  left: number;
  interrupted: boolean;
}

const describe = ({ erased, held, pending, left, interrupted }: Erased, where: string): string =>
  [
    `${count(erased, 'person', 'people')} erased, ${left} left in ${where}.`,
    ...(held.length === 0 ? [] : [`Under a legal hold, and not erased: ${held.join(', ')}`]),
    ...(pending.length === 0
      ? []
      : [
          `${count(pending.length, 'erasure waits', 'erasures wait')} for a copy of the key store: “receipt list --pending”.`,
        ]),
    ...(interrupted ? [`Stopped. To go on: --confirm ${left}`] : []),
  ].join('\n');
