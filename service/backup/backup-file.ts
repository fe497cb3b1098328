import {
  createCipheriv,
  createDecipheriv,
  createHash,
  hkdfSync,
  type KeyObject,
  randomFillSync,
} from 'node:crypto';
import { constants, type FileHandle, open } from 'node:fs/promises';
import { setImmediate as pause } from 'node:timers/promises';
import { z } from 'zod';
import { writeDurablyAside } from '../lib/durable-file.ts';
import { Problem } from '../lib/problem.ts';
import { decrypt, encrypt, type Random } from '../storage/sealing/aes-gcm.ts';

/** The readable header of a backup: the keys it needs and its contents. No personal data, no secrets. */
export const BackupFacts = z.strictObject({
  takenAt: z.iso.datetime(),
  origin: z.enum(['operator', 'schedule']),
  /** Version of the Gatehouse that wrote it, and its newest migration. */
  gatehouse: z.string(),
  schema: z.string(),
  database: z.enum(['sqlite', 'postgres']),
  organizations: z.array(z.string()),
  /** Ids of the keys it needs: the master key, and the backup key that lies in the key store. */
  masterKey: z.string(),
  backupKey: z.string(),
  /**
   * Counts the backups of this key store, from 1: which of two is the newer, whatever the clock said. Not in files of earlier
   * releases.
   */
  sequence: z.int().min(1).optional(),
  /** Entries of the erasure ledger at that time: a key store with fewer is older than the backup. */
  erasures: z.int().min(0),
  /** The last line of the audit chain. */
  audit: z.strictObject({ seq: z.int(), hash: z.string() }).optional(),
  models: z.array(
    z.strictObject({ id: z.string(), file: z.string(), sha256: z.string(), included: z.boolean() }),
  ),
});
export type BackupFacts = z.infer<typeof BackupFacts>;

const Header = z.strictObject({
  format: z.literal('gatehouse-backup'),
  version: z.literal(1),
  /** The file's own random key under the backup key, base64url. */
  dataKey: z.string(),
  facts: BackupFacts,
});

/** A key and the id it is known by. */
export interface BackupKey {
  id: string;
  key: KeyObject;
}

const MAGIC = Buffer.from('GATEHOUSE BACKUP\n');
const PREFIX = MAGIC.length + 4;
const MOST_HEADER = 2 ** 23;
/** Brackets and names of a header: a few, and five of each model. A header of millions would hold up the service that lists the folder. */
const MOST_MARKS = 100_000;
const MARKS = new Set(Buffer.from('{[:'));
const BOUND = 'backup|data key|1';

/**
 * Writes the file: header, then `source` sealed. On disk under its name when it resolves, and until then under another; when
 * it throws, nothing is left. Never replaces a file. Memory: a few chunks.
 */
export async function writeBackupFile(
  path: string,
  facts: BackupFacts,
  { key }: BackupKey,
  source: AsyncIterable<Uint8Array>,
  random: Random = randomFillSync,
): Promise<{ bytes: number }> {
  const dataKey = new Uint8Array(32);
  random(dataKey);
  const json = Buffer.from(
    JSON.stringify({
      format: 'gatehouse-backup',
      version: 1,
      dataKey: Buffer.from(encrypt(key, dataKey, BOUND, random)).toString('base64url'),
      facts,
    } satisfies z.infer<typeof Header>),
  );
  const header = Buffer.concat([MAGIC, Buffer.alloc(4), json]);
  header.writeUInt32BE(json.length, MAGIC.length);
  async function* parts() {
    yield header;
    yield* sealStream(source, streamKey(dataKey, header));
  }
  return { bytes: await writeDurablyAside(path, parts(), { replace: false }) };
}

/** A backup file whose header has been read; nothing of it is proven before the chunks open. */
interface OpenBackup {
  path: string;
  facts: BackupFacts;
  /** Size of the whole file. */
  bytes: number;
  /**
   * The plain bytes, each chunk after it has been authenticated. Throws BACKUP_UNUSABLE that names the damage: another key, a
   * changed header, changed, missing, moved or added bytes.
   */
  read(key: BackupKey, progress?: (done: number, of: number) => void): AsyncGenerator<Uint8Array>;
  close(): Promise<void>;
}

/** Throws BACKUP_UNUSABLE for what is no backup, is damaged at its beginning, or was written by a newer Gatehouse. */
export async function openBackupFile(path: string): Promise<OpenBackup> {
  // Without O_NONBLOCK, opening a pipe in the folder would wait forever.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new Problem('BACKUP_UNUSABLE', `${path} is no file.`);
    const { size } = found;
    const { header, facts, wrapped } = await readHeader(file, path, size);
    return {
      path,
      facts,
      bytes: size,
      close: () => file.close(),
      async *read({ id, key }, progress = () => {}) {
        if (id !== facts.backupKey) {
          throw new Problem(
            'BACKUP_UNUSABLE',
            `${path} was sealed with the backup key ${facts.backupKey}, the key store holds ${id}: give the key store that belongs to it.`,
          );
        }
        const dataKey = decrypt(key, wrapped, BOUND);
        if (!dataKey) throw damaged(path, 'its header was changed');
        const stream = streamKey(dataKey, header);
        const body = size - header.length;
        const count = chunksIn(body);
        const buffer = Buffer.alloc(CHUNK + TAG);
        for (let index = 0; index < count; index++) {
          const start = header.length + index * (CHUNK + TAG);
          const length = Math.min(CHUNK + TAG, size - start);
          const { bytesRead } = await file.read(buffer, 0, length, start);
          if (bytesRead !== length) throw damaged(path, 'its end is missing');
          try {
            yield openChunk(buffer.subarray(0, length), index, count, stream);
          } catch (error) {
            throw error instanceof StreamError ? damaged(path, describe(error.damage, count)) : error;
          }
          progress(index + 1, count);
        }
      },
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readHeader(file: FileHandle, path: string, size: number) {
  const prefix = Buffer.alloc(PREFIX);
  const { bytesRead } = await file.read(prefix, 0, PREFIX, 0);
  if (bytesRead < PREFIX || !prefix.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new Problem(
      'BACKUP_UNUSABLE',
      `${path} is not a backup of Gatehouse, or its first bytes were changed.`,
    );
  }
  const length = prefix.readUInt32BE(MAGIC.length);
  if (length > MOST_HEADER) throw damaged(path, 'its header was changed');
  if (PREFIX + length > size) throw damaged(path, 'its end is missing');
  const json = Buffer.alloc(length);
  await file.read(json, 0, length, PREFIX);
  if (countMarks(json) > MOST_MARKS) throw damaged(path, 'its header was changed');
  let value: unknown;
  try {
    value = JSON.parse(json.toString());
  } catch {
    throw damaged(path, 'its header was changed');
  }
  const version = (value as { version?: unknown } | null)?.version;
  if (typeof version === 'number' && Number.isInteger(version) && version > 1) {
    throw new Problem(
      'BACKUP_UNUSABLE',
      `${path} has the format ${version}, this Gatehouse reads format 1: use a newer Gatehouse.`,
    );
  }
  const parsed = Header.safeParse(value);
  if (!parsed.success) throw damaged(path, 'its header was changed');
  const { facts, dataKey } = parsed.data;
  return { header: Buffer.concat([prefix, json]), facts, wrapped: Buffer.from(dataKey, 'base64url') };
}

function countMarks(json: Buffer): number {
  let marks = 0;
  for (let at = 0; at < json.length; at++) if (MARKS.has(json[at]!)) marks++;
  return marks;
}

function describe(damage: StreamError['damage'], count: number): string {
  switch (damage.is) {
    case 'cut-short':
      return 'its end is missing';
    case 'longer-than-it-was':
      return `something was added after part ${damage.part}`;
    case 'changed':
      return damage.part === 1
        ? `its header or part 1 of ${count} was changed`
        : `part ${damage.part} of ${count} was changed or moved`;
    default:
      return damage satisfies never;
  }
}

const damaged = (path: string, how: string) =>
  new Problem('BACKUP_UNUSABLE', `${path} is damaged: ${how}. Use another backup.`);

/** Plain bytes in one sealed chunk. */
export const CHUNK = 2 ** 20;
/** Bytes that sealing adds to each chunk. */
export const TAG = 16;

/** Why a sealed stream cannot be read. `part` counts chunks from 1. */
type StreamDamage =
  | { is: 'cut-short' }
  | { is: 'longer-than-it-was'; part: number }
  | { is: 'changed'; part: number };

class StreamError extends Error {
  readonly damage: StreamDamage;
  constructor(damage: StreamDamage) {
    super(damage.is);
    this.damage = damage;
  }
}

/** Key of one file; never used for a second one. */
interface StreamKey {
  key: Buffer;
  /** 56 bits before the counter and the last-chunk flag of each nonce. */
  prefix: Buffer;
}

/** Derived from the file's random data key and the bytes before the chunks, so that a changed header does not open. */
function streamKey(dataKey: Uint8Array, header: Uint8Array): StreamKey {
  const salt = createHash('sha256').update(header).digest();
  const derived = Buffer.from(hkdfSync('sha256', dataKey, salt, 'gatehouse backup stream v1', 32 + 7));
  return { key: derived.subarray(0, 32), prefix: derived.subarray(32) };
}

/**
 * AES-256-GCM in chunks (STREAM: Hoang, Reyhanitabar, Rogaway, Vizár 2015): the nonce counts the chunks and marks the last
 * one, so that a chunk that is missing, moved, repeated or added does not open.
 */
async function* sealStream(
  source: AsyncIterable<Uint8Array>,
  { key, prefix }: StreamKey,
): AsyncGenerator<Uint8Array> {
  const waiting = new Uint8Array(CHUNK);
  let filled = 0;
  let counter = 0;
  function* seal(last: boolean): Generator<Uint8Array> {
    const cipher = createCipheriv('aes-256-gcm', key, nonceOf(prefix, counter++, last));
    yield cipher.update(waiting.subarray(0, filled));
    cipher.final();
    filled = 0;
    yield cipher.getAuthTag();
  }
  for await (const bytes of source) {
    for (let taken = 0; taken < bytes.length; ) {
      // Only when more follows: the last chunk must be known as the last.
      if (filled === CHUNK) {
        yield* seal(false);
        await pause();
      }
      const part = bytes.subarray(taken, taken + CHUNK - filled);
      waiting.set(part, filled);
      filled += part.length;
      taken += part.length;
    }
  }
  yield* seal(true);
}

/** Number of chunks in `bytes` sealed bytes. */
const chunksIn = (bytes: number): number => Math.max(1, Math.ceil(bytes / (CHUNK + TAG)));

/**
 * The plain chunk `index` of `count`. Throws StreamError that says how the stream was damaged; nothing of a chunk that was
 * changed is given.
 */
function openChunk(sealed: Uint8Array, index: number, count: number, { key, prefix }: StreamKey): Uint8Array {
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
