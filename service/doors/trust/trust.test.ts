import { createHash, X509Certificate } from 'node:crypto';
import qrcode from 'qrcode';
import { afterEach, describe, expect, test } from 'vitest';
import { certificate } from '../../../test/support/certificate.ts';
import { createOwnHosts } from '../../http/listening/own-hosts.ts';
import { createServer } from '../../http/server.ts';
import { systemClock } from '../../lib/clock.ts';
import { createIds } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { createRedirectDoor, createTrustDoor } from './index.ts';
import { systems, trustPage } from './page.ts';

const running: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const app of running.splice(0)) await app.close();
});

async function start({ authority = certificate as string | undefined, port = 7300 } = {}) {
  const hosts = createOwnHosts({
    listen: '127.0.0.1',
    allowed: ['gatehouse.home.arpa'],
    hostName: () => 'm',
    addresses: () => [],
  });
  const app = createServer({ ids: createIds(systemClock), log: silentLog, hosts });
  running.push(app);
  await app.register(createTrustDoor({ authority: () => authority }));
  await app.register(createRedirectDoor({ port: () => port }));
  return {
    app,
    get: (url: string, headers: Record<string, string> = {}) =>
      app.inject({ method: 'GET', url, headers: { host: 'gatehouse.home.arpa', ...headers } }),
  };
}

const agents: Record<string, string> = {
  windows: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/150.0 Safari/537.36',
  macos: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/19.0 Safari/605.1.15',
  ios: 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Mobile Safari/604.1',
  android: 'Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/150.0 Mobile Safari/537.36',
  linux: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/150.0 Safari/537.36',
  firefox: 'Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0',
};

describe('the page', () => {
  test.each(systems.map(({ id }) => id))('opens the steps of %s for its browsers', async (id) => {
    const { get } = await start();
    const page = await get('/trust', { 'user-agent': agents[id]! });
    expect(page.statusCode).toBe(200);
    expect(page.body.match(/<details id="([a-z]+)" open>/g)).toEqual([`<details id="${id}" open>`]);
  });

  test('shows its address as a code for another device, where one can reach it', async () => {
    const { get } = await start();
    const page = (await get('/trust')).body;
    const modules = await qrcode.toString('http://gatehouse.home.arpa/trust', { type: 'svg', margin: 4 });
    expect(page).toContain(/<path stroke.*?\/>/.exec(modules)![0]);
    expect(page).toContain('<code>gatehouse.home.arpa/trust</code>');
    expect((await get('/trust', { host: '127.0.0.1:7300' })).body).not.toContain('<svg');
  });

  test('writes the host that a proxy passes on as text', async () => {
    const page = await trustPage({
      userAgent: '',
      language: 'en',
      protocol: 'https',
      host: `box.example"'<script>&`,
    });
    expect(page).not.toContain('<script');
    expect(page).toContain('box.example&quot;&#39;&lt;script&gt;&amp;/trust');
  });

  test('has steps for every system, no script, nothing of another host, and its style by hash', async () => {
    const { get } = await start();
    const page = await get('/trust');
    for (const { id } of systems) expect(page.body).toContain(`<details id="${id}"`);
    expect(page.body).not.toMatch(/<script|<img|<form|https?:\/\/| style=| on\w+=/);
    const style = /<style>(.*)<\/style>/s.exec(page.body)![1]!;
    expect(page.headers['content-security-policy']).toBe(
      `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
  });

  test('is German for a browser that asks for German first', async () => {
    const { get } = await start();
    const german = await get('/trust', { 'accept-language': 'de-AT,de;q=0.9,en;q=0.8' });
    expect(german.headers.vary).toContain('accept-language');
    expect(german.body).toContain('<html lang="de">');
    expect(german.body).toContain('Zuerst den Fingerabdruck vergleichen');
    expect(german.body).not.toMatch(/Download the|<b>Settings<|Open <b>|Choose <b>/);
    expect((await get('/trust', { 'accept-language': 'fr,en,de' })).body).toContain('<html lang="en">');
  });

  test('says to compare the fingerprint on the box, and never shows it', async () => {
    const { get } = await start();
    const { fingerprint256, fingerprint } = new X509Certificate(certificate);
    const shown = (await get('/trust')).body.toUpperCase().replaceAll(/[\s:]/g, '');
    expect(shown).toContain('GATEHOUSECERTIFICATESHOW');
    for (const one of [fingerprint256, fingerprint]) expect(shown).not.toContain(one.replaceAll(':', ''));
  });
});

describe('the files', () => {
  test('PEM, DER and a profile hold the same certificate', async () => {
    const { get } = await start();
    const [pem, der, profile] = await Promise.all(
      ['crt', 'cer', 'mobileconfig'].map((ending) => get(`/trust/gatehouse-ca.${ending}`)),
    );
    const { raw } = new X509Certificate(certificate);
    expect(pem!.body).toBe(certificate);
    expect(der!.rawPayload.equals(raw)).toBe(true);
    expect(profile!.body).toContain(`<data>${raw.toString('base64')}</data>`);
    expect([pem, der, profile].map((one) => one!.headers['content-type'])).toEqual([
      'application/x-x509-ca-cert',
      'application/pkix-cert',
      'application/x-apple-aspen-config',
    ]);
    expect(pem!.body).not.toContain('PRIVATE KEY');
  });

  test('there is nothing to install where the served certificate is another’s', async () => {
    const app = createServer({ ids: createIds(systemClock), log: silentLog });
    running.push(app);
    await app.register(createTrustDoor({ authority: () => undefined }));
    const page = await app.inject('/trust');
    expect([page.statusCode, page.body]).toEqual([404, expect.stringContaining('Nothing to install')]);
    expect((await app.inject('/trust/gatehouse-ca.crt')).statusCode).toBe(404);
  });
});

describe('the redirect', () => {
  test.each([
    ['gatehouse.home.arpa', '/', 'https://gatehouse.home.arpa:7300/'],
    [
      'gatehouse.home.arpa:80',
      '/console/people?q=a%20b',
      'https://gatehouse.home.arpa:7300/console/people?q=a%20b',
    ],
    ['127.0.0.1:8080', '/docs/', 'https://127.0.0.1:7300/docs/'],
    ['[::1]', '/x', 'https://[::1]:7300/x'],
    ['gatehouse.home.arpa', '//evil.example/x', 'https://gatehouse.home.arpa:7300//evil.example/x'],
  ])('%s %s', async (host, url, location) => {
    const { get } = await start();
    const answer = await get(url, { host });
    expect([answer.statusCode, answer.headers.location]).toEqual([307, location]);
    expect(new URL(location).host).toBe(`${host.replace(/:\d+$/, '')}:7300`);
    expect(answer.headers['strict-transport-security']).toBeUndefined();
  });

  test.each(['evil.example', 'gatehouse.home.arpa.evil.example', 'gatehouse.home.arpa@evil.example'])(
    'not to %j',
    async (host) => {
      const { get } = await start();
      const answer = await get('/', { host });
      expect([answer.statusCode, answer.headers.location]).toEqual([421, undefined]);
    },
  );

  test('port 443 is left out, and nothing but GET is taken', async () => {
    const { app, get } = await start({ port: 443 });
    expect((await get('/a')).headers.location).toBe('https://gatehouse.home.arpa/a');
    const headers = { host: 'gatehouse.home.arpa', 'x-api-key': 'gh_live_secret' };
    const sent = await app.inject({ method: 'POST', url: '/api/verify', headers, payload: {} });
    expect([sent.statusCode, sent.headers.location, sent.body.includes('gh_live')]).toEqual([
      405,
      undefined,
      false,
    ]);
  });
});
