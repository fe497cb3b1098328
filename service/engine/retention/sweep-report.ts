import { z } from 'zod';
import { defined } from '../../lib/defined.ts';
import type { PersonalData } from '../personal-data/index.ts';

const count = z.int().min(0);
export const exampleOfSweep = {
  due: { unused: 2, 'consent-over': 0, 'consent-withdrawn': 0 },
  held: 0,
  erased: 2,
  pending: 0,
  auditLines: 0,
  rows: { verifications: 40, events: 60, deliveries: 60, alerts: 0, claims: 0 },
};

/** What a sweep did, or would do; nothing in it names a person. */
export const SweepReport = z.object({
  due: z
    .object({
      unused: count.describe('Not enrolled or verified during the whole term'),
      'consent-over': count.describe('Consent has expired'),
      'consent-withdrawn': count.describe('Consent was withdrawn'),
    })
    .describe('People past their retention term, by reason'),
  held: count.describe('People past their retention term who are under a legal hold'),
  erased: count.describe('People erased'),
  pending: count.describe('Erasures that wait for a copy of the key store'),
  rows: z
    .record(z.string(), count)
    .describe(
      'Rows older than their term: verifications, events, deliveries, alerts, claims (counts of failures)',
    ),
  auditLines: count.describe('Lines of the audit log deleted'),
  failed: z.string().optional().describe('Reason why it stopped early; the next sweep continues'),
});
export type SweepReport = z.output<typeof SweepReport>;

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
