import type { Sealer } from '../../storage/sealing/sealed.ts';
import type { Db } from '../../storage/transaction.ts';
import type { PersonalData, Searched } from '../personal-data/index.ts';
import { readProbe } from './probe-bytes.ts';
import { fields, placeOf } from './verification-store.ts';

export interface VerificationDataDeps {
  db: Db;
  sealer: Pick<Sealer, 'transformOf' | 'transforms'>;
}

/** What verifications keep of a person. Their figures stay after an erasure, about nobody. */
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
          const { transform, vector } = readProbe(plain);
          const known = transform === 0 || sealer.transforms.generations(organization).includes(transform);
          const forms = known
            ? [vector, sealer.transformOf(organization, transform).restore(vector)]
            : [vector];
          return forms.map((one) => new Uint8Array(one.slice().buffer));
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
  };
}
