import { csvLine } from '../../../../sdk/admin/bulk-import/csv.ts';
import type { ImportOutcome } from '../../../../sdk/admin/bulk-import/run-import.ts';

/** As the command writes it with `--report`. */
export const toReport = (outcomes: readonly ImportOutcome[]): string =>
  [
    'file,person,outcome,code,reason',
    ...outcomes.map(({ file, person, outcome, code = '', reason = '' }) =>
      csvLine([file, person, outcome, code, reason]),
    ),
    '',
  ].join('\n');
