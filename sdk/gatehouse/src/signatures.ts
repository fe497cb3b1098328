import { equalInConstantTime, fromBase64, hmac, toBase64, toHex, toUtf8 } from './hmac.ts';
import type { ReadHeader } from './webhook-headers.ts';
import { WebhookVerificationError } from './webhook-verification-error.ts';

/**
 * `standard`: Standard Webhooks (`v1,<base64>`). `timestamped`: `t=<seconds>,v1=<hex>`. `sha256`: `sha256=<hex>`. `hex`: the
 * digits alone.
 */
export type WebhookDialect = 'standard' | 'timestamped' | 'sha256' | 'hex';

/** `webhook-id` and `webhook-timestamp`, which Standard Webhooks signs with the body. */
export interface Stamp {
  id: string;
  /** Seconds since 1970, in decimal. */
  time: string;
}

/** A header that carries a signature. */
export interface FoundSignature {
  header: string;
  dialect: WebhookDialect;
  /** What stands in it, and during a rotation in `<header>-next`. */
  values: readonly SignatureValue[];
}

interface SignatureValue {
  /** Seconds since 1970, in decimal; undefined where the dialect signs no time. */
  time: string | undefined;
  /** One of them has to be right. */
  signatures: readonly string[];
}

const ownHeaders = {
  'huma-signature': 'timestamped',
  'x-verifyhuman-signature': 'sha256',
  'x-proof-signature': 'hex',
} as const satisfies Record<string, WebhookDialect>;

/** Undefined where none of the three headers of Standard Webhooks is there; throws where some are. */
export function readStamp(read: ReadHeader): Stamp | undefined {
  const [id, time, signature] = [read('webhook-id'), read('webhook-timestamp'), read('webhook-signature')];
  if (id === undefined && time === undefined && signature === undefined) return undefined;
  if (!id || !time || !signature)
    throw malformed('Of webhook-id, webhook-timestamp and webhook-signature not all are there.');
  if (!/^\d{1,12}$/.test(time)) throw malformed('The header webhook-timestamp is not a number of seconds.');
  return { id, time };
}

/** Every header that carries a signature. `name`: of an endpoint whose signature stands under a name of its own. */
export function findSignatures(
  read: ReadHeader,
  stamp: Stamp | undefined,
  name: string | undefined,
): FoundSignature[] {
  const found: FoundSignature[] = [];
  const add = (header: string, known?: WebhookDialect) => {
    const value = read(header);
    if (value === undefined) return;
    const dialect = known ?? dialectOf(value, header);
    const next = read(`${header}-next`);
    const texts = next === undefined ? [value] : [value, next];
    found.push({ header, dialect, values: texts.map((text) => parse(text, header, dialect, stamp)) });
  };
  if (stamp !== undefined) add('webhook-signature', 'standard');
  if (name !== undefined) add(name);
  else for (const [header, dialect] of Object.entries(ownHeaders)) add(header, dialect);
  return found;
}

/** The time that the signature covers, in seconds, if it covers one. Throws where no secret made it. */
export async function holds(
  { header, dialect, values }: FoundSignature,
  stamp: Stamp | undefined,
  body: Uint8Array,
  secrets: readonly string[],
): Promise<number | undefined> {
  for (const secret of secrets) {
    for (const { time, signatures } of values) {
      const expected = await signatureOf(dialect, secret, { id: stamp?.id, time }, body);
      if (expected === undefined) continue;
      // All are looked at, so that the time taken says nothing of them.
      const right = signatures.map((one) => equalInConstantTime(one, expected));
      if (right.includes(true)) return time === undefined ? undefined : Number(time);
    }
  }
  throw new WebhookVerificationError(
    'SIGNATURE_MISMATCH',
    `The signature in ${header} is not of this body under this secret: check that the secret is this endpoint’s, and that the body is passed exactly as it came.`,
  );
}

/** Undefined where the secret cannot sign in this dialect. */
async function signatureOf(
  dialect: WebhookDialect,
  secret: string,
  { id, time }: { id: string | undefined; time: string | undefined },
  body: Uint8Array,
): Promise<string | undefined> {
  if (dialect === 'standard') {
    // The key is what follows `whsec_`; `huma_whsec_…` is the same key.
    const key = fromBase64(secret.slice(secret.indexOf('whsec_') === -1 ? 0 : secret.indexOf('whsec_') + 6));
    return key && toBase64(await hmac(key, toUtf8(`${id}.${time}.`), body));
  }
  const before = dialect === 'timestamped' ? [toUtf8(`${time}.`)] : [];
  return toHex(await hmac(toUtf8(secret), ...before, body));
}

function dialectOf(value: string, header: string): WebhookDialect {
  if (value.startsWith('t=')) return 'timestamped';
  if (value.startsWith('sha256=')) return 'sha256';
  if (/^v\d+a?,/.test(value)) return 'standard';
  if (/^[0-9a-f]{64}$/i.test(value)) return 'hex';
  throw malformed(`What stands in ${header} is a signature of no dialect.`);
}

function parse(
  text: string,
  header: string,
  dialect: WebhookDialect,
  stamp: Stamp | undefined,
): SignatureValue {
  switch (dialect) {
    case 'standard': {
      if (stamp === undefined) throw malformed(`${header} needs webhook-id and webhook-timestamp beside it.`);
      // Other versions than v1 are for others.
      const signatures = text.split(' ').flatMap((one) => (one.startsWith('v1,') ? [one.slice(3)] : []));
      if (signatures.length === 0) throw malformed(`There is no signature v1 in ${header}.`);
      return { time: stamp.time, signatures };
    }
    case 'timestamped': {
      const [, time, rest] = /^t=(\d{1,12})((?:,\s*\w+=[^,]*)+)$/.exec(text) ?? [];
      const signatures = (rest ?? '').split(',').flatMap((one) => {
        const [, digits] = /^\s*v1=([0-9a-f]{64})$/i.exec(one) ?? [];
        return digits === undefined ? [] : [digits.toLowerCase()];
      });
      if (time === undefined || signatures.length === 0)
        throw malformed(`What stands in ${header} is not "t=<seconds>,v1=<64 hexadecimal digits>".`);
      return { time, signatures };
    }
    case 'sha256':
    case 'hex': {
      const prefix = dialect === 'sha256' ? 'sha256=' : '';
      const digits = text.startsWith(prefix) ? text.slice(prefix.length) : '';
      if (!/^[0-9a-f]{64}$/i.test(digits))
        throw malformed(`What stands in ${header} is not "${prefix}<64 hexadecimal digits>".`);
      return { time: undefined, signatures: [digits.toLowerCase()] };
    }
    default:
      return dialect satisfies never;
  }
}

const malformed = (message: string) => new WebhookVerificationError('MALFORMED_HEADER', message);
