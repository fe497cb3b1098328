import type { Clock } from '../../../lib/clock.ts';
import type { EndpointId, OrganizationId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Db } from '../../../storage/transaction.ts';
import type { Destinations } from '../destinations/destination.ts';
import {
  checkDestination,
  checkTrust,
  checkUrl,
  keptHeader,
  takenNames,
  trustTwice,
} from './add-endpoint.ts';
import {
  type EndpointChange,
  type Family,
  invalid,
  type PayloadDialect,
  type SignatureDialect,
  type Webhooks,
} from './endpoint.ts';
import {
  checkCa,
  checkDescription,
  checkHeaders,
  checkPin,
  dialectOf,
  readEvents,
} from './endpoint-fields.ts';
import type { EndpointWriter } from './endpoint-keeping.ts';
import {
  type EndpointRow,
  type EndpointStore,
  type EndpointUpdate,
  requireEndpoint,
} from './endpoint-store.ts';

type Kept = Partial<
  Pick<EndpointRow, 'url' | 'description' | 'events' | 'signature_header' | 'ca' | 'pin'> & {
    headers: Record<string, string>;
  }
>;

/**
 * What is written for a change, and its details for the audit log; undefined when nothing would be different. A CA takes the place of a
 * pin, and a pin that of a CA. Throws INVALID_REQUEST, and CONFLICT for what an endpoint of callbacks has not.
 */
function changeOf(
  row: EndpointRow,
  change: EndpointChange,
  {
    dialect,
    headers: present,
    now,
  }: { dialect: PayloadDialect; headers: Record<string, string>; now: number },
): { update: Kept; details: Record<string, unknown> } | undefined {
  if (row.kind === 'callback' && (change.url !== undefined || change.events !== undefined))
    throw new Problem(
      'CONFLICT',
      'Callbacks go to the URL that each call names: this endpoint has none of its own.',
    );
  if (typeof change.ca === 'string' && typeof change.pin === 'string') throw trustTwice();
  const signature = row.signature as SignatureDialect;
  const wanted: Kept = {};
  if (change.url !== undefined) {
    checkUrl(change.url, row.lineage);
    if (change.headers === undefined && Object.keys(present).length > 0 && !isSameOrigin(change.url, row.url))
      throw invalid(
        'headers',
        'Their values were given for another server, and are not sent to this one: name them again, or none ({}).',
      );
    wanted.url = change.url;
  }
  if (change.description !== undefined) wanted.description = checkDescription(change.description);
  if (change.events !== undefined) wanted.events = JSON.stringify(readEvents(dialect, change.events));
  if (change.signatureHeader !== undefined)
    wanted.signature_header = keptHeader(signature, change.signatureHeader);
  if (change.ca !== undefined) wanted.ca = change.ca === null ? null : checkCa(change.ca, now);
  if (change.pin !== undefined) wanted.pin = change.pin === null ? null : checkPin(change.pin);
  if (typeof change.ca === 'string') wanted.pin = null;
  if (typeof change.pin === 'string') wanted.ca = null;
  checkTrust(wanted.url ?? row.url, { ...row, ...wanted });
  const header = wanted.signature_header === undefined ? row.signature_header : wanted.signature_header;
  const headers = checkHeaders(change.headers ?? present, takenNames(signature, header));

  const update: Kept = Object.fromEntries(
    Object.entries(wanted).filter(([name, value]) => row[name as keyof EndpointRow] !== value),
  );
  if (JSON.stringify(headers) !== JSON.stringify(present)) update.headers = headers;
  if (Object.keys(update).length === 0) return undefined;
  return { update, details: detailsOf(update) };
}

const isSameOrigin = (a: string, b: string) => new URL(a).origin === new URL(b).origin;

/** A URL's path may be a secret, and a header's value is one. */
function detailsOf({ url, events, headers, ca, description, ...rest }: Kept): Record<string, unknown> {
  return {
    ...rest,
    ...(description !== undefined && { description: true }),
    ...(url !== undefined && { to: new URL(url).origin }),
    ...(events !== undefined && { events: JSON.parse(events) as unknown }),
    ...(headers !== undefined && { headers: Object.keys(headers) }),
    ...(ca !== undefined && { ca: ca !== null }),
  };
}

interface ApplyChangeDeps {
  db: Db;
  store: EndpointStore;
  writer: Pick<EndpointWriter, 'alter'>;
  destinations: Pick<Destinations, 'check'>;
  dialects: readonly PayloadDialect[];
  clock: Clock;
}

export function createApplyChange({
  db,
  store,
  writer: { alter },
  destinations,
  dialects,
  clock,
}: ApplyChangeDeps): Webhooks['change'] {
  return async function apply(realm, id, change, actor) {
    await requireEndpoint(db, realm, id);
    if (change.url !== undefined) await checkDestination(destinations, realm.organization, change.url);
    const row = await alter(
      realm,
      id,
      (before) => {
        const dialect = dialectOf(dialects, before.family as Family);
        const made = changeOf(before, change, {
          dialect,
          headers: store.openHeaders(before),
          now: clock.now(),
        });
        if (made === undefined) return undefined;
        const { headers, ...update } = made.update;
        return {
          action: 'change',
          details: made.details,
          update: {
            ...update,
            ...(headers !== undefined && {
              headers_sealed: store.sealHeaders(realm.organization, before.id as EndpointId, headers),
            }),
          },
        };
      },
      actor,
    );
    return store.toEndpoint(row, clock.now());
  };
}

/** 30 days in milliseconds. */
const LONGEST_OVERLAP = 30 * 86_400_000;

/** Throws INVALID_REQUEST. */
export function checkOverlap(milliseconds: number): void {
  if (!Number.isSafeInteger(milliseconds) || milliseconds < 0 || milliseconds > LONGEST_OVERLAP)
    throw invalid('overlap', 'The old secret may sign for 0 milliseconds to 30 days more.');
}

/**
 * What is written so that `secret` takes over in `overlap` milliseconds, at once for 0. No timer is needed: opening the endpoint reads
 * the clock. Throws CONFLICT while an earlier one has not taken over yet.
 */
export function rotateSecret(
  store: EndpointStore,
  row: EndpointRow,
  { secret, overlap, now }: { secret: string; overlap: number; now: number },
): EndpointUpdate {
  if (row.cut_over_at !== null && now < row.cut_over_at)
    throw new Problem(
      'CONFLICT',
      `The secret is being rotated already, until ${new Date(row.cut_over_at).toISOString()}. If one has leaked, disable the endpoint until then, or remove it and add it anew.`,
    );
  const sealed = (field: 'secret' | 'next_secret', text: string) =>
    store.seal(row.organization as OrganizationId, row.id as EndpointId, field, text);
  if (overlap === 0)
    return { secret_sealed: sealed('secret', secret), next_secret_sealed: null, cut_over_at: null };
  // What took over at an earlier cut-over is the present one.
  const present = store.openNextSecret(row) ?? store.openSecret(row);
  return {
    secret_sealed: sealed('secret', present),
    next_secret_sealed: sealed('next_secret', secret),
    cut_over_at: now + overlap,
  };
}
