import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { certificate, certificateKey, otherCertificate, otherKey } from '../../test/support/certificate.ts';
import { type CertificateSource, certificateFiles, createServedCertificate } from './served-certificate.ts';

let folder: string;
let paths: { cert: string; key: string };
let said: { level: string; message: string; fields: object }[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-certificate-'));
  paths = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  said = [];
  write(certificate, certificateKey);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(cert: string, key: string): void {
  writeFileSync(paths.cert, cert);
  writeFileSync(paths.key, key);
}
const noted = (level: string) => (fields: unknown, message: string) =>
  void said.push({ level, message, fields: fields as object });
/** Never needed where the files are in force. */
const noBox: CertificateSource = {
  read: () => ({ is: 'unusable', reason: 'The box has no certificate.', selfIssued: true }),
  renewDue: async () => {},
};
async function open(source?: CertificateSource) {
  const clock = { now: () => Date.parse('2027-01-01T00:00:00Z') };
  const served = createServedCertificate({
    source: source ?? certificateFiles(paths, clock, noBox),
    log: { info: noted('info'), warn: noted('warn') } as never,
  });
  await served.load();
  return served;
}

test('a renewed pair is served to new connections, and those that are open go on', async () => {
  const served = await open();
  const server = createServer(served.current(), (_, reply) => reply.end());
  served.serveOn(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const shown = async () => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    return { socket, name: socket.getPeerCertificate().subject.CN };
  };
  try {
    const before = await shown();
    await served.reload();
    expect([before.name, said]).toEqual(['gatehouse.test', []]);
    write(otherCertificate, otherKey);
    await served.reload();
    const after = await shown();
    expect(after.name).toBe('gatehouse-renewed.test');
    expect(said).toMatchObject([
      {
        level: 'info',
        message: 'the renewed certificate is served',
        fields: { subject: 'CN=gatehouse-renewed.test' },
      },
    ]);
    const weak = connect({
      port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      maxVersion: 'TLSv1.2',
      ciphers: 'ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0',
    });
    await expect(once(weak, 'secureConnect')).rejects.toThrow(/handshake failure/);
    before.socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
    expect(String((await once(before.socket, 'data'))[0])).toContain('200 OK');
    for (const { socket } of [before, after]) socket.destroy();
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('half of a pair and a missing file are logged once; the former pair is served until the new one is complete', async () => {
  const served = await open();
  const end = served.end();
  writeFileSync(paths.cert, otherCertificate);
  await served.reload();
  await served.reload();
  expect(said).toMatchObject([
    {
      level: 'warn',
      fields: { reason: expect.stringContaining('does not belong'), until: new Date(end).toISOString() },
    },
  ]);
  rmSync(paths.key);
  await served.reload();
  expect(said).toHaveLength(2);
  expect([String(served.current().cert), served.end()]).toEqual([certificate, end]);
  writeFileSync(paths.key, otherKey);
  await served.reload();
  expect(said.at(-1)).toMatchObject({ level: 'info' });
  expect(String(served.current().cert)).toBe(otherCertificate);
});

test('a pair that cannot be used now stops the start with a sentence', async () => {
  write(certificate, otherKey);
  await expect(open()).rejects.toThrow('does not belong to the certificate');
});

test('a failed renewal is logged once, and the current pair stays in use', async () => {
  const { read } = certificateFiles(paths, { now: () => Date.parse('2027-01-01T00:00:00Z') }, noBox);
  let fails = false;
  const renewDue = async () => {
    if (fails) throw new Error('no space left on device');
  };
  const served = await open({ read, renewDue });
  fails = true;
  await served.reload();
  await served.reload();
  expect(said).toMatchObject([{ level: 'warn', fields: { reason: 'no space left on device' } }]);
  fails = false;
  await served.reload();
  expect([said.length, String(served.current().cert), served.isSelfIssued()]).toEqual([
    1,
    certificate,
    false,
  ]);
});

test('a pair that has ended at the start, or ends while it is served, gives way to the one of the box, and is not forgotten', async () => {
  let now = Date.parse('2130-01-01T00:00:00Z');
  let renewed = 0;
  const own = { cert: Buffer.from(otherCertificate), key: Buffer.from(otherKey) };
  const box: CertificateSource = {
    read: () => ({ is: 'usable', ...own, subject: 'CN=box', days: 300, selfIssued: true }),
    async renewDue() {
      renewed += 1;
    },
  };
  const served = await open(certificateFiles(paths, { now: () => now }, box));
  expect([served.isSelfIssued(), renewed]).toEqual([true, 1]);
  // The alert about the certificate of the operator goes by its end.
  expect(new Date(served.end()).toISOString()).toBe('2126-10-27T09:20:36.000Z');
  expect(said).toMatchObject([{ level: 'warn', fields: { reason: expect.stringContaining('Renew it.') } }]);
  now = Date.parse('2027-01-01T00:00:00Z');
  await served.reload();
  expect(served.isSelfIssued()).toBe(false);
  now = Date.parse('2130-01-01T00:00:00Z');
  await served.reload();
  expect(served.isSelfIssued()).toBe(true);
});
