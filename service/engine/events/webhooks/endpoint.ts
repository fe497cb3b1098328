import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { OrganizationId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import { actor, altered, id, type OfWorld, time } from '../../../lib/record-fields.ts';
import type { Actor } from '../../audit/index.ts';
import type { RecordedEvent } from '../domain-event.ts';
import type { EventRealm } from '../events.ts';
import { reasonCode } from '../reasons.ts';

/** The families with webhook payloads. Each has its door with `webhook-events.ts`. */
export const families = ['identity', 'sessions', 'behavior', 'hosted', 'registrations'] as const;
export type Family = (typeof families)[number];

/** `timestamped` is Huma-Signature, `sha256` X-VerifyHuman-Signature, `hex` x-proof-signature (contracts/README.md, Webhooks). */
export const signatureDialects = ['standard', 'timestamped', 'sha256', 'hex'] as const;
export type SignatureDialect = (typeof signatureDialects)[number];

/** One event of a family as its receivers know it. */
interface FamilyEvent {
  /** `<family>.<event>`: `identity.verification.success`. */
  name: string;
  /** A sentence for the catalog: when it fires. */
  when: string;
  /** False while the feature that fires it is not built: endpoints can subscribe, nothing comes yet. */
  fires: boolean;
  /** As it goes over the wire, exactly as the family's text shows it. */
  sample: Record<string, unknown>;
}

/** One event in the words of one family. */
export interface Translation {
  /** `<family>.<event>`: which endpoints want it. */
  name: string;
  /** Made when it is sent, not when it is relayed. The same at each call, never more than 20 kB as JSON, no picture. */
  body(): Record<string, unknown>;
}

/** A family's payloads, pure. Given by its door. */
export interface PayloadDialect {
  family: Family;
  events: readonly FamilyEvent[];
  /** What a receiver that did not choose gets. */
  signature: SignatureDialect;
  /** Undefined for an event that this family does not publish. */
  translate(event: RecordedEvent): Translation | undefined;
}

export const exampleOfEndpoint = {
  id: 'wh_01m7w3hb8hbf355he5zqwjztdk',
  kind: 'endpoint' as const,
  family: 'identity' as const,
  url: 'https://hooks.example.org/gatehouse',
  description: 'order system',
  events: ['identity.verification.success', 'identity.verification.failure'],
  signature: 'hex' as const,
  headers: ['x-source'],
  trust: { is: 'system' as const },
  state: { is: 'enabled' as const },
  createdAt: '2026-11-20T12:00:00.000Z',
  createdBy: 'key:key_01m7w2z9c0h2rb1yq7j5t8k3nd',
};

const kind = <Name extends string>(name: Name) => z.literal(name).describe('Kind');

/** Where an organization's events go. Its secret is shown once and never listed. */
export const Endpoint = z
  .object({
    id: id<'endpoint'>(),
    kind: z.enum(['endpoint', 'callback']).describe('`callback`: made for the callback URL of a session'),
    family: z.enum(families).describe('API family of its events and payloads'),
    url: z.string().describe('URL of the receiver'),
    description: z.string().describe('Name for people'),
    events: z.array(z.string()).describe('Names from the catalog'),
    signature: z.enum(signatureDialects).describe('Signature dialect'),
    signatureHeader: z
      .string()
      .optional()
      .describe('Header of the signature, if it differs from the dialect'),
    headers: z.array(z.string()).describe('Names of your own headers; their values are never shown'),
    trust: z
      .discriminatedUnion('is', [
        z.object({ is: kind('system') }),
        z.object({ is: kind('ca') }),
        z.object({ is: kind('pin'), pin: z.string().describe('SHA-256 of the key, Base64') }),
      ])
      .describe(
        "How the receiver's certificate is verified: by the system's CAs, a CA of its own, or one public key",
      ),
    state: z
      .discriminatedUnion('is', [
        z.object({ is: kind('enabled') }),
        z.object({
          is: kind('disabled'),
          reason: z.string().describe('Why'),
          reasonCode,
          at: time('Time of the change'),
        }),
      ])
      .describe('Whether it is enabled; if not, the reason'),
    altered,
    cutOverAt: time('End of the old secret during a rotation').optional(),
    failingSince: time('Time since when no delivery was accepted; after five days it is disabled').optional(),
    lineage: z
      .string()
      .optional()
      .describe('Lineage of the API key that created it through `/api/v1/webhooks`; not shown to a key'),
    createdAt: time('Time of creation'),
    createdBy: actor,
  })
  .meta({ id: 'Webhook', description: 'A receiver of events.', examples: [exampleOfEndpoint] });
export type Endpoint = OfWorld<typeof Endpoint>;

export interface NewEndpoint {
  family: Family;
  url: string;
  /** All of the family when absent. */
  events?: readonly string[];
  signature?: SignatureDialect;
  signatureHeader?: string;
  headers?: Readonly<Record<string, string>>;
  description?: string;
  /** PEM. */
  ca?: string;
  pin?: string;
  /** Lineage of the API key that created it through /api/v1/webhooks: at most five, https only, `timestamped`. */
  lineage?: string;
}

export type EndpointChange = Partial<
  Pick<NewEndpoint, 'url' | 'events' | 'signatureHeader' | 'headers' | 'description'>
> & {
  /** null: the system's CAs again. */
  ca?: string | null;
  pin?: string | null;
};

/** Webhook endpoints of one organization and world. Every refusal is a Problem: INVALID_REQUEST, NOT_FOUND, CONFLICT, DESTINATION_*. */
export interface Webhooks {
  /** `whsec_…` (`huma_whsec_…` for `timestamped`), shown this once. */
  add(
    realm: EventRealm,
    endpoint: NewEndpoint,
    actor: Actor,
  ): Promise<{ endpoint: Endpoint; secret: string }>;
  /** All of them, the oldest first. */
  list(realm: EventRealm, filter?: { family?: Family; lineage?: string }): Promise<Endpoint[]>;
  /** At most `limit`, the newest first, of those older than the webhook `before`. */
  page(realm: EventRealm, page: { family?: Family; before?: string; limit: number }): Promise<Endpoint[]>;
  get(realm: EventRealm, id: string): Promise<Endpoint>;
  /** Of the live world: how many are disabled or accept nothing, and whose enabled ones need a grant. */
  troubles(): Promise<{ failing: number; granted: OrganizationId[] }>;
  change(realm: EventRealm, id: string, change: EndpointChange, actor: Actor): Promise<Endpoint>;
  enable(realm: EventRealm, id: string, actor: Actor): Promise<Endpoint>;
  /** What waits for it stays waiting for as long as the schedule lasts, and goes out when it is enabled again. */
  disable(realm: EventRealm, id: string, reason: string, actor: Actor): Promise<Endpoint>;
  /** The new secret, shown this once; the old one signs `overlap` milliseconds more (see contracts, Webhooks). */
  rotate(
    realm: EventRealm,
    id: string,
    overlap: number,
    actor: Actor,
  ): Promise<{ endpoint: Endpoint; secret: string }>;
  /** Nothing is sent to it any more; its deliveries stay in the log. */
  remove(realm: EventRealm, id: string, actor: Actor): Promise<void>;
  catalog(): readonly (FamilyEvent & { family: Family })[];
}

/** INVALID_REQUEST about one field of the request. "It is empty." becomes 'The field "url" is empty.' */
export const invalid = (path: string, message: string): Problem =>
  new Problem('INVALID_REQUEST', message.replace(/^It /, `The field "${path}" `), {
    details: [{ path, message }],
  });

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}$/;
/** Headers that HTTP, the standard or the delivery sets. */
const reserved = new Set([
  'host',
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'accept-encoding',
  'user-agent',
  'date',
]);
const reservedBeginnings = ['content-', 'webhook-', 'proxy-', 'sec-', ':'];
/** What a control character or a character beyond Latin-1 makes of a header's value is up to the receiver. */
const VALUE = /^[\t\x20-\x7e\xa0-\xff]*$/;

/** Control characters, line separators and overrides of the reading direction forge lines where an operator reads them. */
const FORGING = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

const NO_NAME = 'It must be a header’s name: 1 to 64 letters, digits and hyphens.';
const MOST_HEADERS = 20;
const MOST_HEADER_BYTES = 4096;
const MOST_DESCRIPTION = 200;

/** As receivers compare names: in CGI and WSGI `webhook_id` equals `webhook-id`. */
const folded = (name: string) => name.toLowerCase().replaceAll('_', '-');
const isReserved = (name: string) =>
  reserved.has(folded(name)) || reservedBeginnings.some((one) => folded(name).startsWith(one));

/** As names of the family (`<family>.<event>`), each once; without any, all of them. Throws INVALID_REQUEST. */
export function readEvents(
  { family, events }: Pick<PayloadDialect, 'family' | 'events'>,
  wanted: readonly string[] | undefined,
): string[] {
  const all = events.map(({ name }) => name);
  if (wanted === undefined) return all;
  if (wanted.length === 0)
    throw invalid('events', 'Name at least one event, or leave them out: then it gets all of them.');
  const found = wanted.map((given, i) => {
    const name = all.find((one) => one === given) ?? all.find((one) => one === `${family}.${given}`);
    if (name !== undefined) return name;
    const known = all.map((one) => one.slice(family.length + 1)).join(', ');
    throw invalid(`events.${i}`, `“${given}” is no event of the family ${family}, which has: ${known}.`);
  });
  return [...new Set(found)];
}

/** The dialect of a family. Throws INVALID_REQUEST for a family without webhooks. */
export function dialectOf(dialects: readonly PayloadDialect[], family: Family): PayloadDialect {
  const dialect = dialects.find((one) => one.family === family);
  if (dialect) return dialect;
  const known = dialects.map((one) => one.family).join(', ');
  throw invalid('family', `The family ${family} has no events. Families with events: ${known || 'none'}.`);
}

/** Throws INVALID_REQUEST for a name that is no header's, or means something else. */
export function checkSignatureHeader(name: string): string {
  if (!TOKEN.test(name)) throw invalid('signatureHeader', NO_NAME);
  // Assigned to an object, the last of these is lost.
  if (isReserved(name) || /^(authorization|cookie|__proto__)$/i.test(name))
    throw invalid(
      'signatureHeader',
      `“${name}” means something else to a receiver: choose a name such as X-Our-Signature.`,
    );
  return name;
}

/**
 * Custom headers as they are kept, values without blanks around them. `taken` are the names that signatures stand under.
 * Throws INVALID_REQUEST; no message repeats a value, which may be a password.
 */
export function checkHeaders(
  headers: Readonly<Record<string, string>>,
  taken: readonly string[],
): Record<string, string> {
  const entries = Object.entries(headers);
  if (entries.length > MOST_HEADERS)
    throw invalid('headers', `An endpoint takes at most ${MOST_HEADERS} headers of yours.`);
  const seen = new Set<string>();
  const kept: [string, string][] = [];
  let bytes = 0;
  for (const [name, given] of entries) {
    const path = `headers.${name.slice(0, 64)}`;
    const low = name.toLowerCase();
    const value = given.replaceAll(/^[ \t]+|[ \t]+$/g, '');
    if (!TOKEN.test(name)) throw invalid(path, NO_NAME);
    if (isReserved(name))
      throw invalid(path, `The header “${name}” is not yours to set: the delivery itself says it.`);
    if (taken.some((one) => folded(one) === folded(name)))
      throw invalid(
        path,
        `The header “${name}” carries the signature: choose another name for one of the two.`,
      );
    if (seen.has(low)) throw invalid(path, `The header “${name}” is there twice.`);
    if (!VALUE.test(value))
      throw invalid(path, 'It holds a line break or another character that no header can carry.');
    seen.add(low);
    bytes += name.length + value.length + 4;
    kept.push([name, value]);
  }
  if (bytes > MOST_HEADER_BYTES)
    throw invalid(
      'headers',
      `Your headers together may have ${MOST_HEADER_BYTES} bytes, these have ${bytes}.`,
    );
  // `__proto__` is a header's name like any other.
  return Object.fromEntries(kept);
}

/** Throws INVALID_REQUEST. */
export function checkDescription(text: string): string {
  if (text.length > MOST_DESCRIPTION)
    throw invalid('description', `It must have at most ${MOST_DESCRIPTION} characters.`);
  if (FORGING.test(text)) throw invalid('description', 'It must be one line of text.');
  return text.toWellFormed();
}

const MOST_BYTES = 64 * 1024;
const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/**
 * The certificates of a PEM text, alone: each is a CA's and in its time. Throws INVALID_REQUEST with a sentence that says which is not,
 * and what to give instead.
 */
export function checkCa(pem: string, now: number): string {
  if (pem.length > MOST_BYTES) throw invalid('ca', 'It must have at most 64 kB.');
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem))
    throw invalid(
      'ca',
      'It holds a private key, which belongs to the receiver alone: give the CA’s certificate.',
    );
  const blocks = pem.match(BLOCK) ?? [];
  if (blocks.length === 0)
    throw invalid('ca', 'It holds no certificate: a PEM file has “-----BEGIN CERTIFICATE-----” in it.');
  for (const block of blocks) checkCertificate(block, now);
  return `${blocks.join('\n')}\n`;
}

function checkCertificate(pem: string, now: number): void {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch {
    throw invalid('ca', 'A certificate in it cannot be read: it is damaged.');
  }
  const { subject, ca, validFromDate, validToDate } = certificate;
  const name = subject.replaceAll(/\s*\n\s*/g, ', ');
  if (!ca)
    throw invalid(
      'ca',
      `“${name}” is no CA’s certificate: give the one that signed it, or pin its key with “pin”.`,
    );
  if (validToDate.getTime() <= now)
    throw invalid('ca', `The CA “${name}” ended on ${validToDate.toISOString()}: give its successor.`);
  if (validFromDate.getTime() > now)
    throw invalid(
      'ca',
      `The CA “${name}” begins on ${validFromDate.toISOString()}: check the clock of this machine, or wait until then.`,
    );
}

/** Base64 of a SHA-256. Throws INVALID_REQUEST. */
export function checkPin(pin: string): string {
  const bytes = Buffer.from(pin, 'base64');
  if (bytes.length === 32 && bytes.toString('base64') === pin) return pin;
  throw invalid(
    'pin',
    'It must be the SHA-256 of the receiver’s public key (SubjectPublicKeyInfo) in base64, 44 characters: openssl x509 -in cert.pem -noout -pubkey | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64',
  );
}
