import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { SignatureRefused } from './minisign.ts';

/** Bytes of a signature or of a public key, and much more than either has. */
const MOST = 16 * 1024;

/** The text of a signature or a public key. Neither waits for a pipe nor reads a device. Throws SignatureRefused. */
export function readSmallFile(path: string): string {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!fstatSync(file).isFile()) throw new SignatureRefused(`${path} is no file.`);
    const bytes = Buffer.alloc(MOST);
    return bytes.toString('utf8', 0, readSync(file, bytes, 0, MOST, 0));
  } finally {
    closeSync(file);
  }
}
