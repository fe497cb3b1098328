import type { Insertable } from 'kysely';
import type { OrganizationId, SubjectId, VerificationId, World } from '../../lib/id.ts';
import type { Schema } from '../../storage/schema.ts';
import type { SealContext, Sealer } from '../../storage/sealing/sealed.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import {
  type CaptureSource,
  type CheckResult,
  type DeviceInfo,
  type Earlier,
  type GeoLocation,
  type HoldsFor,
  keptResults,
  type Probe,
  type Rules,
} from '../matching/index.ts';
import type { Assurance, Ended } from './verdict.ts';

/** What is kept of a verification: never the picture. */
export interface VerificationRecord {
  id: VerificationId;
  organization: OrganizationId;
  world: World;
  /** The person claimed or recognized. */
  subject?: SubjectId;
  kind: '1:1' | '1:N';
  profile: string;
  profileVersion: number;
  /** The profile's, as they were applied. */
  rules: Rules;
  verified: boolean;
  ended: Ended;
  reason?: string;
  confidence: number;
  composite: number;
  assurance: Assurance;
  /** What decided; absent where nothing was compared. */
  match?: { scorer: string; holdsFor: HoldsFor; pictures: number; shift: number };
  /** Whether the face matched; absent where the picture was refused before it was compared. */
  matched?: boolean;
  /** People that a 1:N searched. */
  gallerySize?: number;
  /** As `Matched.alike`. */
  alike?: number;
  checks: readonly CheckResult[];
  models: Record<string, string>;
  timing: Record<string, number>;
  actor: string;
  /** Of the picture, or the frames. */
  source: CaptureSource;
  at: number;
  /** Kept under the person's key, and only when verified. */
  personal?: { place?: GeoLocation; device?: DeviceInfo; probe?: Probe };
}

/** A verification as it is stored. */
type SealedVerification = Insertable<Schema['verification']>;

const VERSION = 1;
export const fields = ['place', 'device', 'probe'] as const;
type Field = (typeof fields)[number];

export interface VerificationStoreDeps {
  db: Db;
  sealer: Sealer;
}

export type VerificationStore = ReturnType<typeof createVerificationStore>;

export const contextOf = (
  { organization, world }: { organization: OrganizationId; world: World },
  subject: SubjectId,
  id: string,
  field: Field,
): SealContext => ({
  organization,
  world,
  subject,
  field: field === 'probe' ? probeField(id) : `verification.${field}/${id}`,
  version: VERSION,
});

async function sealField(
  sealer: Sealer,
  record: VerificationRecord,
  field: Field,
): Promise<Uint8Array | null> {
  const { organization, world, subject, id, verified, personal } = record;
  const value = personal?.[field];
  if (!verified || subject === undefined || value === undefined) return null;
  const plain = 'vector' in value ? encodeProbe(value, sealer.transformOf(organization)) : encode(value);
  return sealer.seal(contextOf({ organization, world }, subject, id, field), plain);
}

/** The table `verification`. */
export function createVerificationStore({ db, sealer }: VerificationStoreDeps) {
  return {
    /** The secret that probes are sealed under from now on is not destroyed before this is disposed of. */
    borrowTransform: (organization: OrganizationId): Disposable => sealer.transforms.borrow(organization),
    /** Seals personal fields and leaves out what must not be stored in plain text; called before the transaction. */
    async seal(record: VerificationRecord): Promise<SealedVerification> {
      const [place, device, probe] = await Promise.all(
        fields.map((field) => sealField(sealer, record, field)),
      );
      return {
        id: record.id,
        organization: record.organization,
        world: record.world,
        subject: record.subject ?? null,
        kind: record.kind,
        profile: record.profile,
        profile_version: record.profileVersion,
        verified: record.verified ? 1 : 0,
        reason: record.reason ?? null,
        confidence: record.confidence,
        composite: record.composite,
        assurance: record.assurance,
        ...matchColumns(record),
        checks: JSON.stringify(storedResults(record)),
        models: JSON.stringify(record.models),
        timing: JSON.stringify(record.timing),
        actor: record.actor,
        capture_source: record.source,
        created_at: record.at,
        outcome: record.ended.outcome,
        decided_by: record.ended.decidedBy ?? '',
        failed: failedText(record.checks),
        place_sealed: place!,
        device_sealed: device!,
        probe_sealed: probe!,
      };
    },
    async add(tx: Tx, sealed: SealedVerification): Promise<void> {
      await tx.insertInto('verification').values(sealed).execute();
    },
    /**
     * The person's last verified verifications, newest first; those after `until` were written by a clock that stood wrong, and would
     * hide the others until it is that late. What no longer opens is left out.
     */
    async earlier(
      organization: OrganizationId,
      subject: SubjectId,
      { most, until }: { most: number; until: number },
    ): Promise<Earlier[]> {
      const rows = await db
        .selectFrom('verification')
        .select(['id', 'world', 'created_at', 'place_sealed', 'device_sealed', 'probe_sealed'])
        .where('subject', '=', subject)
        .where('verified', '=', 1)
        .where('created_at', '<=', until)
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(most)
        .execute();
      const sealed = rows.flatMap((row, i) =>
        fields.flatMap((field) => {
          const bytes = row[`${field}_sealed`];
          const realm = { organization, world: row.world as World };
          return bytes
            ? [{ i, field, context: contextOf(realm, subject, row.id, field), sealed: bytes }]
            : [];
        }),
      );
      const found: Earlier[] = rows.map((row) => ({ at: row.created_at }));
      for (const [n, value] of (await sealer.openMany(sealed)).entries()) {
        const { i, field } = sealed[n]!;
        if (value.is !== 'open') continue;
        const decoded =
          field === 'probe'
            ? restoreProbe(sealer, organization, readProbe(value.plain))
            : decode(value.plain);
        if (decoded !== undefined) Object.assign(found[i]!, { [field]: decoded });
      }
      return found;
    },
  };
}

/** A result as it is stored: with what the profile asked of it then. */
export interface StoredResult extends CheckResult {
  /** Absent in what releases before 0.2 wrote. */
  threshold?: number;
  hardFail?: boolean;
}

const storedResults = ({ checks, rules }: VerificationRecord): StoredResult[] =>
  keptResults(checks).map((result) => {
    const { threshold, hardFail } = rules[result.check];
    return { ...result, threshold, hardFail };
  });

const matchColumns = ({ match, matched, gallerySize, alike }: VerificationRecord) => ({
  scorer: match?.scorer ?? null,
  holds_for: match?.holdsFor ?? null,
  pictures: match?.pictures ?? null,
  gallery_shift: match?.shift ?? null,
  matched: matched === undefined ? null : Number(matched),
  gallery_size: gallerySize ?? null,
  people_alike: alike ?? null,
});

/** The names of checks that failed, each with a comma on both sides: `,liveness,faceQuality,`. */
const failedText = (checks: readonly CheckResult[]): string =>
  `,${checks.map(({ check, pass }) => (pass ? '' : `${check},`)).join('')}`;

/** As it is kept of a person who was erased while the picture was judged: the figures stay. */
export const anonymous = (sealed: SealedVerification): SealedVerification => ({
  ...sealed,
  subject: null,
  place_sealed: null,
  device_sealed: null,
  probe_sealed: null,
});

function encode(value: GeoLocation | DeviceInfo): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function decode(plain: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(plain));
}

/** A rotation of the space of one organization's templates. */
interface ProbeTransform {
  generation: number;
  rotate(vector: Float32Array): Float32Array;
}

/** The transforms of each organization; `restore` undoes `rotate`. */
export interface ProbeSealer {
  transforms: { generations(organization: OrganizationId): readonly number[] };
  transformOf(
    organization: OrganizationId,
    generation: number,
  ): { restore(vector: Float32Array): Float32Array };
}

/** Sealed field of a verification's probe. */
export const probeField = (verification: string): string => `verification.probe/${verification}`;

/** Rotated by `transform`, as templates are. */
export function encodeProbe({ vector, ...rest }: Probe, { generation, rotate }: ProbeTransform): Uint8Array {
  const bytes = Buffer.from(new Uint8Array(rotate(vector).slice().buffer));
  return new TextEncoder().encode(
    JSON.stringify({ ...rest, transform: generation, vector: bytes.toString('base64') }),
  );
}

/** As `encodeProbe` writes it; those from before there were transforms say none. */
type StoredProbe = Omit<Probe, 'vector'> & { transform?: number; vector: string };

export function readProbe(plain: Uint8Array): Probe & { transform: number } {
  const { transform = 0, vector, ...rest } = JSON.parse(new TextDecoder().decode(plain)) as StoredProbe;
  const bytes = Uint8Array.from(Buffer.from(vector, 'base64'));
  return { ...rest, transform, vector: new Float32Array(bytes.buffer) };
}

/** With the vector as the model returned it; undefined if the secret of its transform was destroyed by a renewal. */
export function restoreProbe(
  sealer: ProbeSealer,
  organization: OrganizationId,
  { transform, vector, ...rest }: Probe & { transform: number },
): Probe | undefined {
  if (transform !== 0 && !sealer.transforms.generations(organization).includes(transform)) return undefined;
  return { ...rest, vector: sealer.transformOf(organization, transform).restore(vector) };
}
