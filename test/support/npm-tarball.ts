import { gzipSync } from 'node:zlib';

export interface WrittenEntry {
  name: string;
  bytes?: Uint8Array;
  /** "0" is a file, "5" a folder, "2" a link. */
  kind?: string;
  /** As the header states it, where that is not the truth. */
  size?: number;
  prefix?: string;
  checksum?: number;
}

const BLOCK = 512;

function entry({
  name,
  bytes = new Uint8Array(),
  kind = '0',
  size = bytes.length,
  prefix = '',
  checksum,
}: WrittenEntry) {
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0, 100, 'utf8');
  header.write('0000644\0', 100);
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  header.write(' '.repeat(8), 148);
  header.write(kind, 156);
  header.write('ustar\x0000', 257, 'latin1');
  header.write(prefix, 345, 155, 'utf8');
  const sum = checksum ?? header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)]);
}

/** A package as npm packs it: gzip of a ustar archive. */
export const npmTarball = (entries: readonly WrittenEntry[]): Uint8Array =>
  new Uint8Array(gzipSync(Buffer.concat([...entries.map(entry), Buffer.alloc(2 * BLOCK)])));
