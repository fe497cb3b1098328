import { randomBytes } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { SubjectId } from '../../../../lib/id.ts';
import type { GalleryVectors } from '../best-pictures.ts';
import { type Realm, realmKey } from '../subject.ts';

/** Seals bytes for a place that `bound` names: elsewhere they do not open. */
export interface Sealing {
  /** Of the key. */
  id: string;
  seal(plain: Uint8Array, bound: string): Uint8Array;
  /** Undefined for another key or place, and for bytes that were changed. `into`: where the plain bytes go. */
  open(sealed: Uint8Array, bound: string, into: Uint8Array): Uint8Array | undefined;
}

/** A person's rows of the galleries, as the galleries have them. */
export interface KeptPerson {
  realm: Realm;
  subject: SubjectId;
  /** Of the stored templates that they were made from. */
  digest: Uint8Array;
  rows: GalleryVectors[];
}

/** Ids above `after`, up to `through`; without an end, all above. */
export interface Range {
  after: string;
  through: string | undefined;
}

/** People of a range of ids, with what the database had of all of them (stored-people-store.ts). */
export interface KeptPart {
  range: Range;
  digest: Uint8Array;
  people: KeptPerson[];
}

/** What the rows of a file are made under: where it is another one now they do not fit. */
export interface Circumstances {
  /** SHA-256 of the model files, by embedder. */
  files: Readonly<Record<string, string>>;
  /** Generation of the rotation of an organization's rows. */
  generations: Readonly<Record<string, number>>;
  /** Of the people, by the numbers that stand for them. */
  realms: readonly Realm[];
  /** Rows that the parts have. */
  counts: readonly RowCount[];
}

/** Of one realm and embedder. */
export interface RowCount {
  realm: Realm;
  embedder: string;
  rows: number;
  dimensions: number;
}

interface End {
  /** People whose rows changed while the file was written: it may have either. */
  changed: SubjectId[];
  circumstances: Circumstances;
}

const MAGIC = Buffer.from('gatehouse-gallery/3\n');
const FILE_ID = 16;
export const DIGEST = 16;
/** Behind their length. */
const VECTORS_AT = 4;

const boundOf = (file: Buffer, part: number | 'end') => `gallery-snapshot|${file.toString('hex')}|${part}`;

/**
 * `magic | id of the file | parts`, each `length | sealed bytes`: people, a range of ids each, and the end. A part is bound to its file and
 * its place; a file without its end is none.
 */
export async function* writeParts(
  sealing: Sealing,
  embedders: readonly string[],
  parts: AsyncIterable<KeptPart>,
  end: () => Promise<{ changed: SubjectId[]; circumstances: Omit<Circumstances, 'realms' | 'counts'> }>,
): AsyncGenerator<Uint8Array> {
  const id = randomBytes(FILE_ID);
  yield Buffer.concat([MAGIC, id]);
  const seal = (plain: Uint8Array, part: number | 'end') => {
    const sealed = sealing.seal(plain, boundOf(id, part));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(sealed.length);
    return Buffer.concat([length, sealed]);
  };
  const realms = new Map<string, { number: number; realm: Realm }>();
  function numberOf(realm: Realm): number {
    const known = realms.get(realmKey(realm)) ?? { number: realms.size, realm };
    realms.set(realmKey(realm), known);
    return known.number;
  }
  const counts = new Map<string, RowCount>();
  function count({ realm, rows }: KeptPerson): void {
    for (const { embedder, vectors } of rows) {
      const name = `${realmKey(realm)}/${embedder}`;
      const known = counts.get(name) ?? { realm, embedder, rows: 0, dimensions: vectors[0]!.length };
      known.rows += 1;
      counts.set(name, known);
    }
  }
  let number = 0;
  for await (const { range, digest, people } of parts) {
    const packed = people.map((person) => pack(person, embedders, numberOf(person.realm)));
    const names = [digest, text(range.after), text(range.through ?? ''), ...packed];
    yield seal(Buffer.concat([...vectorsOf(people), ...names]), number++);
    people.forEach(count);
  }
  const { changed, circumstances } = await end();
  const all: Circumstances = {
    ...circumstances,
    realms: [...realms.values()].map(({ realm }) => realm),
    counts: [...counts.values()],
  };
  yield seal(Buffer.from(JSON.stringify({ changed, circumstances: all } satisfies End)), 'end');
}

const text = (value: string): Buffer => Buffer.from([value.length, ...Buffer.from(value, 'latin1')]);

/** How many bytes, then the vectors of all rows in the order of these: together, so that each is read where it lies. */
function vectorsOf(people: readonly KeptPerson[]): Uint8Array[] {
  const vectors = people.flatMap(({ rows }) => rows.map(({ vectors: [vector] }) => bytesOf(vector!)));
  const length = Buffer.alloc(VECTORS_AT);
  length.writeUInt32LE(vectors.reduce((sum, { byteLength }) => sum + byteLength, 0));
  return [length, ...vectors];
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** `id | number of the realm | digest | rows`, each row `embedder | anchored | numbers of its vector`. */
function pack({ subject, digest, rows }: KeptPerson, embedders: readonly string[], realm: number): Buffer {
  const packed = Buffer.alloc(6 + subject.length + DIGEST + 4 * rows.length);
  packed.set(text(subject));
  let at = packed.writeUInt32LE(realm, 1 + subject.length);
  packed.set(digest, at);
  at = packed.writeUInt8(rows.length, at + DIGEST);
  for (const { embedder, anchored, vectors } of rows) {
    at = packed.writeUInt8(embedders.indexOf(embedder), at);
    at = packed.writeUInt8(anchored ? 1 : 0, at);
    at = packed.writeUInt16LE(vectors[0]!.length, at);
  }
  return packed;
}

/** Vectors are where they lie in the part. */
function unpack(part: Buffer, embedders: readonly string[], realms: readonly Realm[]): KeptPart {
  let vectorAt = VECTORS_AT;
  const digestAt = VECTORS_AT + part.readUInt32LE(0);
  let at = digestAt + DIGEST;
  function readText(): string {
    const start = at + 1;
    at = start + part.readUInt8(at);
    return part.toString('latin1', start, at);
  }
  const after = readText();
  const through = readText();
  const people: KeptPerson[] = [];
  while (at < part.length) {
    const subject = readText() as SubjectId;
    const realm = realms[part.readUInt32LE(at)]!;
    const digest = part.subarray(at + 4, at + 4 + DIGEST);
    const count = part.readUInt8(at + 4 + DIGEST);
    at += DIGEST + 5;
    const rows: GalleryVectors[] = [];
    for (let i = 0; i < count; i++) {
      const embedder = embedders[part.readUInt8(at)]!;
      const anchored = part.readUInt8(at + 1) === 1;
      const vector = new Float32Array(part.buffer, part.byteOffset + vectorAt, part.readUInt16LE(at + 2));
      at += 4;
      vectorAt += vector.byteLength;
      rows.push({ embedder, anchored, vectors: [vector] });
    }
    people.push({ realm, subject, digest, rows });
  }
  return {
    range: { after, through: through === '' ? undefined : through },
    digest: part.subarray(digestAt, digestAt + DIGEST),
    people,
  };
}

export interface OpenSnapshot {
  circumstances: Circumstances;
  changed: ReadonlySet<SubjectId>;
  /** In the order of the file; each until the next one, of which the vectors lie in the same memory. Ends early at a part that does not open. */
  parts(): AsyncGenerator<KeptPart>;
  close(): Promise<void>;
}

/** Undefined for a file that is not there, not whole, or sealed with another key. */
export async function openSnapshotFile(path: string, sealing: Sealing): Promise<OpenSnapshot | undefined> {
  const handle = await open(path, 'r').catch(() => undefined);
  if (!handle) return undefined;
  const opened = await openParts(handle, sealing).catch(() => undefined);
  if (!opened) await handle.close();
  return opened;
}

async function openParts(handle: FileHandle, sealing: Sealing): Promise<OpenSnapshot | undefined> {
  const { size } = await handle.stat();
  /** For every part: the system gives out new memory more slowly than the file is read. */
  let [sealedBytes, plainBytes] = [Buffer.alloc(0), Buffer.alloc(0)];
  const read = async (at: number, length: number) => {
    if (sealedBytes.length < length) sealedBytes = Buffer.alloc(length);
    const { bytesRead } = await handle.read(sealedBytes, 0, length, at);
    return sealedBytes.subarray(0, bytesRead);
  };
  const head = await read(0, MAGIC.length + FILE_ID);
  const id = Buffer.from(head.subarray(MAGIC.length));
  if (id.length < FILE_ID || !head.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const parts: { at: number; length: number }[] = [];
  for (let at = head.length; at < size; ) {
    const length = (await read(at, 4)).readUInt32LE(0);
    // An empty part too: a file of zeros is long to look through.
    if (length === 0 || length > size - at - 4) return undefined;
    parts.push({ at: at + 4, length });
    at += 4 + length;
  }
  const openPart = async ({ at, length }: { at: number; length: number }, part: number | 'end') => {
    if (plainBytes.length < length) plainBytes = Buffer.alloc(length);
    const plain = sealing.open(await read(at, length), boundOf(id, part), plainBytes);
    return plain && Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength);
  };
  const last = parts.pop();
  const end = last && (await openPart(last, 'end'));
  if (!end) return undefined;
  const { changed, circumstances } = JSON.parse(end.toString()) as End;
  return {
    circumstances,
    changed: new Set(changed),
    async *parts() {
      for (const [i, part] of parts.entries()) {
        const plain = await openPart(part, i);
        if (!plain) return;
        yield unpack(plain, Object.keys(circumstances.files), circumstances.realms);
      }
    },
    close: () => handle.close(),
  };
}
