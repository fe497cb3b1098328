import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { certificate, certificateKey, lockedKey, otherKey } from '../../../test/support/certificate.ts';
import { readTlsFiles } from './tls-files.ts';

const DAY = 86_400_000;
const { validFrom, validTo } = new X509Certificate(certificate);
const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-tls-'));
  const files = { certificate, certificateKey, otherKey, lockedKey, readme: '# Readme\n' };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
});
afterEach(() => rmSync(folder, { recursive: true }));

const read = (cert: string, key: string, now = from + DAY) =>
  readTlsFiles({ cert: join(folder, cert), key: join(folder, key) }, now);

test('a certificate with its key can be used, until its last moment', () => {
  const pair = {
    is: 'usable',
    cert: Buffer.from(certificate),
    key: Buffer.from(certificateKey),
    subject: 'CN=gatehouse.test',
  };
  expect(read('certificate', 'certificateKey', to - 3 * DAY)).toEqual({ ...pair, days: 3 });
  expect(read('certificate', 'certificateKey', to)).toEqual({ ...pair, days: 0 });
});

test.each([
  ['no certificate', 'readme', 'readme', 'holds no certificate in PEM form'],
  ['no key', 'certificate', 'readme', 'holds no private key in PEM form'],
  ['one exchanged for the other', 'certificateKey', 'certificate', 'exchange --tls-cert and --tls-key'],
  ['another certificate’s key', 'certificate', 'otherKey', 'does not belong to the certificate'],
  ['a key behind a passphrase', 'certificate', 'lockedKey', 'has a passphrase'],
  ['no file', 'nowhere', 'certificateKey', 'which --tls-cert names'],
  ['no key file', 'certificate', 'nowhere', 'which --tls-key names'],
  ['a folder', '.', 'certificateKey', 'cannot be read (EISDIR)'],
])('%s cannot be used, and the sentence says why', (_what, cert, key, sentence) => {
  expect(read(cert, key)).toEqual({ is: 'unusable', reason: expect.stringContaining(sentence) });
});

test('before its time and after its end a certificate cannot be used', () => {
  const reason = (now: number) => read('certificate', 'certificateKey', now);
  expect(reason(from - 1)).toMatchObject({ is: 'unusable', reason: expect.stringContaining('clock') });
  expect(reason(to + 1)).toMatchObject({ is: 'unusable', reason: expect.stringContaining('Renew it') });
});
