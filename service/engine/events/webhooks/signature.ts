import { createHmac } from 'node:crypto';
import type { SignatureDialect } from './endpoint.ts';

/** Fills with random bytes. */
export type FillRandom = (into: Uint8Array) => void;

/** The header that carries each dialect's signature, where the endpoint names no other. */
export const signatureHeaders: Record<SignatureDialect, string> = {
  standard: 'webhook-signature',
  timestamped: 'Huma-Signature',
  sha256: 'X-VerifyHuman-Signature',
  hex: 'x-proof-signature',
};

export interface Signed {
  dialect: SignatureDialect;
  /** Instead of the dialect's own. `standard` sends its signature under this name too. */
  headerName?: string | undefined;
  /** As it was shown: `whsec_…`. */
  secret: string;
  /** During a rotation: the one that takes over. */
  nextSecret?: string | undefined;
  /** `webhook-id`: the same at every attempt. */
  id: string;
  /** Time of this attempt, ms since 1970; receivers get seconds. */
  at: number;
  body: Uint8Array;
}

/**
 * The headers that prove where a delivery comes from (contracts/README.md, "Webhooks"). Those of Standard Webhooks are always
 * there, signed with every secret in force, the new one first; beside them the dialect's own, signed with the old secret until
 * the cut-over, the new signature in `<header>-next`.
 */
export function sign({
  dialect,
  headerName,
  secret,
  nextSecret,
  id,
  at,
  body,
}: Signed): Record<string, string> {
  const seconds = String(Math.floor(at / 1000));
  const inForce = nextSecret === undefined ? [secret] : [nextSecret, secret];
  const standard = inForce.map((one) => `v1,${standardSignature(one, id, seconds, body)}`).join(' ');
  const headers: Record<string, string> = {
    'webhook-id': id,
    'webhook-timestamp': seconds,
    'webhook-signature': standard,
  };
  const name = headerName ?? signatureHeaders[dialect];
  if (dialect === 'standard') {
    if (name.toLowerCase() !== 'webhook-signature') headers[name] = standard;
    return headers;
  }
  headers[name] = ownSignature(dialect, secret, seconds, body);
  if (nextSecret !== undefined) headers[nextHeader(name)] = ownSignature(dialect, nextSecret, seconds, body);
  return headers;
}

/** Header of the signature with the new secret during a rotation. */
export const nextHeader = (name: string): string => `${name}-next`;

/** `whsec_…`, for `timestamped` `huma_whsec_…`: 240 random bits. */
export function makeWebhookSecret(dialect: SignatureDialect, random: FillRandom): string {
  const bytes = new Uint8Array(30);
  random(bytes);
  const secret = `whsec_${Buffer.from(bytes).toString('base64')}`;
  bytes.fill(0);
  return dialect === 'timestamped' ? `huma_${secret}` : secret;
}

/** Standard Webhooks 1.0: the key is the base64 text after `whsec_`. */
function standardSignature(secret: string, id: string, seconds: string, body: Uint8Array): string {
  const key = Buffer.from(secret.slice(secret.lastIndexOf('whsec_') + 'whsec_'.length), 'base64');
  return createHmac('sha256', key).update(`${id}.${seconds}.`).update(body).digest('base64');
}

/** The key is the whole text of the secret, as the families' own receivers use it. */
function ownSignature(
  dialect: Exclude<SignatureDialect, 'standard'>,
  secret: string,
  seconds: string,
  body: Uint8Array,
): string {
  const mac = createHmac('sha256', secret);
  switch (dialect) {
    case 'timestamped':
      return `t=${seconds},v1=${mac.update(`${seconds}.`).update(body).digest('hex')}`;
    case 'sha256':
      return `sha256=${mac.update(body).digest('hex')}`;
    case 'hex':
      return mac.update(body).digest('hex');
    default:
      return dialect satisfies never;
  }
}
