import { parseJson } from '../../../lib/canonical-json.ts';
import { time } from '../../../lib/time.ts';
import { notHeld } from '../../../storage/legal-holds.ts';
import { countRows, deleteRows, moveAddress } from '../../../storage/rows.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import type { ExportOptions, Moment, MomentsOf, Person, PersonalData, Realm } from '../../audit/index.ts';
import { movementContext } from './movement-store.ts';
import { personContext, type SealedField, sealedFields } from './sealed-store.ts';
import { outcomeOf, type SessionRow } from './session-store.ts';

const oldSessions = (from: Db | Tx, { organization, world }: Realm, before: number) =>
  from
    .selectFrom('live_session as old')
    .where('old.organization', '=', organization)
    .where('old.world', '=', world)
    .where('old.created_at', '<', before)
    .where('old.decision', 'is not', null)
    .where(notHeld);

const emptied = {
  order_sealed: null,
  device_sealed: null,
  answer_sealed: null,
  waiting_sealed: null,
  pictures_sealed: null,
};

/** What live sessions keep of a person. Their figures stay after an erasure, without the person. */
export const createSessionData = ({ db }: { db: Db }): PersonalData => ({
  tables: {
    live_session: {
      columns: [
        'subject',
        'email_hash',
        'order_sealed',
        'device_sealed',
        'answer_sealed',
        'waiting_sealed',
        'pictures_sealed',
      ],
      record: { in: 'liveSessions' },
    },
    live_movement: {
      columns: ['subject', 'movement_sealed'],
      record: {
        leftOut:
          'how the face moved in a live session, as numbers that are only compared with later sessions for thirty days',
      },
    },
  },
  async forget(tx, subjects) {
    await tx.deleteFrom('live_movement').where('subject', 'in', subjects).execute();
    await tx
      .updateTable('live_session')
      .set({ subject: null, email_hash: null, ...emptied })
      .where('subject', 'in', subjects)
      .execute();
  },
  address: {
    async forget(tx, { organization, world }, emailHash) {
      await forgetMovements(tx, { organization, world }, emailHash);
      await tx
        .updateTable('live_session')
        .set({ email_hash: null, ...emptied })
        .where('email_hash', '=', emailHash)
        .where('organization', '=', organization)
        .where('world', '=', world)
        .where('subject', 'is', null)
        .execute();
    },
    move: moveAddress('live_session', 'email_hash'),
  },
  async sealedValues(person) {
    const ofSessions = (await rowsOf(db, person)).flatMap((row) =>
      sealedFields.flatMap((field) => {
        const sealed = row[`${field}_sealed`];
        return sealed === null ? [] : [{ context: personContext(row, field), sealed }];
      }),
    );
    return [...ofSessions, ...(await movementsOf(db, person))];
  },
  expires: [
    {
      counted: 'liveSessions',
      term: 'verificationDays',
      expire: (tx, realm, before, limit) =>
        deleteRows(
          tx
            .deleteFrom('live_session')
            .where('id', 'in', oldSessions(tx, realm, before).select('old.id').limit(limit)),
        ),
      count: (realm, before) => countRows(oldSessions(db, realm, before)),
    },
  ],
  exportOf: async (person, order) => ({ liveSessions: await exportSessions(db, person, order) }),
  auditTargets: async (person) => (await rowsOf(db, person)).map(({ id }) => id),
  momentsOf: (whose) => sessionMoments(db, whose),
});

/** Where the person was recognized, or that the verification decided. The realm is compared here, as an index of it would be walked. */
async function sessionMoments(
  db: Db,
  { organization, world, subject, verification, most }: MomentsOf,
): Promise<Moment[]> {
  const rows = await db
    .selectFrom('live_session')
    .select(['id', 'organization', 'world', 'actor', 'created_at', 'held_until', 'decision', 'decided_at'])
    .where((eb) =>
      verification === undefined ? eb('subject', '=', subject!) : eb('verification', '=', verification),
    )
    .orderBy('id', 'desc')
    .limit(most)
    .execute();
  return rows
    .filter((row) => row.organization === organization && row.world === world)
    .flatMap(({ id, actor, created_at, held_until, decision, decided_at }): Moment[] => {
      const of = { kind: 'session' as const, object: id };
      return [
        { ...of, at: created_at, says: 'created', by: actor },
        ...(decided_at === null
          ? held_until === null
            ? []
            : [{ ...of, at: held_until, says: 'held' }]
          : [{ ...of, at: decided_at, says: decision ?? '' }]),
      ];
    });
}

const rowsOf = async (db: Db, { organization, world, subject }: Person) =>
  (
    await db
      .selectFrom('live_session')
      .selectAll()
      .where('subject', '=', subject)
      .where('organization', '=', organization)
      .where('world', '=', world)
      .orderBy('id')
      .execute()
  ).map((row) => ({ ...row, subject }) as SessionRow & { subject: string });

async function exportSessions(db: Db, person: Person, { open }: ExportOptions) {
  const rows = await rowsOf(db, person);
  const read = async (field: SealedField) =>
    (
      await open(rows.map((row) => ({ context: personContext(row, field), sealed: row[`${field}_sealed`] })))
    ).map((bytes) => bytes && (JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>));
  const [orders, devices] = [await read('order'), await read('device')];
  return rows.map((row, i) => {
    const { metadata, subjectRef } = orders[i] ?? {};
    return {
      id: row.id,
      flow: row.flow,
      profile: row.profile,
      createdAt: time(row.created_at),
      consent: row.consent_version ?? undefined,
      consentAt: time(row.consent_at),
      consentPurposes: parseJson(row.consent_purposes ?? 'null'),
      attempts: row.attempts,
      decision: row.decision ?? undefined,
      decidedAt: time(row.decided_at),
      verification: row.verification ?? undefined,
      liveness: outcomeOf(row).liveness,
      risk: outcomeOf(row).risk,
      device: devices[i],
      metadata,
      subjectRef,
    };
  });
}

async function movementsOf(db: Db, { organization, world, subject }: Person) {
  const rows = await db
    .selectFrom('live_movement')
    .selectAll()
    .where('subject', '=', subject)
    .where('organization', '=', organization)
    .where('world', '=', world)
    .execute();
  return rows.map((row) => ({ context: movementContext(row, subject), sealed: row.movement_sealed }));
}

/** Of sessions for an address whose person was not recognized. */
async function forgetMovements(tx: Tx, { organization, world }: Realm, emailHash: string): Promise<void> {
  await tx
    .deleteFrom('live_movement')
    .where('session', 'in', (from) =>
      from
        .selectFrom('live_session')
        .select('id')
        .where('email_hash', '=', emailHash)
        .where('organization', '=', organization)
        .where('world', '=', world)
        .where('subject', 'is', null),
    )
    .execute();
}
