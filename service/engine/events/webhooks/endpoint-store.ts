import type { Insertable, Selectable, Updateable } from 'kysely';
import { parseJson } from '../../../lib/canonical-json.ts';
import { defined } from '../../../lib/defined.ts';
import type { EndpointId, OrganizationId, World } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import {
  isSound,
  type RowIntegrity,
  updateProtected,
  withMac,
} from '../../../storage/keys/protected-tables.ts';
import type { Schema } from '../../../storage/schema.ts';
import type { Sealer } from '../../../storage/sealing/sealed.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import type { EventRealm } from '../events.ts';
import { reasonCodeOf, reasons } from '../reasons.ts';
import type { Endpoint, Family, SignatureDialect } from './endpoint.ts';

export type EndpointSealer = Pick<Sealer, 'sealOwn' | 'openOwn'>;
export type EndpointRow = Selectable<Schema['webhook_endpoint']>;
export type EndpointUpdate = Updateable<Schema['webhook_endpoint']>;
/** What is sealed in a row, each under its own name. */
export type SealedField = 'secret' | 'next_secret' | 'headers';

const VERSION = 1;

const disabled = (reason: string, at: number) =>
  ({ is: 'disabled', reason, ...defined({ reasonCode: reasonCodeOf(reason) }), at }) as const;

/** The table `webhook_endpoint`. */
export function createEndpointStore({
  sealer,
  integrity,
}: {
  sealer: EndpointSealer;
  integrity: RowIntegrity;
}) {
  const contextOf = (organization: string, id: string, field: SealedField) => ({
    organization: organization as OrganizationId,
    field: `webhook_endpoint.${field}/${id}`,
    version: VERSION,
  });
  const openText = (row: EndpointRow, field: SealedField, sealed: Uint8Array) =>
    new TextDecoder().decode(sealer.openOwn(contextOf(row.organization, row.id, field), sealed));

  /** Undefined where it is damaged, or the organization was erased. */
  const openSafely = (row: EndpointRow, field: SealedField, sealed: Uint8Array): string | undefined => {
    try {
      return openText(row, field, sealed);
    } catch {
      return undefined;
    }
  };

  /** Custom headers by name; undefined where they are damaged. */
  function openHeaders(row: EndpointRow): Record<string, string> | undefined {
    const text = row.headers_sealed === null ? '{}' : openSafely(row, 'headers', row.headers_sealed);
    return text === undefined ? undefined : (JSON.parse(text) as Record<string, string>);
  }

  const isReadable = (row: EndpointRow): boolean =>
    openHeaders(row) !== undefined &&
    openSafely(row, 'secret', row.secret_sealed) !== undefined &&
    (row.next_secret_sealed === null || openSafely(row, 'next_secret', row.next_secret_sealed) !== undefined);

  const seal = (organization: OrganizationId, id: EndpointId, field: SealedField, text: string): Uint8Array =>
    sealer.sealOwn(contextOf(organization, id, field), new TextEncoder().encode(text));

  const isOwn = (row: EndpointRow) => isSound(integrity, 'webhook_endpoint', row);

  return {
    seal,
    integrity,
    /** False for a row that another program wrote or changed: nothing is sent there. */
    isOwn,
    /** False where its headers or a secret are damaged: nothing is sent there. */
    isReadable,
    sealHeaders: (
      organization: OrganizationId,
      id: EndpointId,
      headers: Readonly<Record<string, string>>,
    ): Uint8Array | null =>
      Object.keys(headers).length === 0 ? null : seal(organization, id, 'headers', JSON.stringify(headers)),
    openHeaders,
    openSecret: (row: EndpointRow): string => openText(row, 'secret', row.secret_sealed),
    openNextSecret: (row: EndpointRow): string | undefined =>
      row.next_secret_sealed === null ? undefined : openText(row, 'next_secret', row.next_secret_sealed),

    /** As it is shown; a rotation whose cut-over is past is over. */
    toEndpoint: (row: EndpointRow, now: number): Endpoint => ({
      id: row.id as EndpointId,
      organization: row.organization as OrganizationId,
      world: row.world as World,
      kind: row.kind as Endpoint['kind'],
      family: row.family as Family,
      url: row.url,
      description: row.description,
      events: parseJson<string[]>(row.events) ?? [],
      signature: row.signature as SignatureDialect,
      signatureHeader: row.signature_header ?? undefined,
      headers: Object.keys(openHeaders(row) ?? {}),
      trust:
        row.pin !== null ? { is: 'pin', pin: row.pin } : row.ca !== null ? { is: 'ca' } : { is: 'system' },
      state: !isOwn(row)
        ? disabled(reasons['webhook-altered'], row.state_at)
        : row.state !== 'enabled'
          ? disabled(row.state_reason ?? '', row.state_at)
          : isReadable(row)
            ? { is: 'enabled' }
            : disabled(reasons['webhook-damaged'], row.state_at),
      cutOverAt: row.cut_over_at !== null && now < row.cut_over_at ? row.cut_over_at : undefined,
      failingSince: row.failing_since ?? undefined,
      lineage: row.lineage ?? undefined,
      createdAt: row.created_at,
      createdBy: row.created_by,
      ...(!isOwn(row) && { altered: true as const }),
    }),
  };
}

export type EndpointStore = ReturnType<typeof createEndpointStore>;

type NewRow = Omit<
  Insertable<Schema['webhook_endpoint']>,
  'next_secret_sealed' | 'cut_over_at' | 'state' | 'state_reason' | 'state_at' | 'failing_since'
>;

/** Enabled, with one secret. */
export async function insertEndpoint(tx: Tx, integrity: RowIntegrity, row: NewRow): Promise<EndpointRow> {
  const whole = {
    ...row,
    next_secret_sealed: null,
    cut_over_at: null,
    state: 'enabled',
    state_reason: null,
    state_at: row.created_at,
    failing_since: null,
  };
  return tx
    .insertInto('webhook_endpoint')
    .values(withMac(integrity, 'webhook_endpoint', whole))
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function updateEndpoint(
  tx: Tx,
  integrity: RowIntegrity,
  id: string,
  change: EndpointUpdate,
): Promise<void> {
  await updateProtected(tx, integrity, 'webhook_endpoint', id, change);
}

/** In any state. */
export async function selectEndpointById(db: Db | Tx, id: EndpointId): Promise<EndpointRow | undefined> {
  return db.selectFrom('webhook_endpoint').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Those of the live world that were not removed, of all organizations. */
export const selectLiveEndpoints = (db: Db) =>
  db
    .selectFrom('webhook_endpoint')
    .select(['organization', 'kind', 'state', 'failing_since'])
    .where('world', '=', 'live')
    .where('state', '!=', 'removed')
    .execute();

async function selectEndpoint(db: Db | Tx, realm: EventRealm, id: string): Promise<EndpointRow | undefined> {
  return endpointsOf(db, realm).where('id', '=', id).executeTakeFirst();
}

/** Endpoints that were not removed. */
function endpointsOf(db: Db | Tx, { organization, world }: EventRealm, family?: Family) {
  const query = db
    .selectFrom('webhook_endpoint')
    .selectAll()
    .where('organization', '=', organization)
    .where('world', '=', world)
    .where('state', '!=', 'removed');
  return family === undefined ? query : query.where('family', '=', family);
}

export async function selectEndpoints(
  db: Db | Tx,
  realm: EventRealm,
  { family, lineage, kind }: { family?: Family; lineage?: string; kind?: Endpoint['kind'] } = {},
): Promise<EndpointRow[]> {
  let query = endpointsOf(db, realm, family);
  if (lineage !== undefined) query = query.where('lineage', '=', lineage);
  if (kind !== undefined) query = query.where('kind', '=', kind);
  return query.orderBy('id').execute();
}

/** The newest first, older than `before`. */
export async function selectEndpointPage(
  db: Db,
  realm: EventRealm,
  { family, before, limit }: { family?: Family; before?: string; limit: number },
): Promise<EndpointRow[]> {
  let query = endpointsOf(db, realm, family);
  if (before !== undefined) query = query.where('id', '<', before);
  return query.orderBy('id', 'desc').limit(limit).execute();
}

/** Endpoints of all organizations. */
export async function selectAllEndpoints(db: Db): Promise<EndpointRow[]> {
  return db
    .selectFrom('webhook_endpoint')
    .selectAll()
    .where('state', '!=', 'removed')
    .orderBy('id')
    .execute();
}

/** Those whose headers or secret are damaged; at most 50 of an organization and world. */
export const damagedEndpoints = async (
  db: Db,
  deps: Parameters<typeof createEndpointStore>[0],
): Promise<EndpointRow[]> => {
  const { isReadable } = createEndpointStore(deps);
  return (await selectAllEndpoints(db)).filter((row) => !isReadable(row));
};

/** Throws NOT_FOUND for an organization that is not there, CONFLICT for one that was erased. */
export async function requireOrganization(tx: Tx, organization: OrganizationId): Promise<void> {
  const row = await tx
    .selectFrom('organization')
    .select('erased_at')
    .where('id', '=', organization)
    .executeTakeFirst();
  if (row === undefined) throw new Problem('NOT_FOUND', `No organization has the id ${organization}.`);
  if (row.erased_at !== null)
    throw new Problem(
      'CONFLICT',
      `The organization ${organization} was erased: nothing can be created in it.`,
    );
}

/** Throws NOT_FOUND. */
export async function requireEndpoint(source: Db | Tx, realm: EventRealm, id: string): Promise<EndpointRow> {
  const row = await selectEndpoint(source, realm, id);
  if (row) return row;
  throw new Problem(
    'NOT_FOUND',
    `There is no webhook endpoint with the id ${id.slice(0, 64)} in the ${realm.world} world.`,
  );
}
