import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server';

/** What a test spoils in an answer; what is absent is as a browser and an authenticator give it. */
export interface Spoiled {
  /** The page that asks; `https://` and the relying party id unless given. */
  origin?: string;
  rpId?: string;
  challenge?: string;
  type?: string;
  crossOrigin?: boolean;
  present?: boolean;
  verified?: boolean;
  /** Further bits of the flags of the authenticator data. */
  flags?: number;
  /** Bytes behind the authenticator data, signed as well. */
  trailing?: Uint8Array;
  counter?: number;
  userHandle?: string;
  /** COSE, instead of its own. */
  publicKey?: Uint8Array;
  attestation?: { fmt: string; attStmt: Map<string, unknown> };
  /** Changes what is signed, after it was. */
  signature?: (signature: Buffer) => Uint8Array;
}

/** A passkey in software: makes real attestations of the format "none" and real assertions. */
export interface SoftAuthenticator {
  /** Base64url. */
  id: string;
  create(options: PublicKeyCredentialCreationOptionsJSON, spoiled?: Spoiled): RegistrationResponseJSON;
  get(options: PublicKeyCredentialRequestOptionsJSON, spoiled?: Spoiled): AuthenticationResponseJSON;
}

export type Algorithm = -7 | -257 | -8;

/** `counts`: the counter grows with each use; without, it stays 0 as that of a synced passkey. */
export function createAuthenticator({
  algorithm = -7,
  counts = true,
}: {
  algorithm?: Algorithm;
  counts?: boolean;
} = {}): SoftAuthenticator {
  const { publicKey, privateKey } = keysFor(algorithm);
  const credentialId = randomBytes(32);
  const id = credentialId.toString('base64url');
  let counter = 0;
  let userHandle = '';
  const next = () => {
    if (counts) counter++;
    return counter;
  };

  return {
    id,
    create(options, spoiled = {}) {
      const rpId = options.rp.id!;
      userHandle = options.user.id;
      const clientData = clientDataOf('webauthn.create', options.challenge, rpId, spoiled);
      const authData = Buffer.concat([
        headOf(rpId, spoiled, spoiled.counter ?? next(), 0x40),
        Buffer.alloc(16),
        Buffer.from([credentialId.length >> 8, credentialId.length & 0xff]),
        credentialId,
        spoiled.publicKey ?? coseOf(algorithm, publicKey),
        spoiled.trailing ?? Buffer.alloc(0),
      ]);
      const { fmt, attStmt } = spoiled.attestation ?? { fmt: 'none', attStmt: new Map() };
      const attestation = cbor(
        new Map<string, unknown>([
          ['fmt', fmt],
          ['attStmt', attStmt],
          ['authData', authData],
        ]),
      );
      return {
        id,
        rawId: id,
        type: 'public-key',
        clientExtensionResults: {},
        authenticatorAttachment: 'platform',
        response: {
          clientDataJSON: clientData.toString('base64url'),
          attestationObject: attestation.toString('base64url'),
          transports: ['internal'],
        },
      };
    },
    get(options, spoiled = {}) {
      const rpId = options.rpId!;
      const clientData = clientDataOf('webauthn.get', options.challenge, rpId, spoiled);
      const head = headOf(rpId, spoiled, spoiled.counter ?? next(), 0);
      const authData = Buffer.concat([head, spoiled.trailing ?? Buffer.alloc(0)]);
      const signed = Buffer.concat([authData, createHash('sha256').update(clientData).digest()]);
      const signature = sign(algorithm === -8 ? null : 'sha256', signed, privateKey);
      return {
        id,
        rawId: id,
        type: 'public-key',
        clientExtensionResults: {},
        response: {
          clientDataJSON: clientData.toString('base64url'),
          authenticatorData: authData.toString('base64url'),
          signature: Buffer.from(spoiled.signature?.(signature) ?? signature).toString('base64url'),
          userHandle: spoiled.userHandle ?? userHandle,
        },
      };
    },
  };
}

function keysFor(algorithm: Algorithm): { publicKey: KeyObject; privateKey: KeyObject } {
  switch (algorithm) {
    case -7:
      return generateKeyPairSync('ec', { namedCurve: 'P-256' });
    case -257:
      return generateKeyPairSync('rsa', { modulusLength: 2048 });
    case -8:
      return generateKeyPairSync('ed25519');
    default:
      return algorithm satisfies never;
  }
}

/** The key in COSE (RFC 9053). */
function coseOf(algorithm: Algorithm, key: KeyObject): Buffer {
  const jwk = key.export({ format: 'jwk' });
  const bytes = (text: string | undefined) => Buffer.from(text!, 'base64url');
  const fields: [number, unknown][] =
    algorithm === -7
      ? [
          [1, 2],
          [3, -7],
          [-1, 1],
          [-2, bytes(jwk.x)],
          [-3, bytes(jwk.y)],
        ]
      : algorithm === -8
        ? [
            [1, 1],
            [3, -8],
            [-1, 6],
            [-2, bytes(jwk.x)],
          ]
        : [
            [1, 3],
            [3, -257],
            [-1, bytes(jwk.n)],
            [-2, bytes(jwk.e)],
          ];
  return cbor(new Map(fields));
}

function clientDataOf(type: string, challenge: string, rpId: string, spoiled: Spoiled): Buffer {
  return Buffer.from(
    JSON.stringify({
      type: spoiled.type ?? type,
      challenge: spoiled.challenge ?? challenge,
      origin: spoiled.origin ?? `https://${rpId}`,
      crossOrigin: spoiled.crossOrigin ?? false,
    }),
  );
}

/** Hash of the relying party id, flags, counter. */
function headOf(rpId: string, spoiled: Spoiled, counter: number, flags: number): Buffer {
  const head = Buffer.alloc(37);
  createHash('sha256')
    .update(spoiled.rpId ?? rpId)
    .digest()
    .copy(head);
  head[32] =
    flags |
    (spoiled.flags ?? 0) |
    (spoiled.present === false ? 0 : 0x01) |
    (spoiled.verified === false ? 0 : 0x04);
  head.writeUInt32BE(counter, 33);
  return head;
}

/** The little of CBOR (RFC 8949) that passkeys are written in: integers, bytes, texts, arrays, maps. */
export function cbor(value: unknown): Buffer {
  if (typeof value === 'number') return value >= 0 ? lead(0, value) : lead(1, -1 - value);
  if (typeof value === 'string') return withLead(3, Buffer.from(value));
  if (value instanceof Uint8Array) return withLead(2, value);
  if (Array.isArray(value)) return Buffer.concat([lead(4, value.length), ...value.map(cbor)]);
  if (value instanceof Map)
    return Buffer.concat([lead(5, value.size), ...[...value].flat().map((one) => cbor(one))]);
  throw new Error(`No CBOR for ${String(value)}.`);
}

const withLead = (major: number, bytes: Uint8Array) => Buffer.concat([lead(major, bytes.length), bytes]);

function lead(major: number, n: number): Buffer {
  if (n < 24) return Buffer.from([(major << 5) | n]);
  if (n < 256) return Buffer.from([(major << 5) | 24, n]);
  const bytes = Buffer.alloc(3);
  bytes[0] = (major << 5) | 25;
  bytes.writeUInt16BE(n, 1);
  return bytes;
}
