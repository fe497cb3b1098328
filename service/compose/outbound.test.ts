import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { certificate } from '../../test/support/certificate.ts';
import { ConfigError } from '../config.ts';
import { mailServerOf } from './outbound.ts';

const smtpFrom = 'box@example.com';
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-mail-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('without a URL there is no mail server', () => {
  expect(mailServerOf({ smtpUrl: undefined, smtpFrom: undefined, smtpCa: undefined })).toBeUndefined();
});

test.each([
  ['smtp://mail.lan', { host: 'mail.lan', port: 587, secure: false }],
  ['smtps://mail.lan/', { host: 'mail.lan', port: 465, secure: true }],
  ['smtp://[fd00::25]:25', { host: 'fd00::25', port: 25, secure: false }],
  [
    'smtp://box%40example.com:p%40ss%3A%25@mail.lan:2525',
    { host: 'mail.lan', port: 2525, secure: false, user: 'box@example.com', password: 'p@ss:%' },
  ],
])('%s', (smtpUrl, server) => {
  expect(mailServerOf({ smtpUrl, smtpFrom, smtpCa: undefined })).toEqual({ ...server, from: smtpFrom });
});

test.each([
  'smtp://mail.lan/inbox',
  'smtp://mail.lan?tls=no',
  'smtp://user@mail.lan',
  'smtp://a:%ff@mail.lan',
])('%s is refused with a sentence about smtpUrl that does not show it', (smtpUrl) => {
  const read = () => mailServerOf({ smtpUrl, smtpFrom, smtpCa: undefined });
  expect(read).toThrow(ConfigError);
  expect(read).toThrow('"smtpUrl"');
  expect(read).not.toThrow(smtpUrl);
});

test('a CA is read from its file, and one that is none is named', () => {
  const [good, bad] = [join(folder, 'ca.pem'), join(folder, 'bad.pem')];
  writeFileSync(good, certificate);
  writeFileSync(bad, 'hello');
  const smtpUrl = 'smtps://mail.lan';
  expect(mailServerOf({ smtpUrl, smtpFrom, smtpCa: good })?.ca).toBe(certificate);
  for (const smtpCa of [bad, join(folder, 'nothing.pem')])
    expect(() => mailServerOf({ smtpUrl, smtpFrom, smtpCa })).toThrow(`"smtpCa" names ${smtpCa}`);
});
