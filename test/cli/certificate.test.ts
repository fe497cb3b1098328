import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { get as getPlain, type IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createCustomerAuthority, hasOpenssl } from '../support/certificate-authority.ts';
import { freePort } from '../support/free-port.ts';
import { type Cli, createCli, type Service } from './gatehouse.ts';

const name = 'gatehouse.home.arpa';
const owner = { email: 'elin@museum.example', password: 'wet gravel under pines' };
let cli: Cli;
let pki: ReturnType<typeof createCustomerAuthority> | undefined;

beforeAll(() => {
  if (hasOpenssl) pki = createCustomerAuthority();
});
afterAll(() => pki?.remove());
beforeEach(async () => {
  cli = createCli();
  const secret = join(cli.data, 'owner-password');
  writeFileSync(secret, `${owner.password}\n`);
  await cli.json(
    ...['init', '--org', 'Museum', '--owner-email', owner.email],
    ...['--owner-name', 'Elin', '--owner-password-file', secret],
  );
});
afterEach(() => cli.clean());

const inTls = (file: string) => join(cli.data, 'tls', file);
const textOf = async (answer: IncomingMessage) => {
  let text = '';
  for await (const part of answer) text += part;
  return text;
};

/** Asks by the name of the box; rejects where `ca` does not vouch for it. */
async function ask(url: string, ca: string, path = '/ready') {
  const { port } = new URL(url);
  const headers = { host: `${name}:${port}` };
  const outgoing = get({ host: '127.0.0.1', port, path, servername: name, headers, ca, agent: false });
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  const { raw } = (answer.socket as TLSSocket).getPeerCertificate();
  return {
    status: answer.statusCode,
    hsts: answer.headers['strict-transport-security'],
    leaf: new X509Certificate(raw),
    text: await textOf(answer),
  };
}
async function askPlain(port: number, path: string) {
  const outgoing = getPlain({
    host: '127.0.0.1',
    port,
    path,
    headers: { host: `${name}:${port}` },
    agent: false,
  });
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  return {
    status: answer.statusCode,
    location: answer.headers.location,
    hsts: answer.headers['strict-transport-security'],
    text: await textOf(answer),
  };
}

/** As the assistant does it: the owner has no second factor yet. Gives the new address, after the new start. */
async function nameBox({ url, child, output }: Service): Promise<string> {
  const send = async (method: string, path: string, body: object, token?: string) =>
    (
      await fetch(url + path, {
        method,
        headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
        body: JSON.stringify(body),
      })
    ).json();
  const { token } = (await send('POST', '/api/auth/login', owner)) as { token: string };
  expect(await send('PUT', '/api/admin/box-name', { hostName: name, network: false }, token)).toMatchObject({
    hostName: name,
    network: false,
    restarting: true,
  });
  while (!output.stdout.includes('https:')) await once(child.stdout!, 'data');
  return url.replace('http:', 'https:');
}

interface Shown {
  served: { source: string; names: string[]; issuer: string };
  fingerprints: { served: string; authority: string };
}

test('a box with a name serves HTTPS with its own authority, hands it out over HTTP and redirects the rest', async () => {
  const plainPort = await freePort();
  const { url } = await cli.serve('--host-name', name, '--http-port', String(plainPort));
  expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
  const { text: authority } = await askPlain(plainPort, '/trust/gatehouse-ca.crt');
  expect(authority).toBe(readFileSync(inTls('authority.pem'), 'utf8'));
  const answer = await ask(url, authority);
  expect([answer.status, answer.hsts]).toEqual([200, undefined]);
  expect((await ask(url, authority, '/trust')).text).toContain('Compare the fingerprint first');
  const { port } = new URL(url);
  expect(await askPlain(plainPort, '/docs/?a=b')).toMatchObject({
    status: 307,
    location: `https://${name}:${port}/docs/?a=b`,
    hsts: undefined,
  });
  expect(await askPlain(plainPort, '/trust')).toMatchObject({ status: 200, hsts: undefined });

  const shown = await cli.json<Shown>('certificate', 'show');
  expect(shown).toMatchObject({ hostName: name, served: { source: 'own' } });
  const hex = (text: string) => text.replaceAll(/[ :]/g, '');
  expect(hex(shown.fingerprints.authority)).toBe(hex(new X509Certificate(authority).fingerprint256));
  expect(hex(shown.fingerprints.served)).toBe(hex(answer.leaf.fingerprint256));
  const { stdout } = await cli.run('certificate', 'show');
  expect(stdout).toContain(shown.fingerprints.authority);
  expect(statSync(inTls('own.pem')).mode & 0o777).toBe(0o600);

  // The authority's key goes along when the master key is replaced.
  await cli.json('master', 'rotate');
  await cli.json('certificate', 'renew');
  const renewed = await ask(url, authority);
  expect(renewed.leaf.serialNumber).not.toBe(answer.leaf.serialNumber);
  const refused = await cli.run('certificate', 'renew', '--new-authority');
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(`--confirm ${name}`)]);
  await cli.json('certificate', 'renew', '--new-authority', '--confirm', name);
  await expect(ask(url, authority)).rejects.toThrow();
  expect((await ask(url, readFileSync(inTls('authority.pem'), 'utf8'))).status).toBe(200);
  const { stdout: lines } = await cli.run('audit', 'tail', '--json');
  expect(lines.match(/certificate\.renew/g)?.length).toBe(3);
});

test.skipIf(!hasOpenssl)(
  'a box gets its name from its owner; a certificate of the customer is requested, installed and given up meanwhile',
  async () => {
    const url = await nameBox(await cli.serve());
    const own = readFileSync(inTls('authority.pem'), 'utf8');
    const csr = join(cli.data, 'box.csr');
    await cli.json('certificate', 'request', '--out', csr);
    const answered = join(cli.data, 'answer.pem');
    writeFileSync(answered, pki!.intermediate);
    const refused = await cli.run('certificate', 'install', answered);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('Nothing was changed.')]);
    expect((await ask(url, own)).status).toBe(200);

    writeFileSync(answered, pki!.sign(readFileSync(csr, 'utf8')) + pki!.intermediate);
    expect(await cli.json<Shown>('certificate', 'install', answered)).toMatchObject({
      served: { source: 'installed', issuer: 'Customer sub' },
      notes: [],
    });
    expect(await ask(url, pki!.root)).toMatchObject({ status: 200, hsts: 'max-age=31536000' });
    expect((await ask(url, pki!.root, '/trust')).text).toContain('Nothing to install');
    expect((await cli.run('certificate', 'renew')).stderr).toContain('--discard-installed');
    await cli.json('certificate', 'renew', '--discard-installed');
    expect(await ask(url, own)).toMatchObject({ status: 200, hsts: undefined });
    const { stdout } = await cli.run('audit', 'tail', '--json');
    for (const action of ['certificate.request', 'certificate.install', 'certificate.renew'])
      expect(stdout).toContain(action);
  },
);

test('sealed for the first time the box shows a temporary certificate, and its own once it is open', async () => {
  const passphrase = join(cli.data, 'passphrase');
  writeFileSync(passphrase, 'correct horse battery\n', { mode: 0o600 });
  await cli.json('master', 'set-passphrase', '--passphrase-file', passphrase);
  const service = cli.start('serve', '--host-name', name, '--port', '0');
  await expect.poll(() => service.output.stdout).toContain('"sealed"');
  const { url } = JSON.parse(service.output.stdout.split('\n')[0]!) as { url: string };
  await expect(ask(url, '')).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  await cli.json('unseal', '--passphrase-file', passphrase);
  const authority = readFileSync(inTls('authority.pem'), 'utf8');
  const { leaf, status } = await ask(url, authority);
  expect([leaf.checkIssued(new X509Certificate(authority)), status]).toEqual([true, 200]);
  service.child.kill('SIGTERM');
  await service.ended;

  const again = cli.start('serve', '--host-name', name, '--port', '0');
  await expect.poll(() => again.output.stdout).toContain('"sealed"');
  const sealed = JSON.parse(again.output.stdout.split('\n')[0]!) as { url: string };
  const answer = await ask(sealed.url, authority);
  expect([answer.status, answer.leaf.serialNumber]).toEqual([503, leaf.serialNumber]);
  again.child.kill('SIGTERM');
  await again.ended;
});

test('without a service the commands show and make what the next start serves', async () => {
  const before = await cli.run('certificate', 'show');
  expect(before.stdout).toContain('none yet');
  const renewed = await cli.json<Shown>('certificate', 'renew');
  expect(renewed.served.source).toBe('own');
  const { code, stderr } = await cli.run('serve', '--port', '0', '--http-port', '0');
  expect([code, stderr]).toEqual([2, expect.stringContaining('"httpPort" redirects to HTTPS')]);
});
