import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  checkSignature,
  hashForSignature,
  readPublicKey,
  readSignature,
  SignatureRefused,
  signatureText,
} from './minisign.ts';

const id = randomBytes(8);
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const raw = (key: KeyObject) => key.export({ format: 'der', type: 'spki' }).subarray(-32);
const publicText = (key: KeyObject, keyId = id) =>
  `untrusted comment: minisign public key\n${Buffer.concat([Buffer.from('Ed'), keyId, raw(key)]).toString('base64')}\n`;
const hash = createHash('blake2b512').update('a release').digest();
const text = signatureText(
  hash,
  { id, key: privateKey },
  { comment: 'signature', trustedComment: 'gatehouse 0.2.0' },
);
const keys = [readPublicKey(publicText(publicKey))];

test('a signature of ours is checked, and returns its comment', () => {
  expect(checkSignature(hash, readSignature(text), keys)).toBe('gatehouse 0.2.0');
});

test('an altered file, comment or key is refused', () => {
  const other = createHash('blake2b512').update('another').digest();
  expect(() => checkSignature(other, readSignature(text), keys)).toThrow('does not belong to this file');
  const commented = text.replace('gatehouse 0.2.0', 'gatehouse 9.9.9');
  expect(() => checkSignature(hash, readSignature(commented), keys)).toThrow(
    'comment of the signature was altered',
  );
  const stranger = generateKeyPairSync('ed25519').publicKey;
  expect(() => checkSignature(hash, readSignature(text), [readPublicKey(publicText(stranger))])).toThrow(
    'does not belong',
  );
  expect(() =>
    checkSignature(hash, readSignature(text), [readPublicKey(publicText(stranger, randomBytes(8)))]),
  ).toThrow('which is none of');
});

test('every altered byte of a signature file is refused, but those of its first comment', () => {
  const from = text.indexOf('\n') + 1;
  for (let at = from; at < text.length - 1; at++) {
    const altered = `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
    expect(() => checkSignature(hash, readSignature(altered), keys), `byte ${at}`).toThrow(SignatureRefused);
  }
});

test('what is no key or signature is named', () => {
  expect(() => readPublicKey('hello')).toThrow('no public key of minisign');
  expect(() => readSignature('hello')).toThrow('damaged');
  expect(() => readSignature(`${text}more\n`)).toThrow('damaged');
  const [first, second = '', ...rest] = text.split('\n');
  const legacy = Buffer.from(second, 'base64');
  legacy[1] = 'd'.charCodeAt(0);
  expect(() => readSignature([first, legacy.toString('base64'), ...rest].join('\n'))).toThrow('old kind');
});

describe.skipIf(!existsSync('/usr/bin/minisign'))('beside minisign', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-minisign-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('it accepts our signature, and we accept its', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, randomBytes(100_000));
    writeFileSync(join(folder, 'own.pub'), publicText(publicKey));
    writeFileSync(
      `${file}.minisig`,
      signatureText(
        await hashForSignature(file),
        { id, key: privateKey },
        { comment: 'x', trustedComment: 'y' },
      ),
    );
    expect(
      execFileSync('minisign', ['-V', '-p', join(folder, 'own.pub'), '-m', file], { encoding: 'utf8' }),
    ).toContain('verified');
    execFileSync('minisign', ['-G', '-W', '-p', join(folder, 'its.pub'), '-s', join(folder, 'its.key')]);
    execFileSync('minisign', ['-S', '-s', join(folder, 'its.key'), '-t', 'gatehouse 0.3.0', '-m', file]);
    const its = [readPublicKey(readFileSync(join(folder, 'its.pub'), 'utf8'))];
    expect(
      checkSignature(
        await hashForSignature(file),
        readSignature(readFileSync(`${file}.minisig`, 'utf8')),
        its,
      ),
    ).toBe('gatehouse 0.3.0');
  });
});
