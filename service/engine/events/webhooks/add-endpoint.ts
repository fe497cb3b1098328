import { defined } from '../../../lib/defined.ts';
import type { EndpointId, OrganizationId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { OutgoingError } from '../../../outgoing/outgoing.ts';
import { describeActor, type Foundation } from '../../audit/index.ts';
import type { Destinations } from '../destinations/destination.ts';
import {
  checkCa,
  checkDescription,
  checkHeaders,
  checkPin,
  checkSignatureHeader,
  dialectOf,
  type EndpointChange,
  type Family,
  invalid,
  type NewEndpoint,
  type PayloadDialect,
  readEvents,
  type SignatureDialect,
  type Webhooks,
} from './endpoint.ts';
import type { EndpointWriter } from './endpoint-keeping.ts';
import {
  type EndpointRow,
  type EndpointStore,
  type EndpointUpdate,
  insertEndpoint,
  requireEndpoint,
  requireOrganization,
  selectEndpoints,
} from './endpoint-store.ts';
import { type FillRandom, makeWebhookSecret, nextHeader, signatureHeaders } from './signature.ts';

interface AddEndpointDeps extends Pick<Foundation, 'ids' | 'clock'> {
  store: EndpointStore;
  writer: Pick<EndpointWriter, 'followed' | 'note'>;
  destinations: Pick<Destinations, 'check'>;
  dialects: readonly PayloadDialect[];
  random: FillRandom;
}

export function createAddEndpoint({
  store,
  writer: { followed, note },
  destinations,
  dialects,
  ids,
  clock,
  random,
}: AddEndpointDeps): Webhooks['add'] {
  return async function add(realm, wanted, actor) {
    const dialect = dialectOf(dialects, wanted.family);
    const fields = checkNewEndpoint(dialect, wanted, clock.now());
    await checkDestination(destinations, realm.organization, wanted.url);
    const id = ids.next('endpoint');
    const { headers, ...columns } = fields;
    const secret = makeWebhookSecret(fields.signature, random);
    const { organization, world } = realm;
    const row = await followed(id, async (tx) => {
      await requireOrganization(tx, organization);
      refuseTooMany(await selectEndpoints(tx, realm, { kind: 'endpoint' }), wanted.lineage);
      const inserted = await insertEndpoint(tx, store.integrity, {
        ...columns,
        id,
        organization,
        world,
        kind: 'endpoint',
        events: JSON.stringify(fields.events),
        secret_sealed: store.seal(organization, id, 'secret', secret),
        headers_sealed: store.sealHeaders(organization, id, headers),
        created_at: clock.now(),
        created_by: describeActor(actor),
      });
      await note(tx, actor, 'add', inserted, {
        to: new URL(wanted.url).origin,
        events: fields.events,
        signature: fields.signature,
        headers: Object.keys(headers),
        ...defined({ lineage: wanted.lineage }),
      });
      return inserted;
    });
    return { endpoint: store.toEndpoint(row, clock.now()), secret };
  };
}

const MOST_ENDPOINTS = 50;
const MOST_PER_LINEAGE = 5;
const LONGEST_URL = 2048;

/** The input as it is stored, without the destination. Throws INVALID_REQUEST. */
function checkNewEndpoint(dialect: PayloadDialect, wanted: NewEndpoint, now: number) {
  const { family, url, lineage, ca, pin } = wanted;
  checkUrl(url, lineage);
  const signature = wanted.signature ?? (lineage === undefined ? dialect.signature : 'timestamped');
  if (lineage !== undefined && signature !== 'timestamped')
    throw invalid(
      'signature',
      'Endpoints that an API key makes are signed with Huma-Signature (timestamped).',
    );
  const header = keptHeader(signature, wanted.signatureHeader);
  if (ca !== undefined && pin !== undefined) throw trustTwice();
  checkTrust(url, { ca, pin });
  return {
    family,
    url,
    description: checkDescription(wanted.description ?? ''),
    events: readEvents(dialect, wanted.events),
    signature,
    signature_header: header,
    headers: checkHeaders(wanted.headers ?? {}, takenNames(signature, header)),
    ca: ca === undefined ? null : checkCa(ca, now),
    pin: pin === undefined ? null : checkPin(pin),
    lineage: lineage ?? null,
  };
}

/** Further rules are in `Destinations.check`. Throws INVALID_REQUEST. */
function checkUrl(url: string, lineage: string | null | undefined): void {
  if (url.length > LONGEST_URL) throw invalid('url', `It must have at most ${LONGEST_URL} characters.`);
  if (typeof lineage === 'string' && !url.startsWith('https://'))
    throw invalid('url', 'It must start with https://.');
}

/** Throws INVALID_REQUEST for a CA or a pin that would never be used. */
function checkTrust(
  url: string,
  { ca, pin }: { ca?: string | null | undefined; pin?: string | null | undefined },
): void {
  if (!/^http:/i.test(url) || (ca == null && pin == null)) return;
  throw invalid(
    ca == null ? 'pin' : 'ca',
    'Over plain http no server proves who it is: give an address with https://, or omit this.',
  );
}

/** Throws as `Destinations.check`; a name without an address is INVALID_REQUEST too. */
async function checkDestination(
  destinations: Pick<Destinations, 'check'>,
  organization: OrganizationId,
  url: string,
): Promise<void> {
  try {
    await destinations.check(organization, url);
  } catch (error) {
    if ((error as Partial<OutgoingError>).failure !== 'unresolved') throw error;
    throw invalid('url', (error as OutgoingError).message);
  }
}

/** null where it is the dialect's own. Throws INVALID_REQUEST. */
function keptHeader(signature: SignatureDialect, name: string | undefined): string | null {
  if (name === undefined || name.toLowerCase() === signatureHeaders[signature].toLowerCase()) return null;
  return checkSignatureHeader(name);
}

/** Names that carry the signature, and its successor during a rotation. */
function takenNames(signature: SignatureDialect, header: string | null): string[] {
  const name = header ?? signatureHeaders[signature];
  return [name, nextHeader(name)];
}

const trustTwice = () => invalid('pin', 'Give a CA or a pin, not both: with a pin no CA is checked.');

/** Throws CONFLICT when there are as many as may be. */
function refuseTooMany(present: readonly { lineage: string | null }[], lineage: string | undefined): void {
  const same = present.filter((one) => one.lineage === lineage).length;
  if (lineage !== undefined && same >= MOST_PER_LINEAGE)
    throw new Problem(
      'CONFLICT',
      `This API key and those it succeeds have ${same} webhooks, and ${MOST_PER_LINEAGE} are the most: delete one first.`,
    );
  if (present.length >= MOST_ENDPOINTS)
    throw new Problem(
      'CONFLICT',
      `The organization has ${present.length} webhook endpoints in this world, and ${MOST_ENDPOINTS} are the most: remove one first, or let one endpoint take the events of several.`,
    );
}

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
  }: { dialect: PayloadDialect; headers: Record<string, string> | undefined; now: number },
): { update: Kept; details: Record<string, unknown> } | undefined {
  if (row.kind === 'callback' && (change.url !== undefined || change.events !== undefined))
    throw new Problem(
      'CONFLICT',
      'Callbacks go to the URL that each call names: this endpoint has none of its own.',
    );
  if (typeof change.ca === 'string' && typeof change.pin === 'string') throw trustTwice();
  if (present === undefined && change.headers === undefined)
    throw invalid('headers', 'They are damaged on the disk: name them again, or none ({}).');
  const signature = row.signature as SignatureDialect;
  const wanted: Kept = {};
  if (change.url !== undefined) {
    checkUrl(change.url, row.lineage);
    if (
      change.headers === undefined &&
      Object.keys(present ?? {}).length > 0 &&
      !isSameOrigin(change.url, row.url)
    )
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
  const headers = checkHeaders(change.headers ?? present ?? {}, takenNames(signature, header));

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

interface ApplyChangeDeps extends Pick<Foundation, 'db' | 'clock'> {
  store: EndpointStore;
  writer: Pick<EndpointWriter, 'alter'>;
  destinations: Pick<Destinations, 'check'>;
  dialects: readonly PayloadDialect[];
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
  if (!store.isReadable(row))
    throw new Problem(
      'CONFLICT',
      'The present secret or a header is damaged on the disk: renew the secret without an overlap, and give the headers again.',
    );
  // What took over at an earlier cut-over is the present one.
  const present = store.openNextSecret(row) ?? store.openSecret(row);
  return {
    secret_sealed: sealed('secret', present),
    next_secret_sealed: sealed('next_secret', secret),
    cut_over_at: now + overlap,
  };
}
