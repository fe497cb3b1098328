import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** Ed25519 key that signs releases. */
export interface SigningPublicKey {
  /** Eight bytes by which a signature names its key. */
  id: Buffer;
  key: KeyObject;
}

/** A signature file of minisign, prehashed (`ED`): https://jedisct1.github.io/minisign/#signature-format */
export interface DetachedSignature {
  keyId: Buffer;
  signature: Buffer;
  /** Part of what is signed, unlike the first comment. */
  trustedComment: string;
  commentSignature: Buffer;
}

/** A signature that does not count; the message says why, for the operator. */
export class SignatureRefused extends Error {
  override name = 'SignatureRefused';
}

const KEY_BYTES = 2 + 8 + 32;
const SIGNATURE_BYTES = 2 + 8 + 64;
const COMMENT_BYTES = 64;
const TRUSTED = 'trusted comment: ';
/** Of an Ed25519 public key in SubjectPublicKeyInfo (RFC 8410), before its 32 bytes. */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

/** Of a public key file of minisign, or of its second line alone. */
export function readPublicKey(text: string): SigningPublicKey {
  const line = lines(text).find((one) => !one.startsWith('untrusted comment:')) ?? '';
  const bytes = decoded(line, KEY_BYTES);
  if (bytes?.toString('latin1', 0, 2) !== 'Ed')
    throw new SignatureRefused('This is no public key of minisign: it begins with RW and has 56 characters.');
  const key = createPublicKey({
    key: Buffer.concat([SPKI, bytes.subarray(10)]),
    format: 'der',
    type: 'spki',
  });
  return { id: bytes.subarray(2, 10), key };
}

export function readSignature(text: string): DetachedSignature {
  const [comment = '', signature = '', trusted = '', commentSignature = '', ...more] = lines(text);
  const bytes = decoded(signature, SIGNATURE_BYTES);
  const overComment = decoded(commentSignature, COMMENT_BYTES);
  if (
    !comment.startsWith('untrusted comment:') ||
    !bytes ||
    !trusted.startsWith(TRUSTED) ||
    !overComment ||
    more.length > 0
  )
    throw new SignatureRefused('The signature file is damaged, or was not written by minisign.');
  const kind = bytes.toString('latin1', 0, 2);
  if (kind === 'Ed')
    throw new SignatureRefused(
      'The signature is of the old kind without a hash: sign with minisign -S (without -l).',
    );
  if (kind !== 'ED') throw new SignatureRefused('The signature is of a kind that is not known.');
  return {
    keyId: bytes.subarray(2, 10),
    signature: bytes.subarray(10),
    trustedComment: trusted.slice(TRUSTED.length),
    commentSignature: overComment,
  };
}

/** BLAKE2b-512 of a file, which is what is signed. */
export async function hashForSignature(path: string): Promise<Buffer> {
  const hash = createHash('blake2b512');
  await pipeline(createReadStream(path), hash);
  return hash.digest();
}

/**
 * Checks a signature and its trusted comment, and returns the comment.
 * @throws {SignatureRefused} another key, an altered file, an altered comment
 */
export function checkSignature(
  hash: Buffer,
  signature: DetachedSignature,
  keys: readonly SigningPublicKey[],
): string {
  const signer = keys.find(({ id }) => id.equals(signature.keyId));
  if (!signer)
    throw new SignatureRefused(
      `The signature is by key ${keyIdText(signature.keyId)}, which is none of ${keys.map(({ id }) => keyIdText(id)).join(', ')}.`,
    );
  if (!verify(null, hash, signer.key, signature.signature))
    throw new SignatureRefused(
      'The signature does not belong to this file: it was altered, or is another file.',
    );
  const commented = Buffer.concat([signature.signature, Buffer.from(signature.trustedComment)]);
  if (!verify(null, commented, signer.key, signature.commentSignature))
    throw new SignatureRefused('The comment of the signature was altered.');
  return signature.trustedComment;
}

/** Writes what `minisign -S` writes. */
export function signatureText(
  hash: Buffer,
  { id, key }: { id: Buffer; key: KeyObject },
  { comment, trustedComment }: { comment: string; trustedComment: string },
): string {
  const signature = sign(null, hash, key);
  const overComment = sign(null, Buffer.concat([signature, Buffer.from(trustedComment)]), key);
  const first = Buffer.concat([Buffer.from('ED'), id, signature]).toString('base64');
  return `untrusted comment: ${comment}\n${first}\n${TRUSTED}${trustedComment}\n${overComment.toString('base64')}\n`;
}

/** The id of a key as minisign prints it: the eight bytes as a little-endian number. */
export const keyIdText = (id: Buffer): string => Buffer.from(id).reverse().toString('hex').toUpperCase();

const lines = (text: string): string[] => text.replace(/\r?\n$/, '').split(/\r?\n/);

function decoded(line: string, bytes: number): Buffer | undefined {
  const found = Buffer.from(line, 'base64');
  return found.length === bytes && found.toString('base64') === line ? found : undefined;
}
