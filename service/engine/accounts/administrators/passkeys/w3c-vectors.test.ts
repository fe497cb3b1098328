import { readFileSync } from 'node:fs';
import {
  decodeAttestationObject,
  decodeCredentialPublicKey,
  parseAuthenticatorData,
} from '@simplewebauthn/server/helpers';
import { describe, expect, test } from 'vitest';
import type { AdministratorId } from '../../../../lib/id.ts';
import type { PasskeyRow } from '../passkey-store.ts';
import { algorithms, verifyCreation, verifyUse } from './verify-passkey.ts';

// The section "Test Vectors" of Web Authentication Level 3. It is no part of this repository; GATEHOUSE_WEBAUTHN_VECTORS names a copy of
// its source (index.bs of github.com/w3c/webauthn).

const file = process.env.GATEHOUSE_WEBAUTHN_VECTORS;
const site = { rpId: 'example.org', rpName: 'Example', origin: 'https://example.org' };
const [VERIFIED, ATTESTED_KEY] = [0x04, 0x40];

type Ceremony = Record<string, Buffer>;
interface Vector {
  name: string;
  creation: Ceremony;
  use: Ceremony;
}

/** Each example has a block for the registration and one for the authentication. */
function readVectors(text: string): Vector[] {
  return text.split(/^## /m).flatMap((section) => {
    const [, name] = /^.*\{#sctn-test-vectors-([\w-]+)\}/.exec(section) ?? [];
    const [creation, use] = [...section.matchAll(/<xmp[^>]*>([\s\S]*?)<\/xmp>/g)].map(([, block = '']) =>
      Object.fromEntries(
        [...block.matchAll(/^(\w+) = h'([0-9a-f]*)'/gm)].map(([, field, hex]) => [
          field,
          Buffer.from(hex!, 'hex'),
        ]),
      ),
    );
    return name && creation?.attestationObject && use?.signature ? [{ name, creation, use }] : [];
  });
}

const INVALID = /a signature that the passkey of this account did not make/;

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString());
    return true;
  } catch {
    return false;
  }
}

const text = (bytes: Buffer | undefined) => bytes!.toString('base64url');

function readCreation({ attestationObject, clientDataJSON, challenge }: Ceremony) {
  const decoded = decodeAttestationObject(new Uint8Array(attestationObject!));
  const data = parseAuthenticatorData(new Uint8Array(decoded.get('authData')));
  expect(data.flags.flagsInt & ATTESTED_KEY).toBe(ATTESTED_KEY);
  const id = text(Buffer.from(data.credentialID!));
  const publicKey = Buffer.from(data.credentialPublicKey!);
  return {
    id,
    publicKey,
    challenge: text(challenge),
    flags: data.flags.flagsInt,
    client: JSON.parse(clientDataJSON!.toString()) as { crossOrigin?: boolean; origin: string },
    credential: {
      id,
      rawId: id,
      type: 'public-key',
      response: { clientDataJSON: text(clientDataJSON), attestationObject: text(attestationObject) },
    },
  };
}

/** COSE: the label 3. */
const algorithmOf = (publicKey: Buffer): number =>
  (decodeCredentialPublicKey(new Uint8Array(publicKey)) as unknown as Map<number, number>).get(3)!;

/** Why a ceremony is refused by our rules; undefined: it is taken. */
function reasonOf(
  { client }: Pick<ReturnType<typeof readCreation>, 'client'>,
  { flags, algorithm, first }: { flags: number; algorithm: number; first?: 'key' },
): RegExp | undefined {
  if (client?.crossOrigin || client?.origin !== site.origin) return /another page/;
  const reasons = [
    flags & VERIFIED ? undefined : /without a PIN/,
    algorithms.includes(algorithm) ? undefined : /alg/i,
  ];
  // The key of a use is read before its flags, to check the signature.
  return (first === 'key' ? reasons.toReversed() : reasons).find((one) => one !== undefined);
}

/** The message of the refusal, or of what is behind it. */
const refusalOf = (work: Promise<unknown>): Promise<string | undefined> =>
  work.then(
    () => undefined,
    ({ code, message, cause }) => {
      expect(code).toBe('PASSKEY_REFUSED');
      return (cause as Error | undefined)?.message ?? message;
    },
  );

const expectRefusal = (refusal: string | undefined, reason: RegExp | undefined) =>
  reason === undefined ? expect(refusal).toBeUndefined() : expect(refusal).toMatch(reason);

const vectors = file === undefined ? [] : readVectors(readFileSync(file, 'utf8'));

describe.skipIf(file === undefined)('test vectors of W3C', () => {
  test('there are vectors of which some are taken', () => {
    expect(vectors.length).toBeGreaterThan(10);
    const taken = vectors.filter(({ creation }) => {
      const made = readCreation(creation);
      return reasonOf(made, { flags: made.flags, algorithm: algorithmOf(made.publicKey) }) === undefined;
    });
    console.log(
      `${vectors.length} vectors, registrations taken: ${taken.map(({ name }) => name).join(', ')}`,
    );
    expect(taken.length).toBeGreaterThan(0);
  });

  test.each(vectors)('$name: the registration', async ({ creation }) => {
    const made = readCreation(creation);
    const expected = { challenge: made.challenge, site };
    const reason = reasonOf(made, { flags: made.flags, algorithm: algorithmOf(made.publicKey) });
    expectRefusal(await refusalOf(verifyCreation(made.credential, expected)), reason);
    const other = { ...expected, challenge: text(Buffer.alloc(32)) };
    // The page is looked at before the challenge, the key and the flags after it.
    const earlier = reason && /page/.test(reason.source);
    const challenge = /the answer to another request/;
    expectRefusal(await refusalOf(verifyCreation(made.credential, other)), earlier ? reason : challenge);
    if (reason === undefined)
      expect(await verifyCreation(made.credential, expected)).toMatchObject({
        id: made.id,
        publicKey: text(made.publicKey),
      });
  });

  test.each(vectors)('$name: the use, and the same with one byte changed', async ({ creation, use }) => {
    const { id, publicKey } = readCreation(creation);
    const administrator = 'adm_01' as AdministratorId;
    const row = { id, administrator, site: site.rpId, name: 'Key', counter: 0, createdAt: 1 };
    const passkey: PasskeyRow = { ...row, publicKey: text(publicKey), transports: [] };
    const expected = { challenge: text(use.challenge), site, passkey };
    const credentialOf = ({ clientDataJSON, authenticatorData, signature }: Ceremony) => ({
      id,
      rawId: id,
      type: 'public-key',
      response: {
        clientDataJSON: text(clientDataJSON),
        authenticatorData: text(authenticatorData),
        signature: text(signature),
      },
    });
    const client = JSON.parse(use.clientDataJSON!.toString());
    const reason = reasonOf(
      { client },
      { flags: use.authenticatorData![32]!, algorithm: algorithmOf(publicKey), first: 'key' },
    );
    // The signature is checked before the flags: a refusal for a flag says that the signature holds.
    expectRefusal(await refusalOf(verifyUse(credentialOf(use), expected)), reason);
    const earlier = reason && /page|alg/.test(reason.source) ? reason : undefined;
    for (const field of ['clientDataJSON', 'authenticatorData', 'signature'] as const) {
      for (const at of [0, use[field]!.length >> 1, use[field]!.length - 1]) {
        const changed = Buffer.from(use[field]!.map((byte, i) => (i === at ? byte ^ 0x01 : byte)));
        const refusal = await refusalOf(verifyUse(credentialOf({ ...use, [field]: changed }), expected));
        const why = field === 'clientDataJSON' && !isJson(changed) ? /JSON/ : (earlier ?? INVALID);
        expect([field, at, refusal]).toEqual([field, at, expect.stringMatching(why)]);
      }
    }
  });
});
