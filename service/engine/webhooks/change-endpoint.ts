import { Problem } from '../../lib/problem.ts';
import type { PayloadDialect, SignatureDialect } from './dialect.ts';
import type { EndpointChange } from './endpoint.ts';
import { checkDescription, checkHeaders, readEvents } from './endpoint-fields.ts';
import type { EndpointRow } from './endpoint-store.ts';
import { invalid } from './invalid.ts';
import { checkTrust, checkUrl, keptHeader, takenNames, trustTwice } from './new-endpoint.ts';
import { checkCa, checkPin } from './trusted-certificate.ts';

type Kept = Partial<
  Pick<EndpointRow, 'url' | 'description' | 'events' | 'signature_header' | 'ca' | 'pin'> & {
    headers: Record<string, string>;
  }
>;

/**
 * What is written for a change, and its details for the audit log; undefined when nothing would be different. A CA takes the place of a
 * pin, and a pin that of a CA. Throws INVALID_REQUEST, and CONFLICT for what an endpoint of callbacks has not.
 */
export function changeOf(
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
