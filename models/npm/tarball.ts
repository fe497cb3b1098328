import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';

/** Bytes of an unpacked package. */
const MOST_BYTES = 64 * 1024 * 1024;
const BLOCK = 512;
/** Kinds of entries that are files; all others have no bytes that are looked for. */
const FILE_KINDS = ['0', '\0'];

/** As `package-lock.json` spells it. */
export const integrityOf = (tarball: Uint8Array): string =>
  `sha512-${createHash('sha512').update(tarball).digest('base64')}`;

/**
 * One file of a package of npm, by its path in the package. The bytes are compared with `integrity` before anything of them is read. Throws
 * Error where they differ, and where they hold no such file.
 */
export function readFromTarball(
  tarball: Uint8Array,
  { integrity, file }: { integrity: string; file: string },
): Uint8Array {
  const found = integrityOf(tarball);
  if (found !== integrity)
    throw new Error(`the package is not the one that was pinned: integrity ${found}, expected ${integrity}`);
  const entries = unpack(tarball);
  for (let at = 0; at + BLOCK <= entries.length; ) {
    const header = entries.subarray(at, at + BLOCK);
    // Two blocks of zeros end an archive.
    if (header.every((byte) => byte === 0)) break;
    const { name, kind, size } = readHeader(header);
    const start = at + BLOCK;
    if (start + size > entries.length) throw new Error('the package is cut short');
    // What npm packs lies below one folder, mostly "package".
    if (FILE_KINDS.includes(kind) && name.slice(name.indexOf('/') + 1) === file)
      return entries.subarray(start, start + size);
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  throw new Error(`the package holds no ${file}`);
}

function unpack(tarball: Uint8Array): Uint8Array {
  try {
    return gunzipSync(tarball, { maxOutputLength: MOST_BYTES });
  } catch (cause) {
    throw new Error(`the package cannot be unpacked: ${(cause as Error).message}`, { cause });
  }
}

/** Of a ustar entry. */
function readHeader(header: Uint8Array): { name: string; kind: string; size: number } {
  const text = (start: number, length: number): string => {
    const field = header.subarray(start, start + length);
    const end = field.indexOf(0);
    return Buffer.from(end < 0 ? field : field.subarray(0, end)).toString('utf8');
  };
  const octal = (start: number, length: number): number => {
    const digits = text(start, length).trim();
    if (!/^[0-7]+$/.test(digits)) throw new Error('the package has an entry that cannot be read');
    return Number.parseInt(digits, 8);
  };
  // The checksum counts its own field as spaces.
  const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte), 0);
  if (octal(148, 8) !== sum) throw new Error('the package has an entry whose checksum differs');
  const prefix = text(257, 5) === 'ustar' ? text(345, 155) : '';
  return {
    name: prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`,
    kind: String.fromCharCode(header[156]!),
    size: octal(124, 12),
  };
}
