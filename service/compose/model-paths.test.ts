import { createHash, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Problem } from '../lib/problem.ts';
import { signatureText } from '../release/minisign.ts';
import { manifestSignature, refuseAltered } from './model-paths.ts';

const BYTES = Buffer.from('{"version":1,"models":[]}');
let folder: string;
let manifest: string;
let keys: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-signed-models-'));
  manifest = join(folder, 'manifest.json');
  keys = join(folder, 'release-keys');
  mkdirSync(keys);
});
afterEach(() => rmSync(folder, { recursive: true }));

function newKey(name?: string): { id: Buffer; key: KeyObject } {
  const id = randomBytes(8);
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const text = Buffer.concat([Buffer.from('Ed'), id, raw]).toString('base64');
  if (name !== undefined) writeFileSync(join(keys, name), `untrusted comment: key\n${text}\n`);
  return { id, key: privateKey };
}
function sign(key: { id: Buffer; key: KeyObject }): void {
  const hash = createHash('blake2b512').update(BYTES).digest();
  const text = signatureText(hash, key, { comment: 'x', trustedComment: 'models of gatehouse 1.0.0' });
  writeFileSync(`${manifest}.minisig`, text);
}
const found = (bytes: Uint8Array = BYTES) => manifestSignature(manifest, bytes, [keys, join(folder, 'none')]);
const idOf = ({ id }: { id: Buffer }) => Buffer.from(id).reverse().toString('hex').toUpperCase();

test('a checkout has no signature, which is no fault', () => {
  newKey('release.pub');
  expect(found()).toEqual({ is: 'unsigned' });
  expect(() => refuseAltered(BYTES, manifest, [keys])).not.toThrow();
});

test('a signature by a key of this machine is checked; one without any key here cannot be', () => {
  const key = newKey();
  sign(key);
  expect(found()).toEqual({ is: 'unchecked', keyId: idOf(key) });
  sign(newKey('release.pub'));
  expect(found()).toMatchObject({ is: 'signed', comment: 'models of gatehouse 1.0.0' });
});

test('every altered byte of the manifest is refused, with what to do', () => {
  sign(newKey('release.pub'));
  for (let at = 0; at < BYTES.length; at++) {
    const altered = Buffer.from(BYTES);
    altered[at]! ^= 1;
    expect(found(altered), `byte ${at}`).toMatchObject({ is: 'refused' });
  }
  const refused = () => refuseAltered(Buffer.from('{}'), manifest, [keys]);
  expect(refused).toThrow(Problem);
  expect(refused).toThrow(
    /does not match .*manifest\.json\.minisig\. The signature does not belong .*gatehouse update FILE/,
  );
});

test('another key than those of this machine, a cut signature and a damaged key are refused', () => {
  const stranger = newKey();
  newKey('release.pub');
  sign(stranger);
  expect(found()).toEqual({
    is: 'refused',
    why: expect.stringContaining(`by key ${idOf(stranger)}, which is none of`),
  });
  writeFileSync(`${manifest}.minisig`, '');
  expect(found()).toMatchObject({ is: 'refused', why: expect.stringContaining('damaged') });
  sign(stranger);
  writeFileSync(join(keys, 'broken.pub'), 'no key');
  expect(found()).toMatchObject({ is: 'refused', why: expect.stringContaining('broken.pub: ') });
});
