import type { Clock } from '../../../lib/clock.ts';
import { defined } from '../../../lib/defined.ts';
import type { Ids, OrganizationId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { OutgoingError } from '../../../outgoing/outgoing.ts';
import { describeActor } from '../../audit/index.ts';
import type { Destinations } from '../destinations/destination.ts';
import {
  invalid,
  type NewEndpoint,
  type PayloadDialect,
  type SignatureDialect,
  type Webhooks,
} from './endpoint.ts';
import {
  checkCa,
  checkDescription,
  checkHeaders,
  checkPin,
  checkSignatureHeader,
  dialectOf,
  readEvents,
} from './endpoint-fields.ts';
import type { EndpointWriter } from './endpoint-keeping.ts';
import {
  type EndpointStore,
  insertEndpoint,
  requireOrganization,
  selectEndpoints,
} from './endpoint-store.ts';
import { type FillRandom, makeWebhookSecret, nextHeader, signatureHeaders } from './signature.ts';

interface AddEndpointDeps {
  store: EndpointStore;
  writer: Pick<EndpointWriter, 'followed' | 'note'>;
  destinations: Pick<Destinations, 'check'>;
  dialects: readonly PayloadDialect[];
  ids: Ids;
  clock: Clock;
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
      requireRoom(await selectEndpoints(tx, realm, { kind: 'endpoint' }), wanted.lineage);
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
export function checkUrl(url: string, lineage: string | null | undefined): void {
  if (url.length > LONGEST_URL) throw invalid('url', `It must have at most ${LONGEST_URL} characters.`);
  if (typeof lineage === 'string' && !url.startsWith('https://'))
    throw invalid('url', 'It must start with https://.');
}

/** Throws INVALID_REQUEST for a CA or a pin that would never be used. */
export function checkTrust(
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
export async function checkDestination(
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
export function keptHeader(signature: SignatureDialect, name: string | undefined): string | null {
  if (name === undefined || name.toLowerCase() === signatureHeaders[signature].toLowerCase()) return null;
  return checkSignatureHeader(name);
}

/** Names that carry the signature, and its successor during a rotation. */
export function takenNames(signature: SignatureDialect, header: string | null): string[] {
  const name = header ?? signatureHeaders[signature];
  return [name, nextHeader(name)];
}

export const trustTwice = () => invalid('pin', 'Give a CA or a pin, not both: with a pin no CA is checked.');

/** Throws CONFLICT when there are as many as may be. */
function requireRoom(present: readonly { lineage: string | null }[], lineage: string | undefined): void {
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
