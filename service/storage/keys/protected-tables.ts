import { createHash } from 'node:crypto';
import type { Selectable, Updateable } from 'kysely';
import type { Schema } from '../schema.ts';
import type { Db, Protected, RowIntegrity, Tx } from '../transaction.ts';

export type { RowIntegrity };

interface ProtectedTable {
  of: Protected;
  /** First field of the MAC; absent: none. */
  label?: string;
  /** Primary key. */
  key: string;
  /** Columns that the MAC covers, in its order. Bytes are covered by their SHA-256, columns named `column:text` as text. */
  covers: readonly string[];
  /** Covered too, up to the last that the row has: those of an earlier release lack them. */
  laterCovers?: readonly string[];
  /**
   * Columns that releases after 0.2 added, one list for each: covered in rows that have one of them, by a part of its own behind the MAC. A program
   * from before leaves parts that it does not know as they are when it changes a row; so it must not be one that it writes anew as a whole.
   */
  parts?: readonly (readonly string[])[];
  /** Earlier releases wrote rows without a MAC, which get theirs at the first start: 1 before the last 0.1, 2 up to it. */
  adopted?: 1 | 2;
  /** Rows come and go with the work of every minute: they are checked when they are read, and by who asks for all. */
  passing?: true;
}

/**
 * Every table whose rows carry a MAC, and what it covers. A column that is not here, another writer of the database can change
 * unnoticed (docs/SECURITY.md names them).
 */
const protectedTables = {
  organization: {
    of: 'organization',
    label: 'organization-1',
    key: 'id',
    covers: [
      ...['id', 'name', 'created_at', 'match_only', 'uniqueness_policy', 'consent_policy', 'retention'],
      ...['attestation', 'allowed_profiles', 'erased_at', 'two_person_review', 'sign_in_notice'],
      ...['redirect_targets', 'four_eyes', 'consent_language', 'face_factor', 'color', 'logo', 'behavior'],
    ],
    laterCovers: ['consent_text', 'former_names'],
    adopted: 1,
  },
  profile: {
    of: 'profile',
    label: 'profile-1',
    key: 'id',
    covers: [
      ...['id', 'organization', 'slug', 'version', 'definition', 'created_at', 'created_by'],
      ...['removed_at', 'removed_by', 'restored_from'],
    ],
    adopted: 1,
  },
  model_import: {
    of: 'model-import',
    label: 'model-import-1',
    key: 'id',
    covers: ['id', 'sha256', 'kept', 'imported_at'],
  },
  model_setting: {
    of: 'model-setting',
    label: 'model-setting-1',
    key: 'model',
    covers: ['model', 'enabled', 'accepted_licence_doubt', 'set_by', 'set_at'],
    adopted: 2,
  },
  behavior_layer: {
    of: 'behavior-layer',
    label: 'behavior-layer-1',
    key: 'organization',
    covers: ['organization', 'layer', 'accepted_model', 'accepted_by', 'accepted_at', 'own_weights'],
    adopted: 2,
  },
  destination_grant: {
    of: 'destination-grant',
    label: 'destination-grant-1',
    key: 'id',
    covers: [
      ...['id', 'organization', 'kind', 'value', 'port', 'reach', 'note', 'created_at', 'created_by'],
      ...['revoked_at', 'revoked_by'],
    ],
    adopted: 1,
  },
  webhook_endpoint: {
    of: 'webhook-endpoint',
    label: 'webhook-endpoint-1',
    key: 'id',
    covers: [
      ...['id', 'organization', 'world', 'kind', 'family', 'url', 'events', 'signature', 'signature_header'],
      ...['cut_over_at', 'ca', 'pin', 'lineage', 'state', 'created_at', 'created_by'],
    ],
    adopted: 1,
  },
  delivery: {
    of: 'webhook-delivery',
    label: 'webhook-delivery-1',
    key: 'id',
    covers: [
      ...['id', 'organization', 'world', 'endpoint', 'event', 'event_name', 'origin', 'lane', 'state'],
      'created_at',
    ],
    adopted: 1,
  },
  approval: {
    of: 'approval',
    label: 'approval-1',
    key: 'id',
    covers: [
      ...['id', 'organization', 'world', 'action', 'subject', 'requested_by', 'requested_at', 'expires_at'],
      ...['decision', 'decided_by', 'decided_at', 'about'],
    ],
    adopted: 1,
  },
  erasure: {
    of: 'erasure',
    label: 'erasure-1',
    key: 'id',
    // What was ordered: its state goes on by itself, and its receipt is signed.
    covers: ['id', 'organization', 'world', 'subject', 'reason', 'actor', 'request', 'intended_at'],
    laterCovers: ['consents'],
    adopted: 2,
  },
  api_key: {
    of: 'api-key',
    label: 'api-key-1',
    key: 'id',
    // Not its limits: their counters can be set back anyway.
    covers: [
      ...['id', 'organization', 'name', 'prefix', 'world', 'secret_hash', 'hint', 'scopes', 'origins'],
      ...['cidrs', 'profiles', 'browser', 'lineage', 'successor', 'created_at', 'expires_at', 'revoked_at'],
    ],
  },
  administrator: {
    of: 'administrator',
    label: 'administrator-1',
    key: 'id',
    covers: [
      ...['id', 'organization', 'email', 'role', 'appliance_owner', 'password', 'created_at', 'disabled_at'],
      ...['factor_due_at', 'factor_required'],
    ],
  },
  administrator_session: {
    of: 'administrator-session',
    label: 'administrator-session-1',
    key: 'id',
    covers: ['id', 'administrator', 'secret_hash', 'created_at', 'expires_at', 'factor_at', 'limited_to'],
    passing: true,
  },
  administrator_face: {
    of: 'administrator-face',
    label: 'administrator-face-1',
    key: 'administrator',
    covers: ['administrator', 'organization', 'template_sealed', 'seen', 'consent', 'created_at'],
  },
  passkey: {
    of: 'passkey',
    label: 'passkey-1',
    key: 'id',
    covers: ['id', 'administrator', 'site', 'public_key', 'counter', 'created_at'],
  },
  passkey_challenge: {
    of: 'passkey-challenge',
    key: 'holder',
    covers: ['holder', 'challenge', 'created_at'],
    passing: true,
  },
  sign_in_ticket: {
    of: 'sign-in-ticket',
    label: 'sign-in-ticket-1',
    key: 'hash',
    covers: ['hash', 'administrator', 'purpose', 'source', 'created_at', 'expires_at'],
    passing: true,
  },
  kiosk: {
    of: 'kiosk',
    label: 'kiosk-1',
    key: 'id',
    covers: ['id', 'organization', 'world', 'public_key', 'paired_at', 'revoked_at'],
  },
  operator_pin: {
    of: 'operator-pin',
    label: 'operator-pin-1',
    key: 'administrator',
    covers: ['administrator', 'hash', 'set_at'],
  },
  setup: {
    of: 'setup',
    label: 'setup-1',
    key: 'id',
    covers: ['token_hash', 'created_at', 'expires_at', 'claim_hash', 'factor_owed'],
  },
  live_session: {
    of: 'live-session',
    key: 'id',
    // All that lies plain, but for what an erasure takes out. What is sealed is bound to the row by itself.
    covers: [
      ...['id', 'organization', 'world', 'flow', 'state', 'token_hash', 'follower_hash', 'actor', 'profile'],
      ...['matching', 'verification', 'consent_version', 'consent_at', 'flash', 'motion', 'attempts'],
      ...['running_since', 'held_until', 'decision', 'decided_at', 'outcome'],
      ...['created_at', 'opened_at', 'expires_at'],
    ],
    laterCovers: ['running_by', 'consent_purposes'],
    passing: true,
  },
  behavior_verdict: {
    of: 'behavior-verdict',
    label: 'behavior-verdict-1',
    key: 'token_hash',
    // What the token stands for.
    covers: [
      ...['id', 'token_hash', 'organization', 'world', 'lineage', 'kind', 'user_hash'],
      ...['human', 'confidence:text', 'judged_at', 'expires_at'],
    ],
    laterCovers: ['asked'],
    passing: true,
  },
  behavior_session: {
    of: 'behavior-session',
    label: 'behavior-session-1',
    key: 'token_hash',
    covers: ['token_hash', 'state', 'beat_at', 'expires_at'],
    passing: true,
  },
} as const satisfies { [Name in keyof Schema]?: ProtectedTable };

export type ProtectedName = keyof typeof protectedTables;
export const protectedNames = Object.keys(protectedTables) as ProtectedName[];

/** A row that is there or will be, without its MAC. */
type Row = Readonly<Record<string, unknown>>;
// The tables have nothing in common but their MAC: rows are read and written by name.
// biome-ignore lint/suspicious/noExplicitAny: see above.
type AnyTables = any;

export const specOf = (name: ProtectedName): ProtectedTable => protectedTables[name];

const coveredBy = (name: ProtectedName, row: object): readonly string[] => {
  const { covers, laterCovers = [] } = specOf(name);
  const last = laterCovers.findLastIndex((column) => ((row as Row)[column] ?? null) !== null);
  return [...covers, ...laterCovers.slice(0, last + 1)];
};

type Field = string | number | null;

/** An absent column counts as null. */
const valuesOf = (columns: readonly string[], row: object): Field[] =>
  columns.map((column) => {
    const [named, kind] = column.split(':');
    const value = (row as Row)[named!] ?? null;
    if (value instanceof Uint8Array) return createHash('sha256').update(value).digest('hex');
    return kind === 'text' && value !== null ? String(value) : (value as Field);
  });

/** What the MAC of a row is made of. */
function fieldsOf(name: ProtectedName, row: object): Field[] {
  const { label } = specOf(name);
  return [...(label === undefined ? [] : [label]), ...valuesOf(coveredBy(name, row), row)];
}

/** Behind the MAC, as they were written: also those of releases that this program does not know. */
const writtenParts = (row: object): string[] =>
  String((row as Row).mac ?? '')
    .split('.')
    .slice(1);

/** How many parts cover what the row holds, as far as this program knows. */
const partsNeeded = (name: ProtectedName, row: object): number =>
  (specOf(name).parts ?? []).findLastIndex((columns) =>
    valuesOf(columns, row).some((value) => value !== null),
  ) + 1;

const partFields = (name: ProtectedName, at: number, row: object): Field[] => {
  const { label = name, key, parts = [] } = specOf(name);
  return [`${label} part ${at + 1}`, ...valuesOf([key, ...parts[at]!], row)];
};

/** How many parts there are is covered too: none can be taken away. */
const countedFields = (name: ProtectedName, row: object, parts: number): Field[] => [
  ...(parts === 0 ? [] : [`parts ${parts}`]),
  ...fieldsOf(name, row),
];

/** Of a row as it is now; `row.mac`, where there is one, is what it had before. */
export function macOf(integrity: RowIntegrity, name: ProtectedName, row: object): string {
  const { of, parts: known = [] } = specOf(name);
  const before = writtenParts(row);
  const count = Math.max(partsNeeded(name, row), before.length);
  const parts = Array.from({ length: count }, (_, at) =>
    at < known.length ? integrity.mac(of, partFields(name, at, row)) : before[at]!,
  );
  return [integrity.mac(of, countedFields(name, row, count)), ...parts].join('.');
}

/** The row with its MAC, to be inserted. */
export const withMac = <Values extends object>(
  integrity: RowIntegrity,
  name: ProtectedName,
  row: Values,
): Values & { mac: string } => ({ ...row, mac: macOf(integrity, name, row) });

/** Whether the service wrote the row as it is; of what a later release covers, whether it is covered. */
export function isSound(integrity: RowIntegrity, name: ProtectedName, row: { mac: string | null }): boolean {
  if (row.mac === null) return false;
  const { of, parts: known = [] } = specOf(name);
  const parts = writtenParts(row);
  if (parts.length < partsNeeded(name, row)) return false;
  const [mac = ''] = row.mac.split('.');
  return (
    integrity.verify(of, countedFields(name, row, parts.length), mac) &&
    parts.slice(0, known.length).every((part, at) => integrity.verify(of, partFields(name, at, row), part))
  );
}

/** Whether both hold the same in the columns that the MAC covers. */
export const holdsSame = (name: ProtectedName, row: object, other: object): boolean =>
  JSON.stringify(fieldsOf(name, row)) === JSON.stringify(fieldsOf(name, other));

/**
 * Changes a row and its MAC. A row that another program altered is changed too, but stays altered. Gives whether there is one, for which
 * `when` holds.
 */
export async function updateProtected<Name extends ProtectedName>(
  tx: Tx,
  integrity: RowIntegrity,
  name: Name,
  id: string,
  change: Updateable<Schema[Name]>,
  when: (row: Selectable<Schema[Name]>) => boolean = () => true,
): Promise<boolean> {
  const from: AnyTables = tx;
  const { key } = specOf(name);
  const row = await from.selectFrom(name).selectAll().where(key, '=', id).executeTakeFirst();
  if (row === undefined || !when(row)) return false;
  const mac = isSound(integrity, name, row) ? macOf(integrity, name, { ...row, ...change }) : row.mac;
  await from
    .updateTable(name)
    .set({ ...change, mac })
    .where(key, '=', id)
    .execute();
  return true;
}

/** Gives a row the MAC of what it holds now, also where another program wrote that. False where there is none with this id. */
export async function protectAsItIs(
  tx: Tx,
  integrity: RowIntegrity,
  name: ProtectedName,
  id: string,
): Promise<boolean> {
  const from: AnyTables = tx;
  const { key } = specOf(name);
  const row = await from.selectFrom(name).selectAll().where(key, '=', id).executeTakeFirst();
  if (row === undefined) return false;
  await from
    .updateTable(name)
    .set({ mac: macOf(integrity, name, row) })
    .where(key, '=', id)
    .execute();
  return true;
}

/** What a row holds of the columns that its MAC covers. */
export interface RowContent {
  /** Bytes as their SHA-256. */
  columns: Record<string, string | number | null>;
  /** Of all of them; another row, and the same row with another value, has another. */
  digest: string;
  /** The service wrote it as it is. */
  sound: boolean;
}

/** Undefined where there is no row with this id. */
export async function readContent(
  db: Db | Tx,
  integrity: RowIntegrity,
  name: ProtectedName,
  id: string,
): Promise<RowContent | undefined> {
  const from: AnyTables = db;
  const { key, label } = specOf(name);
  const row = await from.selectFrom(name).selectAll().where(key, '=', id).executeTakeFirst();
  if (row === undefined) return undefined;
  const { parts = [] } = specOf(name);
  const covers = [...coveredBy(name, row), ...parts.slice(0, partsNeeded(name, row)).flat()];
  const values = valuesOf(covers, row);
  const fields = [...(label === undefined ? [] : [label]), ...values];
  return {
    columns: Object.fromEntries(covers.map((column, i) => [column.split(':')[0]!, values[i]!])),
    digest: createHash('sha256')
      .update(JSON.stringify([name, ...fields]))
      .digest('hex')
      .slice(0, 32),
    sound: isSound(integrity, name, row),
  };
}

/** Rows that an earlier release wrote without a MAC, at most `limit`: of deliveries those that may still be sent. */
export async function unprotectedRows(tx: Db | Tx, name: ProtectedName, limit: number): Promise<string[]> {
  const from: AnyTables = tx;
  const { key } = specOf(name);
  let query = from.selectFrom(name).select(key).where('mac', 'is', null);
  if (name === 'delivery')
    query = query.where('state', 'in', ['waiting', 'failed']).where('kind', '=', 'webhook');
  const rows: Record<string, string>[] = await query.limit(limit).execute();
  return rows.map((row) => row[key]!);
}

/** Rows of a table in the order of their keys, after `after`; fewer than `limit` at the end. `waiting`: of deliveries those that will be sent. */
export async function rowsAfter(
  db: Db | Tx,
  name: ProtectedName,
  after: string,
  { limit, waiting = false }: { limit: number; waiting?: boolean },
): Promise<(Row & { mac: string | null })[]> {
  const from: AnyTables = db;
  const { key } = specOf(name);
  let query = from.selectFrom(name).selectAll().where(key, '>', after);
  if (waiting && name === 'delivery') query = query.where('state', '=', 'waiting');
  return query.orderBy(key).limit(limit).execute();
}
