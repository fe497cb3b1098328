import { defined } from '../../lib/defined.ts';
import type { PersonalData } from '../personal-data/index.ts';
import type { DueReason } from './due.ts';

/** What a sweep did, or would do; nothing in it names a person. */
export interface SweepReport {
  /** People whose term is over and that nothing protects, by reason. */
  due: Record<DueReason, number>;
  /** People whose term is over and who stay, because a legal hold protects them. */
  held: number;
  /** People erased; of these, so many wait for a copy of the key store that could not be reached. */
  erased: number;
  pending: number;
  /** Rows deleted because they were older than their term: verifications, events and so on (`ExpiringRows.counted`). */
  rows: Record<string, number>;
  /** Deleted lines of the audit log, which all organizations share. */
  auditLines: number;
  /** Why it stopped early; the next sweep continues. */
  failed?: string;
}

export const emptyReport = (personalData: readonly PersonalData[]): SweepReport => ({
  due: { unused: 0, 'consent-over': 0, 'consent-withdrawn': 0 },
  held: 0,
  erased: 0,
  pending: 0,
  rows: Object.fromEntries(
    personalData.flatMap(({ expires = [] }) => expires.map(({ counted }) => [counted, 0])),
  ),
  auditLines: 0,
});

/** As it is stored and answered: the rows beside the other counts. */
export const flatReport = ({ rows, ...counts }: SweepReport): Record<string, unknown> => ({
  ...counts,
  ...rows,
});

export function readReport(text: string): SweepReport {
  const { due, held, erased, pending, auditLines, failed, ...rows } = JSON.parse(text);
  return { due, held, erased, pending, rows, auditLines, ...defined({ failed }) };
}
