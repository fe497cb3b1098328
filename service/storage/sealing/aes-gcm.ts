import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';

/** What `encrypt` adds: a format byte, a 96-bit nonce before and a 128-bit tag after the ciphertext. */
export const OVERHEAD = 1 + 12 + 16;
/** What `bound` is made of differs; the cipher is the same. */
export type Format = 1 | 2;

export type Random = (into: Uint8Array) => void;

/** AES-256-GCM: `format (1) | nonce (12) | ciphertext | tag (16)`. `bound` is authenticated, not stored. */
export function encrypt(
  key: KeyObject,
  plain: Uint8Array,
  bound: string,
  random: Random,
  format: Format = 1,
): Uint8Array {
  const out = new Uint8Array(plain.length + OVERHEAD);
  out[0] = format;
  const nonce = out.subarray(1, 13);
  random(nonce);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(bound));
  out.set(cipher.update(plain), 13);
  cipher.final();
  out.set(cipher.getAuthTag(), out.length - 16);
  return out;
}

/** Which it says it is; a changed one does not open. */
export const formatOf = (sealed: Uint8Array): Format => (sealed[0] === 2 ? 2 : 1);

/** Bytes that are deciphered in one go: more of them need memory that the system has not given out yet. */
const PIECE = 256 * 1024;

/**
 * `bound` for the format that the value says. `undefined` for another key, other bound data, or bytes that were changed. `into`: where the
 * plain bytes go, with room for them; new memory unless given.
 */
export function decrypt(
  key: KeyObject,
  sealed: Uint8Array,
  bound: string,
  into?: Uint8Array,
): Uint8Array | undefined {
  if (sealed.length < OVERHEAD || (sealed[0] !== 1 && sealed[0] !== 2)) return undefined;
  const cipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, 13), { authTagLength: 16 });
  cipher.setAAD(Buffer.from(bound));
  cipher.setAuthTag(sealed.subarray(sealed.length - 16));
  const ciphertext = sealed.subarray(13, sealed.length - 16);
  let plain: Uint8Array;
  if (into === undefined) plain = cipher.update(ciphertext);
  else {
    plain = into.subarray(0, ciphertext.length);
    for (let at = 0; at < ciphertext.length; at += PIECE)
      plain.set(cipher.update(ciphertext.subarray(at, at + PIECE)), at);
  }
  try {
    cipher.final();
    return plain;
  } catch {
    return undefined;
  }
}
