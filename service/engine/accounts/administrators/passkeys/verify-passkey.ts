import { createHash, createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto';
import { z } from 'zod';
import type { AdministratorId } from '../../../../lib/id.ts';
import { Problem } from '../../../../lib/problem.ts';
import type { Site } from '../administrator.ts';
import type { PasskeyRow } from '../passkey-store.ts';

const base64url = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^[A-Za-z0-9_-]+$/);

/** A credential id has at most 1023 bytes (WebAuthn 3, 5.8.3). */
const CredentialId = base64url(1364);
const ClientData = base64url(8_192);
const shared = { id: CredentialId, rawId: CredentialId, type: z.literal('public-key') };
const transports = ['usb', 'nfc', 'ble', 'smart-card', 'hybrid', 'internal', 'cable'] as const;

/** What `navigator.credentials.create()` gives, as JSON; what is not named here is left out. */
const Creation = z.object({
  ...shared,
  response: z.object({
    clientDataJSON: ClientData,
    attestationObject: base64url(65_536),
    transports: z.array(z.string().max(64)).max(20).optional(),
  }),
});

/** What `navigator.credentials.get()` gives, as JSON. */
const Use = z.object({
  ...shared,
  response: z.object({
    clientDataJSON: ClientData,
    authenticatorData: base64url(8_192),
    signature: base64url(4_096),
    /** Safari gives an empty one for a security key that keeps no accounts; others leave it out. */
    userHandle: z.literal('').or(base64url(128)).nullish(),
  }),
});

interface Expected {
  /** Base64url. */
  challenge: string;
  site: Site;
}

/** The handle of an account, as authenticators keep it. */
export const userHandle = (administrator: AdministratorId): Uint8Array<ArrayBuffer> =>
  new Uint8Array(new TextEncoder().encode(administrator));

/** Verifies a new credential. Throws PASSKEY_REFUSED unless it is a well-formed answer to this challenge. */
export async function verifyCreation(
  credential: unknown,
  { challenge, site }: Expected,
): Promise<Pick<PasskeyRow, 'id' | 'publicKey' | 'counter' | 'transports'>> {
  return refusing(async () => {
    const { response, ...named } = Creation.parse(credential);
    await requireOwnPage(response.clientDataJSON, site);
    const { attestationObject, authData } = await withoutAttestation(response.attestationObject);
    await requireOwnRequest('webauthn.create', response.clientDataJSON, authData, { challenge, site });
    const { verifyRegistrationResponse } = await webauthn();
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: {
        ...named,
        response: { clientDataJSON: response.clientDataJSON, attestationObject },
        clientExtensionResults: {},
      },
      expectedChallenge: challenge,
      expectedOrigin: site.origin,
      expectedRPID: site.rpId,
      requireUserVerification: true,
      supportedAlgorithmIDs: algorithms,
    });
    if (!verified) throw new Error('The attestation is invalid.');
    const { id, publicKey, counter } = registrationInfo.credential;
    if (id !== named.id) throw new Error('The id of the credential differs from its data.');
    await readUsableKey(publicKey);
    return {
      id: CredentialId.parse(id),
      publicKey: Buffer.from(publicKey).toString('base64url'),
      counter,
      transports: transports.filter((one) => response.transports?.includes(one)),
    };
  });
}

/** Which passkey an answer names. Throws PASSKEY_REFUSED where it is malformed. */
export function credentialIdOf(credential: unknown): string {
  const { data, error } = Use.safeParse(credential);
  if (data) return data.id;
  throw malformed(error);
}

/** The challenge that an answer is to, and whether its authenticator keeps the account. Throws PASSKEY_REFUSED where it is malformed. */
export const challengeOf = (credential: unknown): Promise<{ challenge: string; keepsAccount: boolean }> =>
  refusing(async () => {
    const { response } = Use.parse(credential);
    const { decodeClientDataJSON } = await encodings();
    const challenge = base64url(256).parse(decodeClientDataJSON(response.clientDataJSON).challenge);
    return { challenge, keepsAccount: Boolean(response.userHandle) };
  });

/** Its counter from now on. Throws PASSKEY_REFUSED, also for a counter that does not grow: the key was copied. */
export async function verifyUse(
  credential: unknown,
  { challenge, site, passkey }: Expected & { passkey: PasskeyRow },
): Promise<number> {
  return refusing(async () => {
    const { response, ...named } = Use.parse(credential);
    await requireOwnPage(response.clientDataJSON, site);
    const handle = Buffer.from(userHandle(passkey.administrator)).toString('base64url');
    if (response.userHandle && response.userHandle !== handle)
      throw refusal(
        'The browser sent a passkey of another account: choose the passkey of the account that is signing in.',
      );
    const { userHandle: _, ...signed } = response;
    const publicKey = new Uint8Array(Buffer.from(passkey.publicKey, 'base64url'));
    if (!(await isExactSignature(publicKey, signed))) throw invalidSignature();
    const authData = Buffer.from(signed.authenticatorData, 'base64url');
    await requireOwnRequest('webauthn.get', signed.clientDataJSON, authData, { challenge, site });
    requireGrowth(authData.readUInt32BE(COUNTER), passkey.counter);
    const { verifyAuthenticationResponse } = await webauthn();
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: { ...named, response: signed, clientExtensionResults: {} },
      expectedChallenge: challenge,
      expectedOrigin: site.origin,
      expectedRPID: site.rpId,
      requireUserVerification: true,
      credential: {
        id: passkey.id,
        publicKey,
        counter: passkey.counter,
      },
    });
    if (!verified) throw invalidSignature();
    return authenticationInfo.newCounter;
  });
}

const refusal = (sentence: string, cause?: unknown) =>
  new Problem('PASSKEY_REFUSED', sentence, cause === undefined ? {} : { cause });

const invalidSignature = () =>
  refusal(
    'The browser sent a signature that the passkey of this account did not make, or that was changed on its way: try again.',
  );

function malformed(error: z.ZodError): Problem {
  const path = error.issues[0]?.path.join('.') || 'answer';
  return refusal(
    `The browser sent no answer of a passkey that can be read (WebAuthn as JSON, texts in base64url): look at "${path}".`,
    error,
  );
}

/** Reading an answer may fail at any byte of it, in any way: all of them are the caller's. */
async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Problem) throw error;
    if (error instanceof z.ZodError) throw malformed(error);
    const said = error instanceof Error ? error.message.replaceAll(/[\s\p{C}]+/gu, ' ').slice(0, 160) : '';
    throw refusal(
      `The browser sent an answer of the passkey that cannot be used (${said}): try again.`,
      error,
    );
  }
}

/** An error of its own, because the person can correct it. */
async function requireOwnPage(clientDataJSON: string, { origin }: Site): Promise<void> {
  const { decodeClientDataJSON } = await encodings();
  const data: { origin?: unknown; crossOrigin?: unknown } = decodeClientDataJSON(clientDataJSON);
  if (data.origin === origin && data.crossOrigin !== true) return;
  throw refusal(
    'The passkey was asked by another page than this console: open the console itself, under the name that the passkey was made for.',
  );
}

/** Places in the data of an authenticator (WebAuthn 3, 6.1): 32 bytes of hash, then flags, then the counter. */
const [FLAGS, COUNTER] = [32, 33];
const [PRESENT, VERIFIED] = [0x01, 0x04];

/** What the library refuses too, with a sentence that says what came instead of what was asked for. */
async function requireOwnRequest(
  type: 'webauthn.create' | 'webauthn.get',
  clientDataJSON: string,
  authData: Uint8Array,
  { challenge, site }: Expected,
): Promise<void> {
  const { decodeClientDataJSON } = await encodings();
  const data: { type?: unknown; challenge?: unknown } = decodeClientDataJSON(clientDataJSON);
  if (data.type !== type)
    throw refusal(
      type === 'webauthn.get'
        ? 'The browser sent another thing than the use of a passkey: start again.'
        : 'The browser sent another thing than a new passkey: start again.',
    );
  if (data.challenge !== challenge)
    throw refusal(
      'The browser sent the answer to another request, such as that of another tab: start again in this one.',
    );
  const site32 = createHash('sha256').update(site.rpId).digest();
  if (!site32.equals(authData.subarray(0, FLAGS)))
    throw refusal(
      `The browser sent a passkey of another name than ${site.rpId}: use one that was made for it.`,
    );
  const flags = authData[FLAGS] ?? 0;
  if ((flags & PRESENT) === 0)
    throw refusal('The browser sent an answer without a touch of the passkey: touch it when it asks.');
  if ((flags & VERIFIED) === 0)
    throw refusal(
      'The browser sent an answer without a PIN, fingerprint or face: a security key needs a PIN of its own (set it in the settings of the system or browser); older U2F keys have none and cannot be used.',
    );
}

/** A counter that stands at 0 is none: passkeys that are synced have none. */
function requireGrowth(counter: number, known: number): void {
  if (counter > known || (counter === 0 && known === 0)) return;
  throw refusal(
    `The browser sent the use number ${counter} of a passkey that had come to ${known}: it may have been copied. Remove it from the account, and add another one.`,
  );
}

/**
 * No attestation is asked for, and some come all the same (TPM of Windows Hello, security keys under a policy of the browser). They prove
 * nothing here, so they are left out unread: their certificates would have others looked up where they say, and nothing leaves the
 * appliance unasked.
 */
async function withoutAttestation(
  sent: string,
): Promise<{ attestationObject: string; authData: Uint8Array<ArrayBuffer> }> {
  const { decodeAttestationObject, isoCBOR } = await encodings();
  const decoded = decodeAttestationObject(new Uint8Array(Buffer.from(sent, 'base64url')));
  const authData = new Uint8Array(decoded.get('authData'));
  if (decoded.get('fmt') === 'none') return { attestationObject: sent, authData };
  const fields: [string, string | Map<string, string> | Uint8Array<ArrayBuffer>][] = [
    ['fmt', 'none'],
    ['attStmt', new Map<string, string>()],
    ['authData', authData],
  ];
  const bare = isoCBOR.encode(new Map(fields));
  return { attestationObject: Buffer.from(bare).toString('base64url'), authData };
}

/** COSE algorithms that are offered and taken: ES256, RS256, EdDSA. */
export const algorithms = [-7, -257, -8];

/** Labels of RFC 9053. */
const [KTY, ALG, CRV, X, Y, N, E] = [1, 3, -1, -2, -3, -1, -2];
const LEAST_RSA_BITS = 2048;

/**
 * Throws an error for a COSE key that no signature could be checked with later: a registration does not prove that there is a private
 * key, and an account whose only factor does not work is locked out.
 */
async function readUsableKey(cose: Uint8Array): Promise<{ key: KeyObject; algorithm: number }> {
  const { decodeCredentialPublicKey } = await encodings();
  const fields = decodeCredentialPublicKey(new Uint8Array(cose)) as unknown as Map<number, unknown>;
  const jwk = jwkOf(fields);
  if (!jwk)
    throw new Error(
      `a key of type ${String(fields.get(KTY))} for algorithm ${String(fields.get(ALG))}; ES256, RS256 and Ed25519 are taken`,
    );
  const key = createPublicKey({ format: 'jwk', key: jwk });
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && (bits < LEAST_RSA_BITS || bits > 4 * LEAST_RSA_BITS))
    throw new Error(`an RSA key of ${bits} bits; ${LEAST_RSA_BITS} and more are taken`);
  return { key, algorithm: fields.get(ALG) as number };
}

/** Whether the signature holds to its last byte: the library takes an ECDSA signature with further bytes behind it. */
async function isExactSignature(
  cose: Uint8Array,
  signed: { authenticatorData: string; clientDataJSON: string; signature: string },
): Promise<boolean> {
  const { key, algorithm } = await readUsableKey(cose);
  const bytes = (text: string) => Buffer.from(text, 'base64url');
  const clientHash = createHash('sha256').update(bytes(signed.clientDataJSON)).digest();
  const data = Buffer.concat([bytes(signed.authenticatorData), clientHash]);
  return verify(algorithm === -8 ? null : 'sha256', data, key, bytes(signed.signature));
}

function jwkOf(key: Map<number, unknown>): JsonWebKey | undefined {
  const text = (label: number) => {
    const value = key.get(label);
    if (!(value instanceof Uint8Array)) throw new Error(`a key without the field ${label}`);
    return Buffer.from(value).toString('base64url');
  };
  switch (`${String(key.get(KTY))}/${String(key.get(ALG))}`) {
    case '2/-7':
      return key.get(CRV) === 1 ? { kty: 'EC', crv: 'P-256', x: text(X), y: text(Y) } : undefined;
    case '3/-257':
      return { kty: 'RSA', n: text(N), e: text(E) };
    case '1/-8':
      return key.get(CRV) === 6 ? { kty: 'OKP', crv: 'Ed25519', x: text(X) } : undefined;
    default:
      return undefined;
  }
}

/** The library of WebAuthn, read with the first passkey: its certificates and encodings would be a part of each start. */
export const webauthn = () => import('@simplewebauthn/server');
const encodings = () => import('@simplewebauthn/server/helpers');
