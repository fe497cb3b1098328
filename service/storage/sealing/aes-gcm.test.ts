import { createSecretKey, randomFillSync } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decrypt, encrypt, OVERHEAD } from './aes-gcm.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const fill = (byte: number) => (into: Uint8Array) => into.fill(byte);

test('what was encrypted is decrypted, 29 bytes longer in between', () => {
  fc.assert(
    fc.property(bytes(32), fc.uint8Array({ maxLength: 3_000 }), fc.string(), (raw, plain, bound) => {
      const key = createSecretKey(raw);
      const sealed = encrypt(key, plain, bound, randomFillSync);
      expect(sealed.length).toBe(plain.length + OVERHEAD);
      expect(Uint8Array.from(decrypt(key, sealed, bound)!)).toEqual(plain);
    }),
  );
});

test('into memory of the caller it is the same, also of several pieces, and nothing where a bit is changed', () => {
  const key = createSecretKey(randomFillSync(new Uint8Array(32)));
  const into = new Uint8Array(1_000_000);
  for (const length of [0, 1, 262_143, 262_144, 262_145, 900_000]) {
    const plain = randomFillSync(new Uint8Array(length));
    const sealed = encrypt(key, plain, 'here', randomFillSync);
    into.fill(7);
    const opened = decrypt(key, sealed, 'here', into)!;
    expect([opened.buffer, opened.byteOffset]).toEqual([into.buffer, 0]);
    expect(Buffer.from(opened).equals(plain)).toBe(true);
    expect(into[length]).toBe(7);
    sealed[sealed.length - 17]! ^= 1;
    expect(decrypt(key, sealed, 'here', into)).toBeUndefined();
  }
});

test('one changed bit, another key, other bound data or a cut end open nothing', () => {
  fc.assert(
    fc.property(
      bytes(32),
      fc.uint8Array({ maxLength: 200 }),
      fc.string(),
      fc.nat(),
      (raw, plain, bound, at) => {
        const key = createSecretKey(raw);
        const sealed = encrypt(key, plain, bound, randomFillSync);
        const flipped = Uint8Array.from(sealed);
        flipped[at % sealed.length]! ^= 1 << (at % 8);
        const other = createSecretKey(raw.map((byte) => byte ^ 1));
        expect([
          decrypt(key, flipped, bound),
          decrypt(other, sealed, bound),
          decrypt(key, sealed, `${bound}.`),
          decrypt(key, sealed.subarray(0, at % sealed.length), bound),
        ]).toEqual([undefined, undefined, undefined, undefined]);
      },
    ),
  );
});

/** NIST GCM test vectors (McGrew and Viega), case 16: AES-256, 96-bit nonce, additional data. */
test('the published vector', () => {
  const hex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));
  const key = createSecretKey(hex('feffe9928665731c6d6a8f9467308308'.repeat(2)));
  const nonce = hex('cafebabefacedbaddecaf888');
  const plain = hex(
    'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
  );
  // The vector binds bytes that are not text, so the tag without additional data is the one OpenSSL gives; the
  // ciphertext does not depend on it.
  const sealed = encrypt(key, plain, '', (into) => into.set(nonce));
  expect(Buffer.from(sealed.subarray(0, 13 + plain.length)).toString('hex')).toBe(
    '01cafebabefacedbaddecaf888' +
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662',
  );
});

test('every value has a nonce of its own', () => {
  const key = createSecretKey(new Uint8Array(32));
  const nonces = new Set<string>();
  for (let round = 0; round < 1_000; round++) {
    nonces.add(
      Buffer.from(encrypt(key, new Uint8Array(), '', randomFillSync).subarray(1, 13)).toString('hex'),
    );
  }
  expect(nonces.size).toBe(1_000);
  expect(encrypt(key, new Uint8Array(), '', fill(7)).subarray(1, 13)).toEqual(new Uint8Array(12).fill(7));
});
