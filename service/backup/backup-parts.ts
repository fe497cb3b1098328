import { once } from 'node:events';
import { createReadStream, createWriteStream, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { finished } from 'node:stream/promises';
import { Manifest } from '../inference/models/manifest.ts';
import { Problem } from '../lib/problem.ts';
import type { BackupFacts } from './backup-file.ts';

/** One file of a backup: by name, from memory or from a file that does not change meanwhile. */
type Part = { name: string } & ({ bytes: Uint8Array } | { path: string });

/** What a backup may hold; any other entry of a container is not unpacked. */
const names =
  /^(gatehouse\.db|gatehouse\.json|master-passphrase\.json|models\/manifest\.json|models\/[a-zA-Z0-9][a-zA-Z0-9._-]*\.onnx)$/;

/** The parts one after another: length of a JSON header, the header with name and size, the bytes; a length of 0 ends. */
export async function* packParts(parts: readonly Part[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (!names.test(part.name)) throw new Error(`A backup has no part "${part.name}".`);
    const size = 'bytes' in part ? part.bytes.length : (await stat(part.path)).size;
    const header = Buffer.from(JSON.stringify({ name: part.name, size }));
    yield lengthOf(header.length);
    yield header;
    if ('bytes' in part) yield part.bytes;
    else {
      let sent = 0;
      for await (const chunk of createReadStream(part.path, { highWaterMark: 2 ** 20 })) {
        sent += (chunk as Buffer).length;
        yield chunk as Buffer;
      }
      if (sent !== size) throw new Error(`${part.path} changed its size while it was read.`);
    }
  }
  yield lengthOf(0);
}

/** Writes the parts into `folder` (files 0600, on disk when it resolves); gives their names. */
export async function unpackParts(source: AsyncIterable<Uint8Array>, folder: string): Promise<string[]> {
  const reader = createReader(source);
  const written: string[] = [];
  for (;;) {
    const length = (await reader.take(4)).readUInt32BE();
    if (length === 0) break;
    if (length > 4096) throw unreadable();
    const { name, size } = JSON.parse((await reader.take(length)).toString()) as {
      name: string;
      size: number;
    };
    if (!names.test(name) || written.includes(name) || !Number.isSafeInteger(size) || size < 0)
      throw unreadable();
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const file = createWriteStream(path, { flags: 'wx', mode: 0o600 });
    const done = finished(file);
    done.catch(() => {});
    for (let left = size; left > 0; ) {
      const bytes = await reader.some(left);
      left -= bytes.length;
      if (!file.write(bytes)) await Promise.race([once(file, 'drain'), done]);
    }
    file.end();
    await done;
    await syncPath(path);
    written.push(name);
  }
  if (!(await reader.ended())) throw unreadable();
  for (const made of new Set(written.map((name) => dirname(join(folder, name))).concat(folder)))
    await syncPath(made);
  return written;
}

/** Reads all of it and gives nothing: what authenticates has been on the disk as it was written. */
export async function drain(source: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const chunk of source) bytes += chunk.length;
  return bytes;
}

function createReader(source: AsyncIterable<Uint8Array>) {
  const chunks = source[Symbol.asyncIterator]();
  let held: Uint8Array = new Uint8Array(0);
  async function fill(): Promise<boolean> {
    while (held.length === 0) {
      const next = await chunks.next();
      if (next.done) return false;
      held = next.value;
    }
    return true;
  }
  /** At least one byte, `most` at most. */
  async function some(most: number): Promise<Uint8Array> {
    if (!(await fill())) throw unreadable();
    const given = held.subarray(0, most);
    held = held.subarray(given.length);
    return given;
  }
  return {
    some,
    async take(length: number): Promise<Buffer> {
      const found: Uint8Array[] = [];
      for (let left = length; left > 0; ) {
        const bytes = await some(left);
        found.push(bytes);
        left -= bytes.length;
      }
      return Buffer.concat(found);
    },
    ended: async () => !(await fill()),
  };
}

const unreadable = () =>
  new Problem('BACKUP_UNUSABLE', 'What the backup holds does not have the layout of this Gatehouse.');

function lengthOf(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export function readPassphraseFile(data: string): string | undefined {
  const path = join(data, 'master-passphrase.json');
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

/** What a machine is among nodes: another one that a backup is restored on is not it. */
const OF_ONE_NODE = ['nodes', 'nodeName', 'nodeAddress'];

/** `gatehouse.json` without the names and passwords inside database URLs, and without what is of one machine. */
export function backupSettings(data: string): Part {
  const path = join(data, 'gatehouse.json');
  const settings = existsSync(path)
    ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>)
    : {};
  for (const name of ['databaseUrl', 'keysDatabaseUrl']) {
    if (typeof settings[name] !== 'string') continue;
    const url = URL.parse(settings[name]);
    if (url) Object.assign(url, { username: '', password: '', search: '' });
    settings[name] = url?.href;
  }
  for (const name of OF_ONE_NODE) delete settings[name];
  return { name: 'gatehouse.json', bytes: Buffer.from(`${JSON.stringify(settings, null, 2)}\n`) };
}

/** The models that were imported: their entries and their files, without which a restored box may refuse every live verification. */
export function importedModels(data: string): { list: BackupFacts['models']; parts: Part[] } {
  const folder = join(data, 'models');
  const path = join(folder, 'manifest.json');
  if (!existsSync(path)) return { list: [], parts: [] };
  const bytes = readFileSync(path);
  const { models } = Manifest.parse(JSON.parse(bytes.toString()));
  const there = models.map(({ id, file, sha256 }) => ({
    id,
    file,
    sha256,
    included: existsSync(join(folder, file)),
  }));
  return {
    list: there,
    parts: [
      { name: 'models/manifest.json', bytes },
      ...there
        .filter(({ included }) => included)
        .map(({ file }) => ({ name: `models/${file}`, path: join(folder, file) })),
    ],
  };
}
