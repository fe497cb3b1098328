import { notHeld } from '../../storage/legal-holds.ts';
import type { Sealer } from '../../storage/sealing/sealed.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import {
  countRows,
  deleteRows,
  type PersonalData,
  type Realm,
  type Searched,
} from '../personal-data/index.ts';
import { exportVerifications } from './exported-verifications-store.ts';
import { readProbe, restoreProbe } from './probe-bytes.ts';
import { fields, placeOf } from './verification-store.ts';

export interface VerificationDataDeps {
  db: Db;
  sealer: Pick<Sealer, 'transformOf' | 'transforms'>;
}

const oldVerifications = (from: Db | Tx, { organization, world }: Realm, before: number) =>
  from
    .selectFrom('verification as old')
    .where('old.organization', '=', organization)
    .where('old.world', '=', world)
    .where('old.created_at', '<', before)
    .where(notHeld);

/** What verifications keep of a person. Their figures stay after an erasure, without the person. */
export function createVerificationData({ db, sealer }: VerificationDataDeps): PersonalData {
  return {
    tables: {
      verification: {
        columns: ['subject', 'place_sealed', 'device_sealed', 'probe_sealed'],
        record: { in: 'verifications' },
      },
    },
    async forget(tx, subjects) {
      await tx
        .updateTable('verification')
        .set({ subject: null, place_sealed: null, device_sealed: null, probe_sealed: null })
        .where('subject', 'in', subjects)
        .execute();
    },
    async sealedValues(person) {
      const { organization, subject } = person;
      const rows = await db
        .selectFrom('verification')
        .select(['id', 'place_sealed', 'device_sealed', 'probe_sealed'])
        .where('subject', '=', subject)
        .execute();
      // As it is stored, and as it is compared.
      const probe: Searched = {
        kind: 'probe',
        forms(plain) {
          const stored = readProbe(plain);
          const restored = restoreProbe(sealer, organization, stored);
          return [stored, ...(restored ? [restored] : [])].map(
            ({ vector }) => new Uint8Array(vector.slice().buffer),
          );
        },
      };
      return rows.flatMap((row) =>
        fields.flatMap((field) => {
          const sealed = row[`${field}_sealed`];
          const place = placeOf(person, subject, row.id, field);
          return sealed ? [{ place, sealed, ...(field === 'probe' && { searched: probe }) }] : [];
        }),
      );
    },
    expires: [
      {
        counted: 'verifications',
        term: 'verificationDays',
        expire: (tx, realm, before, limit) =>
          deleteRows(
            tx
              .deleteFrom('verification')
              .where('id', 'in', oldVerifications(tx, realm, before).select('old.id').limit(limit)),
          ),
        count: (realm, before) => countRows(oldVerifications(db, realm, before)),
      },
    ],
    exportOf: async (person, order) => ({
      verifications: await exportVerifications({ db, sealer }, person, order),
    }),
    async auditTargets({ organization, subject }) {
      const rows = await db
        .selectFrom('verification')
        .select('id')
        .where('subject', '=', subject)
        .where('organization', '=', organization)
        .orderBy('id')
        .execute();
      return rows.map(({ id }) => id);
    },
  };
}
