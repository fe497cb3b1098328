import { X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { certificate, certificateKey } from '../../test/support/certificate.ts';
import { createBoxCertificate, type KeptSecret } from './box-certificate.ts';
import { boxNames } from './box-names.ts';

const DAY = 86_400_000;
let data: string;
let now: number;
let address: string;
let hostName: string;
let kept: { secret: Uint8Array; details: string } | undefined;
let said: { level: string; message: string }[];

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'gatehouse-box-'));
  now = Date.now();
  address = '192.168.1.17';
  hostName = 'gatehouse.home.arpa';
  kept = undefined;
  said = [];
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

const secret: KeptSecret = {
  load: async () => kept && { secret: kept.secret.slice(), details: kept.details },
  save: async ({ secret, details }) => {
    kept = { secret: secret.slice(), details };
  },
};
const noted = (level: string) => (_: unknown, message: string) => void said.push({ level, message });
const machine = () => ({ hostName: 'm', interfaces: [{ address, cidr: `${address}/24` }] });
const create = () =>
  createBoxCertificate({
    folder: join(data, 'tls'),
    names: () => boxNames({ hostName, allowedHosts: [] }, machine()),
    clock: { now: () => now },
    log: { info: noted('info'), warn: noted('warn') } as never,
  });
async function opened() {
  const box = create();
  box.open(secret);
  await box.renewDue();
  return box;
}
const leafOf = (box: ReturnType<typeof create>) => {
  const found = box.read();
  if (found.is === 'unusable') throw new Error(found.reason);
  return new X509Certificate(found.cert);
};
const warnings = () => said.filter(({ level }) => level === 'warn').map(({ message }) => message);

test('the first start makes an authority and a certificate for every name and address, for the owner alone', async () => {
  const box = await opened();
  const leaf = leafOf(box);
  expect(leaf.subjectAltName).toBe(
    'DNS:gatehouse.home.arpa, DNS:gatehouse.local, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, IP Address:192.168.1.17',
  );
  expect(leaf.verify(new X509Certificate(box.authority()!).publicKey)).toBe(true);
  expect(box.read()).toMatchObject({ is: 'usable', selfIssued: true, subject: 'CN=gatehouse.home.arpa' });
  expect(statSync(join(data, 'tls')).mode & 0o777).toBe(0o700);
  for (const name of readdirSync(join(data, 'tls')))
    expect(statSync(join(data, 'tls', name)).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(data, 'tls')).sort()).toEqual(['authority.pem', 'own.pem']);
  // The authority's key is in the key store alone.
  expect(readFileSync(join(data, 'tls', 'own.pem'), 'utf8').match(/PRIVATE KEY-----\n/g)).toHaveLength(2);
  expect(warnings()).toEqual([]);
});

test('a client that trusts the authority is served by name and by address', async () => {
  const box = await opened();
  const found = box.read();
  if (found.is === 'unusable') throw new Error(found.reason);
  const server = createServer({ cert: found.cert, key: found.key }, (_, reply) => reply.end('here'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const ask = (servername: string, ca?: string) =>
    new Promise((resolve, reject) =>
      get({ host: '127.0.0.1', port, servername, ca, agent: false }, (answer) =>
        resolve(answer.statusCode),
      ).on('error', reject),
    );
  try {
    expect(await ask('gatehouse.home.arpa', box.authority())).toBe(200);
    expect(await ask('', box.authority())).toBe(200);
    await expect(ask('other.home.arpa', box.authority())).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    await expect(ask('gatehouse.home.arpa')).rejects.toMatchObject({
      code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    });
  } finally {
    server.close();
  }
});

test('a certificate is kept until 30 days are left, and then renewed by the same authority', async () => {
  const box = await opened();
  const [first, authority] = [leafOf(box), box.authority()];
  now = Date.parse(first.validTo) - 31 * DAY;
  await box.renewDue();
  expect(leafOf(box).serialNumber).toBe(first.serialNumber);
  now += 2 * DAY;
  await box.renewDue();
  expect(leafOf(box).serialNumber).not.toBe(first.serialNumber);
  expect(Date.parse(leafOf(box).validTo) - now).toBeGreaterThan(390 * DAY);
  expect(box.authority()).toBe(authority);
});

test('a new address in the same network is covered by the next look; one of another network is left out and logged once', async () => {
  const box = await opened();
  const authority = box.authority();
  address = '192.168.1.99';
  await box.renewDue();
  expect(leafOf(box).checkIP('192.168.1.99')).toBe('192.168.1.99');
  const { serialNumber } = leafOf(box);
  address = '10.0.0.5';
  await box.renewDue();
  await box.renewDue();
  expect(leafOf(box).serialNumber).toBe(serialNumber);
  expect(box.authority()).toBe(authority);
  expect(warnings()).toEqual([expect.stringContaining('may not issue for these names or addresses')]);
  expect(await box.renew({ authority: true })).toEqual({ leaf: true, authority: true });
  expect(leafOf(box).checkIP('10.0.0.5')).toBe('10.0.0.5');
  expect(box.authority()).not.toBe(authority);
});

test('another chosen name is another authority: the former one may not issue for it', async () => {
  const before = (await opened()).authority();
  hostName = 'gate.example.internal';
  const box = await opened();
  expect(leafOf(box).checkHost('gate.example.internal')).toBe('gate.example.internal');
  expect(box.authority()).not.toBe(before);
  expect(warnings()).toEqual([
    'the box has a new certificate authority: every client has to install it again',
  ]);
});

test('the authority is replaced 30 days before its end', async () => {
  const box = await opened();
  const before = box.authority()!;
  now = Date.parse(new X509Certificate(before).validTo) - 29 * DAY;
  await box.renewDue();
  expect(box.authority()).not.toBe(before);
  expect(Date.parse(leafOf(box).validTo)).toBeGreaterThan(now + 300 * DAY);
});

test('an authority that was replaced while the clock was years ahead issues again once the clock is right', async () => {
  const box = await opened();
  const authority = box.authority()!;
  const right = now;
  for (const wrong of [right + 11 * 365 * DAY, right - 6 * 365 * DAY, right + 25 * 365 * DAY]) {
    now = wrong;
    await box.renewDue();
    now = right;
    await box.renewDue();
    expect(box.authority()).toBe(authority);
    const leaf = leafOf(box);
    expect(leaf.verify(new X509Certificate(authority).publicKey)).toBe(true);
    expect(Date.parse(leaf.validFrom)).toBeLessThan(right);
  }
  // One that was replaced on purpose does not come back.
  now = right + 11 * 365 * DAY;
  await box.renew({ authority: true });
  now = right;
  await box.renewDue();
  expect(box.authority()).not.toBe(authority);
});

test('after a restore the key store brings the authority back, and clients go on trusting it', async () => {
  const before = (await opened()).authority();
  rmSync(join(data, 'tls'), { recursive: true });
  const box = await opened();
  expect(box.authority()).toBe(before);
  expect(leafOf(box).checkIssued(new X509Certificate(before!))).toBe(true);
});

test('a truncated file is replaced', async () => {
  const box = await opened();
  writeFileSync(box.paths.own, readFileSync(box.paths.own, 'utf8').slice(0, 300));
  await box.renewDue();
  expect(box.read()).toMatchObject({ is: 'usable' });
});

test('sealed: a certificate that is there is served, without one a temporary one until the keys are open', async () => {
  const box = create();
  await box.renewDue();
  expect(existsSync(join(data, 'tls'))).toBe(false);
  const temporary = leafOf(box);
  expect([temporary.issuer, box.read().selfIssued, box.authority()]).toEqual([
    temporary.subject,
    true,
    undefined,
  ]);
  box.open(secret);
  await box.renewDue();
  expect(leafOf(box).checkIssued(new X509Certificate(box.authority()!))).toBe(true);
  const later = create();
  await later.renewDue();
  expect(leafOf(later).serialNumber).toBe(leafOf(box).serialNumber);
});

test('an installed pair goes before the box’s own, and one that ended does not', async () => {
  const box = await opened();
  writeFileSync(box.paths.installed, certificate + certificateKey);
  expect(box.read()).toMatchObject({ is: 'usable', selfIssued: false, subject: 'CN=gatehouse.test' });
  now = Date.parse(new X509Certificate(certificate).validTo) + DAY;
  await box.renewDue();
  expect(box.read()).toMatchObject({ is: 'usable', selfIssued: true });
  box.read();
  expect(warnings().filter((one) => one.includes('installed'))).toEqual([
    'the installed certificate cannot be used: one of the box’s own authority is served',
  ]);
});
