import { toUtf8 } from './hmac.ts';
import { findSignatures, holds, readStamp, type WebhookDialect } from './signatures.ts';
import { readHeaders, type WebhookHeaders } from './webhook-headers.ts';
import { WebhookVerificationError } from './webhook-verification-error.ts';

export interface VerifyWebhookOptions {
  /** Seconds that the signed time may lie before or after now; 300 unless given. */
  tolerance?: number;
  /** The header of the signature, where the endpoint has a name of its own for it. */
  header?: string;
  /**
   * Accepts a `sha256` or `hex` signature without the headers of Standard Webhooks beside it. Gatehouse always sends them; the
   * services whose dialect this is do not. Then a replayed old delivery is not detected.
   */
  allowUntimed?: boolean;
  /** Milliseconds since 1970; the machine’s own clock unless given. */
  now?: () => number;
}

/** As each family spells it; `event` is its name for what happened. */
export type WebhookEvent = { event: string } & Record<string, unknown>;

export interface VerifiedWebhook<Event> {
  /** `webhook-id`: the same at every attempt, so that a repeated delivery is recognized. Undefined where the header is absent. */
  id: string | undefined;
  /** When this attempt was sent, as it was signed. Undefined only with `allowUntimed`. */
  timestamp: Date | undefined;
  /** Of the endpoint. */
  dialect: WebhookDialect;
  /** The body, parsed. */
  event: Event;
}

/**
 * Proves that a delivery comes from Gatehouse, unchanged and not long ago, and gives what it says. Every signature that is there
 * has to hold, and every time it signs has to be near: a header taken away or added gains nothing.
 *
 * `rawBody` is the body exactly as it came: not parsed, not put together again. `secret` is the endpoint’s, as it was shown
 * (`whsec_…` or `huma_whsec_…`), or several of which one has to fit. Throws `WebhookVerificationError`.
 */
export async function verifyWebhook<Event = WebhookEvent>(
  rawBody: string | Uint8Array | ArrayBuffer,
  headers: WebhookHeaders,
  secret: string | readonly string[],
  { tolerance = 300, header, allowUntimed = false, now = Date.now }: VerifyWebhookOptions = {},
): Promise<VerifiedWebhook<Event>> {
  const body = toBytes(rawBody);
  const secrets = toSecrets(secret);
  if (!(tolerance >= 0)) throw wrong('The option tolerance is a number of seconds, 0 or more.');
  if (header !== undefined && !/^[\w!#$%&'*+.^`|~-]+$/.test(header))
    throw wrong('The option header is the name of a header.');
  const read = readHeaders(headers);
  const stamp = readStamp(read);
  const found = findSignatures(read, stamp, header);
  if (header !== undefined && !found.some((one) => one.header === header)) throw unsigned(header);
  const [first] = found;
  if (first === undefined) throw unsigned();
  const times: number[] = [];
  for (const one of found) {
    const time = await holds(one, stamp, body, secrets);
    if (time !== undefined) times.push(time);
  }
  if (times.length === 0 && !allowUntimed)
    throw new WebhookVerificationError(
      'MISSING_TIMESTAMP',
      'The headers webhook-id, webhook-timestamp and webhook-signature are absent, so nothing says when this was sent. Gatehouse always sends them: see that no proxy takes them away.',
    );
  for (const time of times) requireNear(time, now() / 1000, tolerance);
  const [sent] = times;
  return {
    id: stamp?.id,
    timestamp: sent === undefined ? undefined : new Date(sent * 1000),
    dialect: (found.find(({ dialect }) => dialect !== 'standard') ?? first).dialect,
    event: parseObject(body) as Event,
  };
}

/** ArrayBuffers of another realm are no `instanceof ArrayBuffer`. */
function toBytes(body: unknown): Uint8Array {
  if (typeof body === 'string') return toUtf8(body);
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  if (Object.prototype.toString.call(body) === '[object ArrayBuffer]')
    return new Uint8Array(body as ArrayBuffer);
  throw wrong(
    'Pass the body exactly as it came, as text or bytes: once it is parsed its signature cannot be checked.',
  );
}

function toSecrets(secret: unknown): readonly string[] {
  const secrets: unknown[] = Array.isArray(secret) ? secret : [secret];
  if (secrets.length === 0) throw wrong('Pass at least one secret.');
  for (const one of secrets) {
    if (typeof one !== 'string' || one === '')
      throw wrong('A secret is missing: is the setting that holds it there?');
    if (one !== one.trim()) throw wrong('A secret has white space around it.');
  }
  return secrets as string[];
}

function requireNear(time: number, now: number, tolerance: number): void {
  if (now - time > tolerance)
    throw new WebhookVerificationError(
      'TIMESTAMP_TOO_OLD',
      `This was sent ${Math.round(now - time)} s ago, and ${tolerance} s are allowed.`,
    );
  if (time - now > tolerance)
    throw new WebhookVerificationError(
      'TIMESTAMP_TOO_NEW',
      `This was sent ${Math.round(time - now)} s in the future, and ${tolerance} s are allowed: check the clocks.`,
    );
}

function parseObject(body: Uint8Array): unknown {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value;
  } catch {
    // Refused below, like any other text that is no object.
  }
  throw new WebhookVerificationError('INVALID_JSON', 'The body is signed rightly, but is not a JSON object.');
}

const wrong = (message: string) => new WebhookVerificationError('INVALID_ARGUMENT', message);

const unsigned = (header?: string) =>
  new WebhookVerificationError(
    'MISSING_SIGNATURE',
    header === undefined
      ? 'No header carries a signature: is this request from Gatehouse?'
      : `The header ${header} is absent.`,
  );
