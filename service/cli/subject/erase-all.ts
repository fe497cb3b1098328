import { replyOf } from '../../../sdk/admin/client.ts';
import { defined } from '../../lib/defined.ts';
import type { Answer } from '../command.ts';
import { UsageError } from '../failure.ts';
import type { Asked } from '../operation-command.ts';
import { eraseByPages, PAGE_OF_PEOPLE } from '../terminal/erasing.ts';
import { count } from '../terminal/terminal.ts';

/** Erases all people of one world, page by page. */
export async function eraseAll(
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
