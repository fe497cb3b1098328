import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { certificate as otherPem, namedCertificate as pem } from '../../../test/support/certificate.ts';
import { createOwnHosts, type OwnHostsDeps } from './own-hosts.ts';

const machine = {
  hostName: () => 'Gate.office.example',
  addresses: () => ['127.0.0.1', '10.0.0.5', 'fe80::5', '2001:db8::5'],
};

function isAllowed(host: string | string[] | undefined, deps: Partial<OwnHostsDeps> = {}, local?: string) {
  const sent = [host ?? []].flat();
  const hosts = createOwnHosts({ listen: '192.0.2.7', allowed: [], ...machine, ...deps });
  const request = {
    headers: { host: sent[0] },
    rawHeaders: sent.flatMap((text) => ['Host', text]),
    socket: { localAddress: local },
  };
  try {
    hosts.check(request as unknown as IncomingMessage);
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'HOST_NOT_ALLOWED' });
    return false;
  }
}

test.each([
  'localhost',
  'LOCALHOST:7300',
  'localhost.',
  '127.0.0.1:1',
  '127.9.9.9',
  '[::1]:7300',
  '192.0.2.7:7300',
  '10.0.0.5',
  '[2001:DB8:0::5]',
  '[::ffff:10.0.0.5]:80',
  'gate',
  'GATE.local:7300',
  'gate.office.example',
])('%s is this machine', (host) => {
  expect(isAllowed(host)).toBe(true);
});

test.each([
  'evil.example',
  'localhost.evil.example',
  'notlocalhost',
  'gate.evil.example',
  '10.0.0.6',
  '0x7f.1',
  '2130706433',
  '[::2]',
  '127.0.0.1@evil.example',
  'evil.example#localhost',
  'localhost:80:80',
  'local host',
  '',
])('%j is another', (host) => {
  expect(isAllowed(host)).toBe(false);
});

test('absent or twice is refused', () => {
  expect([isAllowed(undefined), isAllowed(['localhost', 'evil.example'])]).toEqual([false, false]);
});

test('the address the connection came in on is ours, as IPv4 in IPv6 too', () => {
  expect(isAllowed('203.0.113.9', {}, '::ffff:203.0.113.9')).toBe(true);
  expect(isAllowed('[fe80::9]', {}, 'fe80::9%eth0')).toBe(true);
  expect(isAllowed('203.0.113.8', {}, '203.0.113.9')).toBe(false);
});

test('configured names, addresses and names under a domain', () => {
  const allowed = ['Gatehouse.example.org', '198.51.100.4', '*.branch.example'];
  for (const host of ['gatehouse.example.org:443', '198.51.100.4', 'a.branch.example'])
    expect(isAllowed(host, { allowed })).toBe(true);
  for (const host of ['example.org', 'a.b.branch.example', 'branch.example', 'xbranch.example'])
    expect(isAllowed(host, { allowed })).toBe(false);
});

test('the names of the certificate that is served now', () => {
  let served = Buffer.from(otherPem);
  const hosts = ['face.example', 'a.wild.example:443', '198.51.100.44'];
  const certificate = () => served;
  expect(hosts.map((host) => isAllowed(host, { certificate }))).toEqual([false, false, false]);
  served = Buffer.from(pem);
  expect(hosts.map((host) => isAllowed(host, { certificate }))).toEqual([true, true, true]);
  for (const host of ['names', 'a.b.wild.example', '198.51.100.45'])
    expect(isAllowed(host, { certificate })).toBe(false);
});
