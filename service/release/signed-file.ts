import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  checkSignature,
  keyIdText,
  readSignature,
  SignatureRefused,
  type SigningPublicKey,
} from './minisign.ts';
import { readSmallFile } from './small-file.ts';

/** What the signature beside a file says about its bytes. */
export type FileSignature =
  | { is: 'signed'; keyId: string; comment: string }
  | { is: 'unsigned' }
  /** There is a signature, and no public key to check it with. */
  | { is: 'unchecked'; keyId: string }
  | { is: 'refused'; why: string };

/** `FILE.minisig`. */
export const signatureBeside = (file: string): string => `${file}.minisig`;

/** Checks bytes that were read from `file` against `file.minisig`. `keys` is read only where there is a signature. */
export function checkFileSignature(
  file: string,
  bytes: Uint8Array,
  keys: () => readonly SigningPublicKey[],
): FileSignature {
  const beside = signatureBeside(file);
  if (!existsSync(beside)) return { is: 'unsigned' };
  try {
    const signature = readSignature(readSmallFile(beside));
    const keyId = keyIdText(signature.keyId);
    const known = keys();
    if (known.length === 0) return { is: 'unchecked', keyId };
    const hash = createHash('blake2b512').update(bytes).digest();
    return { is: 'signed', keyId, comment: checkSignature(hash, signature, known) };
  } catch (error) {
    if (error instanceof SignatureRefused) return { is: 'refused', why: error.message };
    throw error;
  }
}
