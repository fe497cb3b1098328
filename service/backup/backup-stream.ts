import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto';
import { setImmediate as pause } from 'node:timers/promises';

/** Plain bytes in one sealed chunk. */
export const CHUNK = 2 ** 20;
/** Bytes that sealing adds to each chunk. */
export const TAG = 16;

/** Why a sealed stream cannot be read. `part` counts chunks from 1. */
export type StreamDamage =
  | { is: 'cut-short' }
  | { is: 'longer-than-it-was'; part: number }
  | { is: 'changed'; part: number };

export class StreamError extends Error {
  readonly damage: StreamDamage;
  constructor(damage: StreamDamage) {
    super(damage.is);
    this.damage = damage;
  }
}

/** Key of one file; never used for a second one. */
export interface StreamKey {
  key: Buffer;
  /** 56 bits before the counter and the last-chunk flag of each nonce. */
  prefix: Buffer;
}

/** Derived from the file's random data key and the bytes before the chunks, so that a changed header does not open. */
export function streamKey(dataKey: Uint8Array, header: Uint8Array): StreamKey {
  const salt = createHash('sha256').update(header).digest();
  const derived = Buffer.from(hkdfSync('sha256', dataKey, salt, 'gatehouse backup stream v1', 32 + 7));
  return { key: derived.subarray(0, 32), prefix: derived.subarray(32) };
}

/**
 * AES-256-GCM in chunks (STREAM: Hoang, Reyhanitabar, Rogaway, Vizár 2015): the nonce counts the chunks and marks the last
 * one, so that a chunk that is missing, moved, repeated or added does not open.
 */
export async function* sealStream(
  source: AsyncIterable<Uint8Array>,
  { key, prefix }: StreamKey,
): AsyncGenerator<Uint8Array> {
  const waiting = new Uint8Array(CHUNK);
  let filled = 0;
  let counter = 0;
  const seal = (last: boolean): Uint8Array => {
    const cipher = createCipheriv('aes-256-gcm', key, nonceOf(prefix, counter++, last));
    const body = cipher.update(waiting.subarray(0, filled));
    cipher.final();
    filled = 0;
    return Buffer.concat([body, cipher.getAuthTag()]);
  };
  for await (const bytes of source) {
    for (let taken = 0; taken < bytes.length; ) {
      // Only when more follows: the last chunk must be known as the last.
      if (filled === CHUNK) {
        yield seal(false);
        await pause();
      }
      const part = bytes.subarray(taken, taken + CHUNK - filled);
      waiting.set(part, filled);
      filled += part.length;
      taken += part.length;
    }
  }
  yield seal(true);
}

/** Number of chunks in `bytes` sealed bytes. */
export const chunksIn = (bytes: number): number => Math.max(1, Math.ceil(bytes / (CHUNK + TAG)));

/**
 * The plain chunk `index` of `count`. Throws StreamError that says how the stream was damaged; nothing of a chunk that was
 * changed is given.
 */
export function openChunk(
  sealed: Uint8Array,
  index: number,
  count: number,
  { key, prefix }: StreamKey,
): Uint8Array {
  const last = index === count - 1;
  if (sealed.length < TAG) throw new StreamError({ is: 'cut-short' });
  const plain = tryOpen(sealed, key, nonceOf(prefix, index, last));
  if (plain) return plain;
  const otherwise = tryOpen(sealed, key, nonceOf(prefix, index, !last));
  if (!otherwise) throw new StreamError({ is: 'changed', part: index + 1 });
  throw new StreamError(last ? { is: 'cut-short' } : { is: 'longer-than-it-was', part: index + 1 });
}

function tryOpen(sealed: Uint8Array, key: Buffer, nonce: Buffer): Uint8Array | undefined {
  const cipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG });
  cipher.setAuthTag(sealed.subarray(sealed.length - TAG));
  const plain = cipher.update(sealed.subarray(0, sealed.length - TAG));
  try {
    cipher.final();
    return plain;
  } catch {
    return undefined;
  }
}

function nonceOf(prefix: Buffer, counter: number, last: boolean): Buffer {
  if (counter > 0xffff_ffff) throw new Error('A backup file holds 4 PiB at most.');
  const nonce = Buffer.alloc(12);
  prefix.copy(nonce);
  nonce.writeUInt32BE(counter, 7);
  nonce[11] = last ? 1 : 0;
  return nonce;
}
