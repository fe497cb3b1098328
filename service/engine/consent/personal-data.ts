import { time } from '../../lib/time.ts';
import type { Db } from '../../storage/transaction.ts';
import { type Moment, type PersonalData, textOf } from '../audit/index.ts';
import { type AgreementsDeps, agreementOf, versionsIn } from './consent-receipt.ts';
import { selectConsents, selectWithdrawals } from './consent-store.ts';
import { type ConsentStateDeps, readState } from './consents.ts';
import { reasonContext } from './hold-store.ts';

export type ConsentDataDeps = ConsentStateDeps & AgreementsDeps;

export const createConsentData = (deps: ConsentDataDeps): PersonalData[] => [
  consentsOf(deps),
  holdsOf(deps.db),
];

/** Consents and withdrawals of a person. */
const consentsOf = (deps: ConsentDataDeps): PersonalData => ({
  tables: {
    consent: { columns: ['subject'], record: { in: 'consent.consents' } },
    consent_withdrawal: { columns: ['subject'], record: { in: 'consent.withdrawals' } },
  },
  async forget(tx, subjects) {
    await tx.deleteFrom('consent').where('subject', 'in', subjects).execute();
    await tx.deleteFrom('consent_withdrawal').where('subject', 'in', subjects).execute();
  },
  async exportOf(person, { enrolled, audited }) {
    if (!enrolled) return {};
    await audited('consent.read');
    const { legalBasis, withheld, consents, withdrawals } = await readState(deps, person);
    const published = await deps.organizations.publishedFacts(person.organization, versionsIn(consents));
    return {
      consent: {
        policy: legalBasis.is,
        attestedPurposes: legalBasis.is === 'attested' ? legalBasis.purposes : [],
        withheld,
        consents: consents.map((one) => {
          const { at, expiresAt, ...rest } = one;
          const { language, controller, contact } = agreementOf(one, withdrawals, published);
          return { ...rest, language, at: time(at), expiresAt: time(expiresAt), controller, contact };
        }),
        withdrawals: withdrawals.map(({ at, ...rest }) => ({ ...rest, at: time(at) })),
      },
    };
  },
  async momentsOf({ subject }) {
    if (subject === undefined) return [];
    const moment =
      (says: string) =>
      ({ at, by }: { at: number; by: string }, about: string): Moment => ({
        at,
        kind: 'consent',
        says,
        about,
        by,
      });
    return [
      ...(await selectConsents(deps.db, subject)).map((one) => moment('given')(one, one.purposes.join(', '))),
      ...(await selectWithdrawals(deps.db, subject)).map((one) => moment('withdrawn')(one, one.purpose)),
    ];
  },
});

/** The legal holds over a person. */
function holdsOf(db: Db): PersonalData {
  const rowsOf = (subject: string) =>
    db.selectFrom('legal_hold').selectAll().where('subject', '=', subject).orderBy('id').execute();

  return {
    tables: { legal_hold: { columns: ['subject', 'reason_sealed'], record: { in: 'holds' } } },
    async forget(tx, subjects) {
      await tx.deleteFrom('legal_hold').where('subject', 'in', subjects).execute();
    },
    async momentsOf({ subject }) {
      if (subject === undefined) return [];
      return (await rowsOf(subject)).flatMap((row): Moment[] => [
        { at: row.placed_at, kind: 'hold', says: 'placed', by: row.placed_by },
        ...(row.released_at === null
          ? []
          : [{ at: row.released_at, kind: 'hold' as const, says: 'released', by: row.released_by ?? '' }]),
      ]);
    },
    async sealedValues({ organization, subject }) {
      return (await rowsOf(subject)).map((row) => ({
        context: reasonContext(organization, subject, row.id),
        sealed: row.reason_sealed,
      }));
    },
    async exportOf({ organization, subject }, { enrolled, withInternal, open }) {
      if (!enrolled) return {};
      const rows = await rowsOf(subject);
      const reasons = await open(
        rows.map((row) => ({
          context: reasonContext(organization, subject, row.id),
          sealed: withInternal ? row.reason_sealed : null,
        })),
      );
      const holds = rows.map((row, i) => ({
        id: row.id,
        placedAt: time(row.placed_at),
        placedBy: row.placed_by,
        releasedAt: time(row.released_at),
        releasedBy: row.released_by ?? undefined,
        reason: textOf(reasons[i]),
      }));
      return { holds };
    },
  };
}
