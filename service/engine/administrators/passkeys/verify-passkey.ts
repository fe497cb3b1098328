import { z } from 'zod';
import type { AdministratorId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Site } from '../administrator.ts';
import type { PasskeyRow } from '../passkey-store.ts';
import { algorithms, isExactSignature, readUsableKey } from './usable-key.ts';
import { encodings, webauthn } from './webauthn.ts';

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
    userHandle: base64url(128).nullish(),
  }),
});

export interface Expected {
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
    await requireNoCertificates(response.attestationObject);
    const { verifyRegistrationResponse } = await webauthn();
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: {
        ...named,
        response: { clientDataJSON: response.clientDataJSON, attestationObject: response.attestationObject },
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

/** Which passkey an answer names; undefined where it is malformed. */
export const credentialIdOf = (credential: unknown): string | undefined => Use.safeParse(credential).data?.id;

/** Its counter from now on. Throws PASSKEY_REFUSED, also for a counter that does not grow: the key was copied. */
export async function verifyUse(
  credential: unknown,
  { challenge, site, passkey }: Expected & { passkey: PasskeyRow },
): Promise<number> {
  return refusing(async () => {
    const { response, ...named } = Use.parse(credential);
    await requireOwnPage(response.clientDataJSON, site);
    const handle = Buffer.from(userHandle(passkey.administrator)).toString('base64url');
    if (response.userHandle && response.userHandle !== handle) throw new Error('It is of another account.');
    const { userHandle: _, ...signed } = response;
    const publicKey = new Uint8Array(Buffer.from(passkey.publicKey, 'base64url'));
    if (!(await isExactSignature(publicKey, signed))) throw new Error('The signature is invalid.');
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
    if (!verified) throw new Error('The signature is invalid.');
    return authenticationInfo.newCounter;
  });
}

/** Reading an answer may fail at any byte of it, in any way: all of them are the caller's. */
async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem(
      'PASSKEY_REFUSED',
      'The answer of the passkey does not belong to the challenge, or was damaged in transit: try again.',
      { cause: error },
    );
  }
}

/** An error of its own, because the person can correct it. */
async function requireOwnPage(clientDataJSON: string, { origin }: Site): Promise<void> {
  const { decodeClientDataJSON } = await encodings();
  const data: { origin?: unknown; crossOrigin?: unknown } = decodeClientDataJSON(clientDataJSON);
  if (data.origin === origin && data.crossOrigin !== true) return;
  throw new Problem(
    'PASSKEY_REFUSED',
    'The passkey was asked by another page than this console: open the console itself, under the name that the passkey was made for.',
  );
}

/**
 * None is asked for. A statement with certificates would have them looked up where they say, and nothing leaves the appliance unasked;
 * one signed by the key itself is what some authenticators send all the same.
 */
async function requireNoCertificates(attestationObject: string): Promise<void> {
  const { decodeAttestationObject } = await encodings();
  const decoded = decodeAttestationObject(new Uint8Array(Buffer.from(attestationObject, 'base64url')));
  const format = decoded.get('fmt');
  if (format === 'none' || (format === 'packed' && decoded.get('attStmt').get('x5c') === undefined)) return;
  throw new Error(`An attestation of the format ${format}.`);
}
