import type { Tx } from '../../storage/transaction.ts';
import type { JobKind } from './job.ts';

/** In place of an error that may tell of a person who was erased. */
export const ERASED_ERROR = 'erased';

/** Parameters of one statement. */
const PIECE = 400;

/** What went wrong in these jobs is not kept any more: a receiver or a mail server may have said whom the job was about. */
export async function forgetErrors(
  tx: Tx,
  kind: JobKind,
  { ids = [], keys = [] }: { ids?: readonly string[]; keys?: readonly string[] },
): Promise<void> {
  for (const [column, values] of [
    ['id', ids],
    ['idempotency_key', keys],
  ] as const) {
    for (let from = 0; from < values.length; from += PIECE) {
      await tx
        .updateTable('job')
        .set({ last_error: ERASED_ERROR })
        .where('kind', '=', kind)
        .where(column, 'in', values.slice(from, from + PIECE))
        .where('last_error', 'is not', null)
        .execute();
    }
  }
}

/** The same for jobs of every kind whose error names one of these ids (`sub_…`): one pass, however many there are. */
export async function forgetErrorsNaming(tx: Tx, subjects: readonly string[]): Promise<void> {
  const sought: ReadonlySet<string> = new Set(subjects);
  const rows = await tx
    .selectFrom('job')
    .select(['id', 'kind', 'last_error'])
    .where('last_error', 'like', '%sub%')
    .execute();
  for (const { id, kind, last_error } of rows) {
    const named = last_error?.match(/sub_[0-9A-Za-z]+/g) ?? [];
    if (named.some((one) => sought.has(one))) await forgetErrors(tx, kind as JobKind, { ids: [id] });
  }
}
