import { parseJson } from '../../lib/canonical-json.ts';
import { defined } from '../../lib/defined.ts';
import { time } from '../../lib/time.ts';
import { notHeld } from '../../storage/legal-holds.ts';
import { countRows, deleteRows } from '../../storage/rows.ts';
import type { Sealer } from '../../storage/sealing/sealed.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import {
  type ExportOptions,
  jsonOf,
  type Moment,
  type MomentsOf,
  type Person,
  type PersonalData,
  type Realm,
  readPages,
  type Searched,
  vectorText,
} from '../audit/index.ts';
import { holdsForOf } from './past-verifications-store.ts';
import { contextOf, fields, type ProbeSealer, readProbe, restoreProbe } from './verification-store.ts';

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
          const context = contextOf(person, subject, row.id, field);
          return sealed ? [{ context, sealed, ...(field === 'probe' && { searched: probe }) }] : [];
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
    momentsOf: (whose) => (whose.verification === undefined ? verdictsOf(db, whose) : lifeOf(db, whose)),
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

const verificationPages = (db: Db, { organization, subject }: Person) =>
  readPages((after, limit) =>
    db
      .selectFrom('verification')
      .selectAll()
      .where('subject', '=', subject)
      .where('organization', '=', organization)
      .where('id', '>', after)
      .orderBy('id')
      .limit(limit)
      .execute(),
  );

/** The person's verifications, with what is sealed in them. */
async function exportVerifications(
  { db, sealer }: { db: Db; sealer: ProbeSealer },
  person: Person,
  { withTemplates, open }: ExportOptions,
) {
  function shownProbe(plain: Uint8Array | undefined) {
    if (!plain) return undefined;
    const probe = readProbe(plain);
    const vector = withTemplates ? restoreProbe(sealer, person.organization, probe)?.vector : undefined;
    return {
      model: probe.embedder,
      modelSha256: probe.sha256,
      ...(withTemplates && { vector: vector && vectorText(vector) }),
    };
  }
  const verifications = [];
  for await (const page of verificationPages(db, person)) {
    const opened = await open(
      page.flatMap((row) =>
        fields.map((field) => ({
          context: contextOf(person, person.subject, row.id, field),
          sealed: row[`${field}_sealed`],
        })),
      ),
    );
    for (const [i, row] of page.entries()) {
      const [location, device, probe] = opened.slice(i * fields.length);
      verifications.push({
        id: row.id,
        at: time(row.created_at),
        kind: row.kind,
        profile: row.profile,
        profileVersion: row.profile_version,
        verified: row.verified === 1,
        reason: row.reason ?? undefined,
        confidence: row.confidence,
        compositeScore: row.composite,
        assurance: row.assurance,
        captureSource: row.capture_source ?? undefined,
        scorer: row.scorer ?? undefined,
        holdsFor: holdsForOf(row),
        pictures: row.pictures ?? undefined,
        galleryShift: row.gallery_shift ?? undefined,
        gallerySize: row.gallery_size ?? undefined,
        peopleAlike: row.people_alike ?? undefined,
        checkResults: parseJson(row.checks) ?? [],
        models: parseJson(row.models) ?? {},
        timing: parseJson(row.timing) ?? {},
        by: row.actor,
        location: jsonOf(location),
        device: jsonOf(device),
        probe: shownProbe(probe),
      });
    }
  }
  return verifications;
}

const momentColumns = [
  'id',
  'organization',
  'world',
  'created_at',
  'timing',
  'outcome',
  'decided_by',
] as const;

/** The person's last verifications. The realm is compared here: named in the query it makes SQLite walk the realm's index. */
async function verdictsOf(db: Db, { organization, world, subject, most }: MomentsOf): Promise<Moment[]> {
  const rows = await db
    .selectFrom('verification')
    .select([...momentColumns, 'actor'])
    .where('subject', '=', subject!)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(most)
    .execute();
  return rows
    .filter((row) => row.organization === organization && row.world === world)
    .map((row) => ({ ...verdictOf(row), at: row.created_at, by: row.actor }));
}

const verdictOf = (row: { id: string; outcome: string; decided_by: string }) => ({
  kind: 'verdict' as const,
  says: row.outcome,
  object: row.id,
  ...defined({ about: row.decided_by || undefined }),
});

/** Request, verdict and deletion of one verification; nothing where it is of another realm. */
async function lifeOf(db: Db, { organization, world, verification, terms }: MomentsOf): Promise<Moment[]> {
  const row = await db
    .selectFrom('verification as old')
    .select([...momentColumns, 'actor', 'subject', 'capture_source'])
    .select(notHeld.as('due'))
    .where('id', '=', verification!)
    .where('organization', '=', organization)
    .where('world', '=', world)
    .executeTakeFirst();
  if (!row) return [];
  const { total = 0 } = parseJson<{ total?: number }>(row.timing) ?? {};
  const decidedAt = row.created_at + Math.round(total);
  return [
    {
      at: row.created_at,
      kind: 'request',
      by: row.actor,
      ...defined({ says: row.capture_source ?? undefined }),
    },
    { ...verdictOf(row), at: decidedAt, ...defined({ object: row.subject ?? undefined }) },
    {
      at: row.created_at + terms.verification,
      kind: 'deletion',
      says: row.due ? 'verification' : 'held',
    },
  ];
}
