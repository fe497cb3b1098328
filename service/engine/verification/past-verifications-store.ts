import { setImmediate as pause } from 'node:timers/promises';
import type { ExpressionBuilder, Selectable, SelectQueryBuilder } from 'kysely';
import { parseJson } from '../../lib/canonical-json.ts';
import { defined } from '../../lib/defined.ts';
import type { OrganizationId, SubjectId, World } from '../../lib/id.ts';
import { endsIn } from '../../storage/id-end.ts';
import type { Schema } from '../../storage/schema.ts';
import type { Sealer } from '../../storage/sealing/sealed.ts';
import type { Db } from '../../storage/transaction.ts';
import {
  type CaptureSource,
  type CheckName,
  checkNames,
  type DeviceInfo,
  type GeoLocation,
  type HoldsFor,
} from '../matching/index.ts';
import type { Realm } from '../people/index.ts';
import type { PastFilter, PastKey, PastVerification, WholeVerification } from './past/past-verification.ts';
import { type Assurance, outcomes, type VerificationOutcome } from './verdict.ts';
import { contextOf, type StoredResult } from './verification-store.ts';

type Row = Selectable<Schema['verification']>;
type Listed = Pick<Row, (typeof columns)[number]>;

/** Entries of the index that one query looks through at most: some milliseconds of the event loop. */
const SLICE = 10_000;
const columns = [
  ...(['id', 'organization', 'world', 'subject', 'kind', 'profile', 'profile_version'] as const),
  ...(['verified', 'reason', 'confidence', 'composite', 'assurance', 'actor', 'created_at'] as const),
  ...(['scorer', 'holds_for', 'pictures', 'gallery_shift', 'outcome'] as const),
  ...(['decided_by', 'failed', 'people_alike', 'capture_source'] as const),
] as const;

export interface PastVerificationsStoreDeps {
  db: Db;
  sealer: Pick<Sealer, 'openMany'>;
}

/** Reads what the table `verification` keeps of the past. */
export function createPastVerificationsStore({ db, sealer }: PastVerificationsStoreDeps) {
  return {
    /** The newest first. Reads the index in slices, so that a filter with few matches does not hold up other requests. */
    async list(
      realm: Realm,
      filter: PastFilter,
      { before, limit }: { before?: PastKey; limit: number },
    ): Promise<PastVerification[]> {
      if (filter.subject !== undefined)
        return read(await ofPerson(db, filter.subject, filter, before, limit));
      if (filter.reference !== undefined) return read(await ofReference(db, realm, filter, before, limit));
      const found: string[] = [];
      for (let from = before; ; ) {
        found.push(...(await idsIn(db, realm, filter, from, limit - found.length)));
        const end = found.length < limit ? await endOfSlice(db, realm, filter, from) : undefined;
        if (end === undefined) break;
        from = end;
        await pause();
      }
      return found.length === 0 ? [] : read(await rowsOf(db, found));
    },

    /** With what is sealed in it. */
    async find({ organization, world }: Realm, id: string): Promise<WholeVerification | undefined> {
      const row = await db
        .selectFrom('verification')
        .selectAll()
        .where('id', '=', id)
        .where('organization', '=', organization)
        .where('world', '=', world)
        .executeTakeFirst();
      if (!row) return undefined;
      return {
        ...toPast(row),
        checks: parseJson<StoredResult[]>(row.checks) ?? [],
        models: parseJson<Record<string, string>>(row.models) ?? {},
        timing: parseJson<Record<string, number>>(row.timing) ?? {},
        ...(row.scorer === null
          ? {}
          : { match: { scorer: row.scorer, pictures: row.pictures ?? 1, shift: row.gallery_shift ?? 0 } }),
        ...defined({
          matched: row.matched === null ? undefined : row.matched === 1,
          gallerySize: row.gallery_size ?? undefined,
        }),
        ...(await openPersonal(sealer, [row]))[0],
      };
    },

    /** Places and devices of the person's last verified verifications, the newest first. */
    async circumstances(realm: Realm, subject: SubjectId, most: number): Promise<Circumstance[]> {
      const rows = await db
        .selectFrom('verification')
        .select(['id', 'organization', 'world', 'subject', 'created_at', 'place_sealed', 'device_sealed'])
        .where('subject', '=', subject)
        .where('verified', '=', 1)
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(most)
        .execute();
      const own = rows.filter(
        ({ organization, world }) => organization === realm.organization && world === realm.world,
      );
      const opened = await openPersonal(sealer, own);
      return own.map(({ created_at }, i) => ({ at: created_at, ...opened[i] }));
    },

    /** Counts by outcome from `from` up to `until`, without damaged rows. Reads only the index. */
    async count({ organization, world }: Realm, from: number, until: number): Promise<OutcomeCount[]> {
      const rows = await db
        .selectFrom('verification')
        .select(['outcome', 'decided_by', (eb) => eb.fn.countAll<number>().as('n')])
        .where('organization', '=', organization)
        .where('world', '=', world)
        .where('created_at', '>=', from)
        .where('created_at', '<', until)
        .where('outcome', 'in', outcomes)
        .where('decided_by', 'in', ['', ...checkNames])
        .groupBy(['outcome', 'decided_by'])
        .execute();
      return rows.map((row) => ({
        outcome: row.outcome as VerificationOutcome,
        ...(row.decided_by === '' ? {} : { decidedBy: row.decided_by as CheckName }),
        count: Number(row.n),
      }));
    },
  };
}

/** GeoLocation and device of a verification. */
export interface Circumstance {
  at: number;
  place?: GeoLocation;
  device?: DeviceInfo;
}

export interface OutcomeCount {
  outcome: VerificationOutcome;
  decidedBy?: CheckName;
  count: number;
}

/** Those that the key lets through, within the times of the filter. */
const within = (
  from: SelectQueryBuilder<Schema, 'verification', object>,
  filter: PastFilter,
  before?: PastKey,
) =>
  from
    .$if(filter.from !== undefined, (query) => query.where('created_at', '>=', filter.from!))
    .$if(filter.until !== undefined, (query) => query.where('created_at', '<', filter.until!))
    .$if(before !== undefined, (query) =>
      query.where(({ eb, refTuple, tuple }) =>
        eb(refTuple('created_at', 'id'), '<', tuple(before!.at, before!.id)),
      ),
    );

const inRealm = (db: Db, { organization, world }: Realm) =>
  db.selectFrom('verification').where('organization', '=', organization).where('world', '=', world);

// biome-ignore lint/suspicious/noExplicitAny: the table, or a slice of it
type AnyTable = ExpressionBuilder<any, any>;

/** The rest of the filter. */
const fits =
  ({ outcomes, decidedBy, check, profiles, actor, reference }: PastFilter) =>
  (eb: AnyTable) =>
    eb.and([
      ...(outcomes === undefined ? [] : [eb('outcome', 'in', [...outcomes])]),
      ...(decidedBy === undefined ? [] : [eb('decided_by', '=', decidedBy)]),
      ...(check === undefined ? [] : [eb('failed', 'like', `%,${check},%`)]),
      ...(profiles === undefined ? [] : [eb('profile', 'in', [...profiles])]),
      ...(actor === undefined ? [] : [eb('actor', '=', actor)]),
      ...(reference === undefined ? [] : [endsIn(reference)]),
    ]);

/** Ids of the next slice after `before`. */
async function idsIn(db: Db, realm: Realm, filter: PastFilter, before: PastKey | undefined, limit: number) {
  const slice = within(inRealm(db, realm), filter, before)
    .select(['id', 'created_at', 'outcome', 'decided_by', 'failed', 'profile', 'actor'])
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(SLICE);
  const rows = await db
    .selectFrom(slice.as('slice'))
    .select('id')
    .where(fits(filter))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}

/** The last entry of that slice; undefined where the list ends in it. */
async function endOfSlice(db: Db, realm: Realm, filter: PastFilter, before: PastKey | undefined) {
  const row = await within(inRealm(db, realm), filter, before)
    .select(['created_at', 'id'])
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .offset(SLICE - 1)
    .limit(1)
    .executeTakeFirst();
  return row && { at: row.created_at, id: row.id };
}

/** One person has few. The realm is not named: it makes SQLite walk the realm's index instead of the person's. */
const ofPerson = (
  db: Db,
  subject: SubjectId,
  filter: PastFilter,
  before: PastKey | undefined,
  limit: number,
) =>
  within(db.selectFrom('verification').where('subject', '=', subject), filter, before)
    .select(columns)
    .where(fits(filter))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();

/** Few end so. */
const ofReference = (db: Db, realm: Realm, filter: PastFilter, before: PastKey | undefined, limit: number) =>
  within(inRealm(db, realm), filter, before)
    .select(columns)
    .where(fits(filter))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();

const rowsOf = (db: Db, ids: readonly string[]) =>
  db
    .selectFrom('verification')
    .select(columns)
    .where('id', 'in', [...ids])
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute();

const read = (rows: readonly Listed[]): PastVerification[] => rows.map(toPast);

function toPast(row: Listed): PastVerification {
  return {
    id: row.id,
    organization: row.organization as OrganizationId,
    world: row.world as World,
    at: row.created_at,
    kind: row.kind as '1:1' | '1:N',
    profile: { id: row.profile, version: row.profile_version },
    outcome: row.outcome as VerificationOutcome,
    failed: checkNames.filter((name) => row.failed.includes(`,${name},`)),
    confidence: row.confidence,
    composite: row.composite,
    assurance: row.assurance as Assurance,
    actor: row.actor,
    ...defined({
      subject: (row.subject ?? undefined) as SubjectId | undefined,
      reason: row.reason ?? undefined,
      decidedBy: (row.decided_by || undefined) as CheckName | undefined,
      alike: row.people_alike ?? undefined,
      source: (row.capture_source ?? undefined) as CaptureSource | undefined,
      holdsFor: holdsForOf(row),
    }),
  };
}

/** Tables of releases before the column was there held for the average. */
export const holdsForOf = ({ scorer, holds_for }: Pick<Row, 'scorer' | 'holds_for'>): HoldsFor | undefined =>
  scorer === null ? undefined : ((holds_for ?? 'average') as HoldsFor);

type Personal = Pick<Row, 'id' | 'organization' | 'world' | 'subject' | 'place_sealed' | 'device_sealed'>;

/** The place and the device of each, never the probe: a face can be compared with it. What no longer opens is left out. */
async function openPersonal(
  sealer: Pick<Sealer, 'openMany'>,
  rows: readonly Personal[],
): Promise<Omit<Circumstance, 'at'>[]> {
  const sealed = rows.flatMap(({ subject, ...row }, i) =>
    (['place', 'device'] as const).flatMap((field) => {
      const bytes = row[`${field}_sealed`];
      if (subject === null || !bytes) return [];
      const realm = { organization: row.organization as OrganizationId, world: row.world as World };
      return [{ i, field, context: contextOf(realm, subject as SubjectId, row.id, field), sealed: bytes }];
    }),
  );
  const personal: Omit<Circumstance, 'at'>[] = rows.map(() => ({}));
  for (const [n, value] of (await sealer.openMany(sealed)).entries()) {
    const { i, field } = sealed[n]!;
    if (value.is === 'open')
      Object.assign(personal[i]!, { [field]: JSON.parse(new TextDecoder().decode(value.plain)) });
  }
  return personal;
}
