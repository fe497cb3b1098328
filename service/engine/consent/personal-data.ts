import { time } from '../../lib/time.ts';
import { type ExportOrder, type Person, type PersonalData, textOf } from '../personal-data/index.ts';
import { type ConsentStateDeps, readState } from './consent-state.ts';
import { reasonPlace } from './hold-store.ts';

export type ConsentDataDeps = ConsentStateDeps;

const owned = ['consent', 'consent_withdrawal', 'legal_hold'] as const;

/** What a person agreed to and took back, and the legal holds over them. */
export function createConsentData(deps: ConsentDataDeps): PersonalData {
  const { db } = deps;

  async function exportConsent(person: Person, { audited }: ExportOrder) {
    await audited('consent.read');
    const { ground, withheld, consents, withdrawals } = await readState(deps, person);
    return {
      policy: ground.is,
      attestedPurposes: ground.is === 'attested' ? ground.purposes : [],
      withheld,
      consents: consents.map(({ at, expiresAt, ...rest }) => ({
        ...rest,
        at: time(at),
        expiresAt: time(expiresAt),
      })),
      withdrawals: withdrawals.map(({ at, ...rest }) => ({ ...rest, at: time(at) })),
    };
  }

  async function exportHolds({ organization, subject }: Person, { withInternal, open }: ExportOrder) {
    const rows = await db
      .selectFrom('legal_hold')
      .selectAll()
      .where('subject', '=', subject)
      .orderBy('id')
      .execute();
    const reasons = await open(
      rows.map((row) => ({
        place: reasonPlace(organization, subject, row.id),
        sealed: withInternal ? row.reason_sealed : null,
      })),
    );
    return rows.map((row, i) => ({
      id: row.id,
      placedAt: time(row.placed_at),
      placedBy: row.placed_by,
      releasedAt: time(row.released_at),
      releasedBy: row.released_by ?? undefined,
      reason: textOf(reasons[i]),
    }));
  }

  return {
    tables: {
      consent: { columns: ['subject'], record: { in: 'consent.consents' } },
      consent_withdrawal: { columns: ['subject'], record: { in: 'consent.withdrawals' } },
      legal_hold: { columns: ['subject', 'reason_sealed'], record: { in: 'holds' } },
    },
    async forget(tx, subjects) {
      for (const table of owned) await tx.deleteFrom(table).where('subject', 'in', subjects).execute();
    },
    async sealedValues({ organization, subject }) {
      const rows = await db
        .selectFrom('legal_hold')
        .select(['id', 'reason_sealed'])
        .where('subject', '=', subject)
        .execute();
      return rows.map((row) => ({
        place: reasonPlace(organization, subject, row.id),
        sealed: row.reason_sealed,
      }));
    },
    exportOf: async (person, order) => ({
      consent: order.enrolled ? await exportConsent(person, order) : undefined,
      holds: order.enrolled ? await exportHolds(person, order) : undefined,
    }),
  };
}
