import { UnreadablePicture } from './run-import.ts';

/** One file of a ZIP file. */
export interface ZipFile {
  /** As it is written there: never used as a path on a disk. */
  path: string;
  /** Unpacks it. Throws UnreadablePicture. */
  read(): Promise<Uint8Array<ArrayBuffer>>;
}

/** No ZIP file, damaged, or of a kind that is not read here; the message says which. */
export class ZipFault extends Error {
  override name = 'ZipFault';
  readonly fault: 'not-zip' | 'damaged' | 'too-many';
  constructor(fault: ZipFault['fault'], message: string) {
    super(message);
    this.fault = fault;
  }
}

/** What one unpacked file may have; the service takes no larger picture. A file that claims less and unpacks to more ends there. */
export const LARGEST_FILE = 10 * 1024 * 1024;
export const MOST_FILES = 200_000;
const LARGEST_DIRECTORY = 64 * 1024 * 1024;

const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const END_LENGTH = 22;
const LOCATOR_LENGTH = 20;
const MOST_COMMENT = 65_535;
const MANY_16 = 0xffff;
const MANY_32 = 0xffffffff;

interface Stored {
  path: string;
  method: number;
  encrypted: boolean;
  packed: number;
  size: number;
  /** Of its local header. */
  at: number;
}

/**
 * The files of a ZIP file (APPNOTE 6.3: stored and deflated, ZIP64 too), each unpacked when it is read and not before, in memory alone.
 * Throws ZipFault.
 */
export async function openZip(zip: Blob): Promise<ZipFile[]> {
  const { at, length, count } = await findDirectory(zip);
  if (count > MOST_FILES || length > LARGEST_DIRECTORY)
    throw new ZipFault('too-many', `The ZIP file holds more than ${MOST_FILES} files: split it.`);
  const stored = readDirectory(await viewOf(zip, at, length), count);
  return stored
    .filter(({ path }) => !path.endsWith('/'))
    .map((file) => ({ path: file.path, read: () => unpack(zip, file) }));
}

async function viewOf(zip: Blob, at: number, length: number): Promise<DataView> {
  if (at < 0 || at + length > zip.size) throw damaged();
  return new DataView(await zip.slice(at, at + length).arrayBuffer());
}

const damaged = () =>
  new ZipFault('damaged', 'The ZIP file is damaged or was cut off on the way: pack it again.');

async function findDirectory(zip: Blob): Promise<{ at: number; length: number; count: number }> {
  const from = Math.max(0, zip.size - END_LENGTH - MOST_COMMENT);
  const tail = await viewOf(zip, from, zip.size - from);
  for (let i = tail.byteLength - END_LENGTH; i >= 0; i--) {
    if (tail.getUint32(i, true) !== END) continue;
    const [count, length, at] = [
      tail.getUint16(i + 10, true),
      tail.getUint32(i + 12, true),
      tail.getUint32(i + 16, true),
    ];
    if (count !== MANY_16 && length !== MANY_32 && at !== MANY_32) return { at, length, count };
    return findDirectory64(zip, from + i - LOCATOR_LENGTH);
  }
  throw new ZipFault('not-zip', 'This is no ZIP file.');
}

async function findDirectory64(zip: Blob, locatorAt: number) {
  const locator = await viewOf(zip, locatorAt, LOCATOR_LENGTH);
  if (locator.getUint32(0, true) !== LOCATOR_64) throw damaged();
  const end = await viewOf(zip, large(locator, 8), 56);
  if (end.getUint32(0, true) !== END_64) throw damaged();
  return { count: large(end, 32), length: large(end, 40), at: large(end, 48) };
}

const large = (view: DataView, at: number) => Number(view.getBigUint64(at, true));

function readDirectory(view: DataView, count: number): Stored[] {
  const files: Stored[] = [];
  try {
    for (let i = 0, at = 0; i < count; i++) {
      if (view.getUint32(at, true) !== ENTRY) throw damaged();
      const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) =>
        view.getUint16(at + field, true),
      ) as [number, number, number];
      const flags = view.getUint16(at + 8, true);
      const file: Stored = {
        path: nameOf(view, at + 46, nameLength, flags),
        method: view.getUint16(at + 10, true),
        encrypted: (flags & 1) !== 0,
        packed: view.getUint32(at + 20, true),
        size: view.getUint32(at + 24, true),
        at: view.getUint32(at + 42, true),
      };
      readExtra64(view, at + 46 + nameLength, extraLength, file);
      files.push(file);
      at += 46 + nameLength + extraLength + commentLength;
    }
  } catch (error) {
    if (error instanceof RangeError) throw damaged();
    throw error;
  }
  return files;
}

/** The upper half of code page 437, in which names are that are not marked as UTF-8 (APPNOTE.TXT, appendix D). */
const CODE_PAGE_437 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐' +
  '└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■ ';

/** UTF-8 where it says so or can be; else code page 437. */
function nameOf(view: DataView, at: number, length: number, flags: number): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, length);
  const isUtf8 = (flags & 0x800) !== 0;
  try {
    return new TextDecoder('utf-8', { fatal: !isUtf8 }).decode(bytes).replaceAll('\\', '/');
  } catch {
    return Array.from(bytes, (byte) => (byte < 128 ? String.fromCharCode(byte) : CODE_PAGE_437[byte - 128]!))
      .join('')
      .replaceAll('\\', '/');
  }
}

/** Fields that do not fit stand in the extra field 1, those alone and in this order. */
function readExtra64(view: DataView, from: number, length: number, file: Stored): void {
  for (let at = from; at + 4 <= from + length; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    let field = at + 4;
    for (const name of ['size', 'packed', 'at'] as const) {
      if (file[name] !== MANY_32) continue;
      file[name] = large(view, field);
      field += 8;
    }
    return;
  }
}

async function unpack(zip: Blob, { method, encrypted, packed, size, at }: Stored) {
  if (encrypted) throw new UnreadablePicture('It is encrypted in the ZIP file: pack it without a password.');
  if (size > LARGEST_FILE || (method === 0 && packed > LARGEST_FILE)) throw tooLarge();
  const local = await viewOf(zip, at, 30).catch(() => undefined);
  if (local?.getUint32(0, true) !== LOCAL) throw broken();
  const begin = at + 30 + local.getUint16(26, true) + local.getUint16(28, true);
  if (begin + packed > zip.size) throw broken();
  const content = zip.slice(begin, begin + packed);
  if (method === 0) return new Uint8Array(await content.arrayBuffer());
  if (method === 8) return inflate(content);
  throw new UnreadablePicture(
    'It is packed in a way that is not read here: pack it as an ordinary ZIP file.',
  );
}

const tooLarge = () => new UnreadablePicture('It is larger than 10 MB; send a smaller picture.');
const broken = () => new UnreadablePicture('It is damaged in the ZIP file: pack it again.');

/** At most LARGEST_FILE, whatever the header says: a small part of a ZIP file can unpack to terabytes. */
async function inflate(packed: Blob): Promise<Uint8Array<ArrayBuffer>> {
  const reader = packed.stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      length += part.value.length;
      if (length > LARGEST_FILE) throw tooLarge();
      parts.push(part.value);
    }
  } catch (error) {
    await reader.cancel().catch(() => {});
    throw error instanceof UnreadablePicture ? error : broken();
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
