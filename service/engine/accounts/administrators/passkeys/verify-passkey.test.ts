import { createECDH, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  type Algorithm,
  cbor,
  createAuthenticator,
  type SoftAuthenticator,
  type Spoiled,
} from '../../../../../test/support/authenticator.ts';
import { site } from '../../../../../test/support/staff.ts';
import type { AdministratorId } from '../../../../lib/id.ts';
import type { PasskeyRow } from '../passkey-store.ts';
import { credentialIdOf, userHandle, verifyCreation, verifyUse } from './verify-passkey.ts';

const administrator = 'adm_01' as AdministratorId;
const challenge = 'b3VyIGNoYWxsZW5nZQ';
const creation = {
  challenge,
  rp: { id: site.rpId, name: 'Gatehouse' },
  user: { id: Buffer.from(userHandle(administrator)).toString('base64url'), name: 'ada', displayName: 'Ada' },
  pubKeyCredParams: [],
};
const request = { challenge, rpId: site.rpId };
const refused = { code: 'PASSKEY_REFUSED' };
const code = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error) => error.code ?? String(error),
  );

let authenticator: SoftAuthenticator;
let passkey: PasskeyRow;
beforeEach(async () => {
  ({ authenticator, passkey } = await enroll());
});

async function enroll(algorithm: Algorithm = -7) {
  const authenticator = createAuthenticator({ algorithm });
  const made = await verifyCreation(authenticator.create(creation), { challenge, site });
  const row = { ...made, administrator, site: site.rpId, name: 'Key', createdAt: 1 };
  return { authenticator, passkey: row satisfies PasskeyRow as PasskeyRow };
}
const create = (spoiled: Spoiled) =>
  verifyCreation(authenticator.create(creation, spoiled), { challenge, site });
const use = (spoiled: Spoiled) =>
  verifyUse(authenticator.get(request, spoiled), { challenge, site, passkey });

test.each<Algorithm>([-7, -257, -8])('algorithm %i is made and used', async (algorithm) => {
  const { authenticator, passkey } = await enroll(algorithm);
  expect(passkey).toMatchObject({ id: authenticator.id, counter: 1, transports: ['internal'] });
  expect(await verifyUse(authenticator.get(request), { challenge, site, passkey })).toBe(2);
  const two = { challenge, site, passkey: { ...passkey, counter: 2 } };
  expect(await verifyUse(authenticator.get(request), two)).toBe(3);
});

describe('taken, as browsers send it', () => {
  const without = (how: (response: Record<string, unknown>) => void) => {
    const answer = authenticator.get(request);
    how(answer.response as unknown as Record<string, unknown>);
    return verifyUse(answer, { challenge, site, passkey });
  };
  test.each<[string, () => Promise<number>]>([
    ['a user handle', () => without(() => {})],
    [
      'an empty user handle (Safari, for a security key that keeps no accounts)',
      () => use({ userHandle: '' }),
    ],
    ['no user handle', () => without((response) => delete response.userHandle)],
    ['null as user handle', () => without((response) => Object.assign(response, { userHandle: null }))],
  ])('%s', async (_, taken) => {
    expect(await taken()).toBe(2);
  });

  const statement = new Map<string, unknown>([
    ['ver', '2.0'],
    ['alg', -257],
    ['sig', Buffer.alloc(64)],
    ['x5c', [Buffer.alloc(300)]],
  ]);
  const formats = ['packed', 'tpm', 'android-key', 'android-safetynet', 'fido-u2f', 'apple', 'other', ''];
  test.each(formats)('the attestation %j that was not asked for, unread', async (fmt) => {
    for (const algorithm of [-7, -257, -8] as const) {
      const authenticator = createAuthenticator({ algorithm });
      const answer = authenticator.create(creation, { attestation: { fmt, attStmt: statement } });
      const made = await verifyCreation(answer, { challenge, site });
      const passkey = { ...made, administrator, site: site.rpId, name: 'Key', createdAt: 1 };
      expect(await verifyUse(authenticator.get(request), { challenge, site, passkey })).toBe(2);
    }
  });

  test('no transports, and ones that are not known', async () => {
    const answer = authenticator.create(creation);
    answer.response.transports = ['usb', 'usb', 'quantum'] as never;
    expect(await verifyCreation(answer, { challenge, site })).toMatchObject({ transports: ['usb'] });
    delete answer.response.transports;
    expect(await verifyCreation(answer, { challenge, site })).toMatchObject({ transports: [] });
  });
});

const otherPage = /another page/;
const unusable = /^The browser sent an answer of the passkey that cannot be used \(/;
const spoilings: [string, Spoiled, RegExp][] = [
  ['another challenge', { challenge: 'YW5vdGhlcg' }, /the answer to another request/],
  ['no challenge', { challenge: '' }, /the answer to another request/],
  ['another origin', { origin: 'https://box.home.arpa.example' }, otherPage],
  ['another port', { origin: `${site.origin}:8443` }, otherPage],
  ['plain HTTP', { origin: 'http://box.home.arpa' }, otherPage],
  ['a frame in another page', { crossOrigin: true }, otherPage],
  ['another relying party', { rpId: 'home.arpa' }, /another name than box\.home\.arpa/],
  ['the other ceremony', { type: 'webauthn.other' }, /another thing than/],
  ['no person present', { present: false }, /without a touch/],
  ['no person verified', { verified: false }, /without a PIN, fingerprint or face/],
  ['a copy of a key that cannot be copied', { flags: 0x10 }, unusable],
  ['extensions that are announced and absent', { flags: 0x80 }, unusable],
  ['bytes behind its data', { trailing: Buffer.from([0]) }, unusable],
  ['a second map behind its data', { trailing: cbor(new Map([['a', 1]])) }, unusable],
];

describe('refused', () => {
  test.each(spoilings)('%s', async (_, spoiled, says) => {
    const refusal = { ...refused, message: expect.stringMatching(says) };
    await expect(create(spoiled)).rejects.toMatchObject(refusal);
    await expect(use(spoiled)).rejects.toMatchObject(refusal);
  });

  const another = /a signature that the passkey of this account did not make/;
  test.each<[string, Spoiled, RegExp]>([
    ['a counter that stands', { counter: 1 }, /the use number 1 of a passkey that had come to 1/],
    ['a counter that went back', { counter: 0 }, /the use number 0 of a passkey that had come to 1/],
    ['another account', { userHandle: Buffer.from('adm_02').toString('base64url') }, /of another account/],
    [
      'a signature of something else',
      { signature: (bytes) => bytes.map((byte, i) => (i === 20 ? byte ^ 1 : byte)) },
      another,
    ],
    ['no signature', { signature: () => Buffer.from([0]) }, another],
    [
      'an empty signature in DER',
      { signature: () => Buffer.from('30060201000201 00'.replace(' ', ''), 'hex') },
      another,
    ],
  ])('a use with %s', async (_, spoiled, says) => {
    await expect(use(spoiled)).rejects.toMatchObject({ ...refused, message: expect.stringMatching(says) });
  });

  test('a malformed answer, by the field that is', async () => {
    const answer = authenticator.get(request);
    answer.response.signature = 'not base64url!';
    await expect(verifyUse(answer, { challenge, site, passkey })).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining('look at "response.signature"'),
    });
    expect(() => credentialIdOf(answer)).toThrow('look at "response.signature"');
  });

  test('an answer of another passkey under this one’s id', async () => {
    const other = createAuthenticator();
    const { id } = authenticator;
    await expect(
      verifyUse({ ...other.get(request), id, rawId: id }, { challenge, site, passkey }),
    ).rejects.toMatchObject(refused);
  });

  test('a registration that is called otherwise than its data', async () => {
    const { id } = createAuthenticator();
    const credential = { ...authenticator.create(creation), id, rawId: id };
    await expect(verifyCreation(credential, { challenge, site })).rejects.toMatchObject(refused);
  });

  const cose = (...fields: [number, unknown][]) => cbor(new Map(fields));
  const rsa = (bits: number) =>
    Buffer.from(
      generateKeyPairSync('rsa', { modulusLength: bits }).publicKey.export({ format: 'jwk' }).n!,
      'base64url',
    );
  const p384 = createECDH('secp384r1').generateKeys().subarray(1);
  const zero = Buffer.alloc(32);
  test.each<[string, Uint8Array]>([
    ['not a key', cose()],
    ['a point that is not on the curve', cose([1, 2], [3, -7], [-1, 1], [-2, zero], [-3, zero])],
    ['another curve', cose([1, 2], [3, -7], [-1, 2], [-2, p384.subarray(0, 48)], [-3, p384.subarray(48)])],
    [
      'an algorithm that was not offered',
      cose([1, 2], [3, -35], [-1, 2], [-2, p384.subarray(0, 48)], [-3, p384.subarray(48)]),
    ],
    ['a key of another type than its algorithm', cose([1, 1], [3, -7], [-1, 6], [-2, zero])],
    ['a short Ed25519 key', cose([1, 1], [3, -8], [-1, 6], [-2, zero.subarray(1)])],
    ['RSA of 1024 bits', cose([1, 3], [3, -257], [-1, rsa(1024)], [-2, Buffer.from([1, 0, 1])])],
    ['RSA without a modulus', cose([1, 3], [3, -257], [-2, Buffer.from([1, 0, 1])])],
    ['numbers as texts', cose([1, '2'], [3, '-7'], [-1, 1], [-2, zero], [-3, zero])],
    ['SHA-1', cose([1, 3], [3, -65535], [-1, rsa(2048)], [-2, Buffer.from([1, 0, 1])])],
  ])('a registration with %s as its key', async (_, publicKey) => {
    await expect(create({ publicKey })).rejects.toMatchObject(refused);
  });

  test('an attestation "none" with a statement', async () => {
    const attestation = { fmt: 'none', attStmt: new Map([['alg', -7]]) };
    await expect(create({ attestation })).rejects.toMatchObject(refused);
  });
});

describe('malformed answers are refused, whatever they are', () => {
  const both = async (credential: unknown) =>
    new Set([
      await code(verifyCreation(credential, { challenge, site })),
      await code(verifyUse(credential, { challenge, site, passkey })),
    ]);
  const only = new Set(['PASSKEY_REFUSED']);

  test('any JSON', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 5 }), async (value) => {
        expect(await both(value)).toEqual(only);
      }),
    );
  });

  test('any value in place of a field, and any field left out', async () => {
    const odd = fc.oneof(fc.jsonValue(), fc.base64String(), fc.constant(undefined), fc.constant('__proto__'));
    const paths = [
      'id',
      'rawId',
      'type',
      'response',
      'clientDataJSON',
      'attestationObject',
      'authenticatorData',
      'signature',
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), odd, async (path, value) => {
        for (const answer of [authenticator.create(creation), authenticator.get(request)]) {
          const spoiled = structuredClone(answer) as unknown as Record<string, Record<string, unknown>>;
          const place = path in spoiled ? spoiled : spoiled.response!;
          if (!(path in place) || place[path] === value) continue;
          (place as Record<string, unknown>)[path] = value;
          expect(await both(spoiled)).toEqual(only);
        }
      }),
      { numRuns: 300 },
    );
  });

  /** A changed byte must be detected everywhere in the signed data. */
  test('any byte of what is signed changed, added or cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('clientDataJSON', 'authenticatorData', 'signature'),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        fc.constantFrom('change', 'cut', 'add'),
        async (field, at, by, how) => {
          const answer = authenticator.get(request);
          const response = answer.response as unknown as Record<string, string>;
          const bytes = Buffer.from(response[field]!, 'base64url');
          const i = at % bytes.length;
          const spoiled =
            how === 'change'
              ? Buffer.from(bytes.map((byte, j) => (j === i ? byte ^ by : byte)))
              : how === 'cut'
                ? bytes.subarray(0, i)
                : Buffer.concat([bytes, Buffer.alloc(1 + (at % 50), by)]);
          response[field] = spoiled.toString('base64url');
          expect(await code(verifyUse(answer, { challenge, site, passkey }))).toBe('PASSKEY_REFUSED');
        },
      ),
      { numRuns: 500 },
    );
  });

  test('any bytes as attestation object: a passkey that can be used, or a refusal', async () => {
    const whole = Buffer.from(authenticator.create(creation).response.attestationObject, 'base64url');
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc
        .tuple(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length))
        .map(([at, value, end]) => whole.map((byte, i) => (i === at ? value : byte)).subarray(0, end)),
      fc
        .tuple(fc.nat(whole.length - 1), fc.nat(255))
        .map(([at, value]) => whole.map((byte, i) => (i === at ? value : byte))),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (attestationObject) => {
        const answer = structuredClone(authenticator.create(creation));
        answer.response.attestationObject = Buffer.from(attestationObject).toString('base64url');
        expect(['PASSKEY_REFUSED', 'none']).toContain(
          await code(verifyCreation(answer, { challenge, site })),
        );
      }),
      { numRuns: 1000 },
    );
  });

  test.each<[string, Buffer]>([
    ['nested a thousand deep', Buffer.alloc(40_000, 0x81)],
    ['maps in maps', Buffer.alloc(40_000, 0xa1)],
    ['a length of 2^64', Buffer.from('bbffffffffffffffff', 'hex')],
    ['an array of 2^32', Buffer.from('9affffffff', 'hex')],
    ['bytes of 2^53', Buffer.from('5b001fffffffffffff', 'hex')],
    ['indefinite lengths', Buffer.from('bf63666d749fff', 'hex')],
    ['nothing', Buffer.alloc(0)],
  ])('CBOR: %s', async (_, bytes) => {
    const answer = structuredClone(authenticator.create(creation));
    answer.response.attestationObject = bytes.toString('base64url');
    expect(await both(answer)).toEqual(only);
  });

  test.each([
    '',
    'null',
    '[]',
    '{',
    '"webauthn.get"',
    '{"__proto__":{"type":"webauthn.get"}}',
    `${'['.repeat(3000)}`,
    '\u0000',
    '{"type":{},"challenge":[],"origin":7}',
  ])('client data: %j', async (text) => {
    for (const answer of [authenticator.create(creation), authenticator.get(request)]) {
      answer.response.clientDataJSON = Buffer.from(text).toString('base64url');
      expect(await both(answer)).toEqual(only);
    }
  });

  test('what is too long is refused before it is read', async () => {
    const answer = authenticator.create(creation);
    answer.response.attestationObject = 'A'.repeat(70_000);
    expect(await both(answer)).toEqual(only);
    const id = 'A'.repeat(1365);
    expect(await both({ ...authenticator.get(request), id, rawId: id })).toEqual(only);
  });
});
