import type { OrganizationId } from '../../lib/id.ts';
import { time } from '../../lib/time.ts';
import { notHeld } from '../../storage/legal-holds.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import {
  countRows,
  deleteRows,
  type ExportOrder,
  jsonOf,
  type Person,
  type PersonalData,
  type Realm,
} from '../personal-data/index.ts';
import { type PresenceRow, placeOf, type SealedProof } from './presence-store.ts';

export interface PresenceDataDeps {
  db: Db;
}

const oldSessions = (from: Db | Tx, { organization, world }: Realm, before: number) =>
  from
    .selectFrom('presence_session as old')
    .where('old.organization', '=', organization)
    .where('old.world', '=', world)
    .where('old.created_at', '<', before)
    .where(notHeld);

/** Sessions that ask for a person, or found one there. They go with the person: a token of an erased person does not count. */
export const createPresenceData = ({ db }: PresenceDataDeps): PersonalData => ({
  tables: {
    presence_session: {
      columns: ['subject', 'email_hash', 'request_sealed', 'token_sealed'],
      record: { in: 'presence' },
    },
  },
  async forget(tx, subjects) {
    await tx.deleteFrom('presence_session').where('subject', 'in', subjects).execute();
  },
  async forgetAddress(tx, { organization, world }, emailHash) {
    await tx
      .deleteFrom('presence_session')
      .where('organization', '=', organization)
      .where('world', '=', world)
      .where('email_hash', '=', emailHash)
      .execute();
  },
  sealedValues: async (person) => (await rowsOf(db, person)).flatMap(valuesOf),
  expires: [
    {
      counted: 'presenceSessions',
      term: 'verificationDays',
      expire: (tx, realm, before, limit) =>
        deleteRows(
          tx
            .deleteFrom('presence_session')
            .where('id', 'in', oldSessions(tx, realm, before).select('old.id').limit(limit)),
        ),
      count: (realm, before) => countRows(oldSessions(db, realm, before)),
    },
  ],
  exportOf: async (person, order) => ({ presence: await exportSessions(db, person, order) }),
  auditTargets: async (person) => (await rowsOf(db, person)).map(({ id }) => id),
});

type OwnedRow = PresenceRow & { subject: string };

const rowsOf = (db: Db, { organization, subject }: Person): Promise<OwnedRow[]> =>
  db
    .selectFrom('presence_session')
    .selectAll()
    .where('organization', '=', organization as OrganizationId)
    .where('subject', '=', subject)
    .orderBy('id')
    .execute() as Promise<OwnedRow[]>;

const valuesOf = (row: OwnedRow) => [
  { place: placeOf(row, 'request'), sealed: row.request_sealed },
  ...(row.token_sealed ? [{ place: placeOf(row, 'token'), sealed: row.token_sealed }] : []),
];

async function exportSessions(db: Db, person: Person, { open }: ExportOrder) {
  const rows = await rowsOf(db, person);
  const opened = await open(
    rows.flatMap((row) => [
      { place: placeOf(row, 'request'), sealed: row.request_sealed },
      { place: placeOf(row, 'token'), sealed: row.token_sealed },
    ]),
  );
  return rows.map((row, i) => {
    const proof = jsonOf(opened[2 * i + 1]) as SealedProof | undefined;
    return {
      id: row.id,
      at: time(row.created_at),
      request: jsonOf(opened[2 * i]),
      state: row.state,
      reason: row.reason ?? undefined,
      decidedAt: time(row.decided_at),
      email: proof?.email,
      by: row.created_by,
    };
  });
}
