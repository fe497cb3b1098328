import type { OrganizationId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { OutgoingError } from '../../outgoing/outgoing.ts';
import type { Destinations } from '../destinations/index.ts';
import type { PayloadDialect, SignatureDialect } from './dialect.ts';
import type { NewEndpoint } from './endpoint.ts';
import { checkDescription, checkHeaders, checkSignatureHeader, readEvents } from './endpoint-fields.ts';
import { invalid } from './invalid.ts';
import { nextHeader, signatureHeaders } from './signature.ts';
import { checkCa, checkPin } from './trusted-certificate.ts';

const MOST_ENDPOINTS = 50;
const MOST_PER_LINEAGE = 5;
const LONGEST_URL = 2048;

/** The input as it is stored, without the destination. Throws INVALID_REQUEST. */
export function checkNewEndpoint(dialect: PayloadDialect, wanted: NewEndpoint, now: number) {
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
export function requireRoom(
  present: readonly { lineage: string | null }[],
  lineage: string | undefined,
): void {
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
