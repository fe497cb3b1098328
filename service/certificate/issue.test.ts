import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fingerprintOf, issueLeaf, type MadeAuthority, makeAuthority, makeRequest } from './issue.ts';

const run = promisify(execFile);
const DAY = 86_400_000;
const now = Date.parse('2026-11-21T12:00:00Z');
const permitted = {
  names: ['gatehouse.home.arpa', 'gatehouse.local', 'localhost'],
  networks: ['127.0.0.0/8', '::1/128', '192.168.1.0/24', '2001:db8::/64'],
};

let folder: string;
let authority: MadeAuthority;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-issue-'));
  authority = await makeAuthority(permitted, now);
  writeFileSync(join(folder, 'ca.pem'), authority.certificate);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const openssl = await run('openssl', ['version']).then(
  () => true,
  () => false,
);

/** What `openssl verify` says of a certificate that this authority issued: `OK`, or its error. */
async function verify(names: string[], addresses: string[], options: string[] = []): Promise<string> {
  const { certificate } = await issueLeaf(authority, { names, addresses }, now);
  const file = join(folder, 'leaf.pem');
  writeFileSync(file, certificate);
  const command = ['verify', '-x509_strict', '-purpose', 'sslserver', '-attime', String(now / 1000)];
  return run('openssl', [...command, ...options, '-CAfile', join(folder, 'ca.pem'), file]).then(
    ({ stdout }) => stdout.trim().replace(`${file}: `, ''),
    ({ stderr }) => /error (\d+)/.exec(stderr)?.[1] ?? stderr,
  );
}

describe.skipIf(!openssl)('openssl, strictly', () => {
  test.each([
    [
      ['gatehouse.home.arpa', 'localhost'],
      ['192.168.1.17', '127.0.0.1', '::1', '2001:db8::17'],
    ],
    [['a.gatehouse.home.arpa', 'gatehouse.local', 'box.localhost'], []],
  ])('accepts %j %j', async (names, addresses) => {
    expect(await verify(names, addresses)).toBe('OK');
  });

  test('accepts the name and the address that a client asks for', async () => {
    const names = ['gatehouse.home.arpa', 'localhost'];
    const addresses = ['192.168.1.17'];
    expect(await verify(names, addresses, ['-verify_hostname', 'gatehouse.home.arpa'])).toBe('OK');
    expect(await verify(names, addresses, ['-verify_ip', '192.168.1.17'])).toBe('OK');
  });

  // 47: a name outside the permitted subtrees.
  test.each([
    ['another name', ['evil.example'], []],
    ['another name beside a permitted one', ['gatehouse.home.arpa', 'evil.example'], []],
    ['the name above', ['home.arpa'], []],
    ['an address of another network', ['gatehouse.home.arpa'], ['192.168.2.1']],
    ['an IPv6 address of another network', ['gatehouse.home.arpa'], ['2001:db9::1']],
  ])('refuses %s', async (_, names, addresses) => {
    expect(await verify(names, addresses)).toBe('47');
  });

  test('reads the request, with every name', async () => {
    const { request } = await makeRequest({ names: ['gatehouse.home.arpa'], addresses: ['192.168.1.17'] });
    const file = join(folder, 'request.pem');
    writeFileSync(file, request);
    const { stdout } = await run('openssl', ['req', '-in', file, '-noout', '-text', '-verify']);
    expect(stdout).toContain('DNS:gatehouse.home.arpa, IP Address:192.168.1.17');
    expect(stdout).toContain('prime256v1');
  });
});

test('a leaf lasts at most 397 days, the authority ten years, and a leaf never longer than it', async () => {
  const holder = { names: ['localhost'], addresses: [] };
  const end = ({ certificate }: { certificate: string }) =>
    Date.parse(new X509Certificate(certificate).validTo);
  const begin = ({ certificate }: { certificate: string }) =>
    Date.parse(new X509Certificate(certificate).validFrom);
  const leaf = await issueLeaf(authority, holder, now);
  expect((end(leaf) - begin(leaf)) / DAY).toBe(395);
  expect((end(authority) - begin(authority)) / DAY).toBe(3650);
  expect(end(await issueLeaf(authority, holder, end(authority) - 100 * DAY))).toBe(end(authority));
  const again = await issueLeaf(authority, holder, now);
  const [one, other] = [leaf, again].map(({ certificate }) => new X509Certificate(certificate));
  expect(one!.serialNumber).not.toBe(other!.serialNumber);
  expect(one!.ca).toBe(false);
});

test('two authorities have different names, and a long host name fits', async () => {
  const long = { names: [`${'a'.repeat(60)}.home.arpa`], networks: permitted.networks };
  const subjects = [authority, await makeAuthority(permitted, now), await makeAuthority(long, now)].map(
    ({ certificate }) => new X509Certificate(certificate).subject.slice('CN='.length),
  );
  expect(new Set(subjects).size).toBe(3);
  expect(subjects.every(({ length }) => length <= 64)).toBe(true);
});

test('a fingerprint is what openssl shows, in groups', () => {
  const { fingerprint256 } = new X509Certificate(authority.certificate);
  const shown = fingerprintOf(authority.certificate);
  expect(shown).toMatch(/^([0-9A-F]{4} ){15}[0-9A-F]{4}$/);
  expect(shown.replaceAll(' ', '')).toBe(fingerprint256.replaceAll(':', ''));
});
