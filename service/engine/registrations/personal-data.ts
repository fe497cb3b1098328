import { time } from '../../lib/time.ts';
import type { Db } from '../../storage/transaction.ts';
import { countRows, deleteRows, jsonOf, type PersonalData } from '../personal-data/index.ts';
import { oldRegistrations, registrationsOf } from './person-registrations-store.ts';
import { requestPlace } from './registration-store.ts';

/** Registrations: the caller's own name of a person, under the organization's key until the person is known, then under theirs. */
export const createRegistrationData = ({ db }: { db: Db }): PersonalData => ({
  tables: {
    registration: { columns: ['subject', 'request_sealed'], record: { in: 'registrations' } },
  },
  async forget(tx, subjects) {
    await tx.deleteFrom('registration').where('subject', 'in', subjects).execute();
  },
  async sealedValues(person) {
    const rows = await registrationsOf(db, person);
    return rows.map((row) => ({
      place: requestPlace(row, person.subject),
      sealed: row.request_sealed,
    }));
  },
  expires: [
    {
      counted: 'registrations',
      term: 'verificationDays',
      expire: (tx, realm, before, limit) =>
        deleteRows(
          tx
            .deleteFrom('registration')
            .where('id', 'in', oldRegistrations(tx, realm, before).select('old.id').limit(limit)),
        ),
      count: (realm, before) => countRows(oldRegistrations(db, realm, before)),
    },
  ],
  async exportOf(person, { open }) {
    const rows = await registrationsOf(db, person);
    const opened = await open(
      rows.map((row) => ({ place: requestPlace(row, person.subject), sealed: row.request_sealed })),
    );
    return {
      registrations: rows.map((row, i) => ({
        id: row.id,
        request: jsonOf(opened[i]),
        region: row.region,
        dataRequest: row.data_request,
        createdAt: time(row.created_at),
        createdBy: row.created_by,
        state: row.status,
        failure: row.failure_code ?? undefined,
        humannessScore: row.humanness_score ?? undefined,
        uniqueHumanId: row.unique_human ?? undefined,
        completedAt: time(row.completed_at),
      })),
    };
  },
  auditTargets: async (person) => (await registrationsOf(db, person)).map(({ id }) => id),
});
