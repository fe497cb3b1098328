import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { issueLeaf, type MadeAuthority, makeAuthority } from '../../service/certificate/issue.ts';
import { type Cli, createCli, type Service } from '../cli/gatehouse.ts';

const name = 'gatehouse.home.arpa';
const browserPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (path) => existsSync(path),
);
const hasCertutil = existsSync('/usr/bin/certutil');
const missing = [browserPath ? [] : ['Chromium'], hasCertutil ? [] : ['certutil (libnss3-tools)']].flat();
if (missing.length > 0)
  console.warn(`trusted-https: no ${missing.join(' and no ')} here; trust in a browser is not tried`);

const folders: string[] = [];
const browsers: Browser[] = [];
const servers: Server[] = [];
afterEach(async () => {
  for (const browser of browsers.splice(0)) await browser.close();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A browser of a new account, which trusts these authorities (PEM) beside those of the system. */
async function browse(...authorities: string[]): Promise<Page> {
  const home = mkdtempSync(join(tmpdir(), 'gatehouse-home-'));
  folders.push(home);
  const store = `sql:${join(home, '.pki/nssdb')}`;
  const certutil = (...words: string[]) => {
    const { status, stderr } = spawnSync('certutil', ['-d', store, ...words], { timeout: 60_000 });
    if (status !== 0) throw new Error(`certutil ${words.join(' ')}: ${stderr}`);
  };
  mkdirSync(join(home, '.pki/nssdb'), { recursive: true });
  certutil('-N', '--empty-password');
  for (const [i, pem] of authorities.entries()) {
    const file = join(home, `${i}.pem`);
    writeFileSync(file, pem);
    certutil('-A', '-t', 'C,,', '-n', `gatehouse ${i}`, '-i', file);
  }
  const browser = await chromium.launch({
    executablePath: browserPath!,
    args: ['--no-sandbox', '--host-resolver-rules=MAP *.home.arpa 127.0.0.1, MAP *.example 127.0.0.1'],
    env: { PATH: process.env.PATH ?? '', HOME: home },
  });
  browsers.push(browser);
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(100_000);
  return page;
}

/** Registers a passkey of a virtual authenticator for the page's own name; its error's name where that is refused. */
async function registerPasskey(page: Page): Promise<string> {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return page.evaluate(`navigator.credentials.create({ publicKey: {
    challenge: new Uint8Array(32), rp: { name: 'Gatehouse', id: location.hostname },
    user: { id: new Uint8Array(16), name: 'ada', displayName: 'Ada' },
    pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
  } }).then(({ type }) => type, (error) => error.name)`) as Promise<string>;
}

describe.skipIf(missing.length > 0)('the box under a name of .home.arpa', () => {
  let cli: Cli;
  let service: Service;
  let port: string;
  let authority: string;
  beforeAll(async () => {
    cli = createCli();
    await cli.json('init', '--org', 'Museum');
    service = await cli.serve('--host-name', name);
    ({ port } = new URL(service.url));
    authority = readFileSync(join(cli.data, 'tls/authority.pem'), 'utf8');
  });
  afterAll(() => cli?.clean());

  test('is trusted with its authority, and gives passkeys by its name but not by its address', async () => {
    const page = await browse(authority);
    const opened = await page.goto(`https://${name}:${port}/trust`);
    expect([opened?.status(), (await opened?.securityDetails())?.subjectName]).toEqual([200, name]);
    expect(await page.evaluate('isSecureContext')).toBe(true);
    expect(await registerPasskey(page)).toBe('public-key');
    const byAddress = await browse(authority);
    await byAddress.goto(`https://127.0.0.1:${port}/trust`);
    expect(await byAddress.evaluate('isSecureContext')).toBe(true);
    expect(await registerPasskey(byAddress)).toBe('SecurityError');
  });

  test('is not trusted without it', async () => {
    const page = await browse();
    await expect(page.goto(`https://${name}:${port}/trust`)).rejects.toThrow('ERR_CERT_AUTHORITY_INVALID');
  });

  test('/trust asks only this box, reports nothing, and has no serious accessibility finding', async () => {
    const page = await browse(authority);
    const asked: string[] = [];
    const reports: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).host));
    page.on('console', (message) => reports.push(message.text()));
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [1280, 390]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 900 });
        await page.goto(`https://${name}:${port}/trust`);
        await page.locator('summary', { hasText: 'Windows' }).click();
        const { violations } = await new AxeBuilder({ page: page as never }).analyze();
        expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
        const screens = process.env.GATEHOUSE_SCREENS;
        if (screens)
          await page.screenshot({ path: join(screens, `trust-${colorScheme}-${width}.png`), fullPage: true });
      }
    }
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download for Linux' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('gatehouse-ca.crt');
    expect([...new Set(asked)]).toEqual([`${name}:${port}`]);
    expect(reports).toEqual([]);
  });
});

describe.skipIf(missing.length > 0)(
  'what the authority may not issue for is refused, though it is trusted',
  () => {
    let authority: MadeAuthority;
    beforeAll(async () => {
      authority = await makeAuthority({ names: [name, 'localhost'], networks: ['10.0.0.0/8'] }, Date.now());
    });
    /** What a browser says of a certificate for these. */
    async function open(host: string, names: string[], addresses: string[]): Promise<string> {
      const { certificate, key } = await issueLeaf(authority, { names, addresses }, Date.now());
      const server = createServer({ cert: certificate, key }, (_, reply) => reply.end('here'));
      servers.push(server);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      const page = await browse(authority.certificate);
      return page.goto(`https://${host}:${port}/`).then(
        () => 'opened',
        (error: Error) => /ERR_\w+/.exec(error.message)?.[0] ?? error.message,
      );
    }

    test.each([
      [name, [name], [], 'opened'],
      [`a.${name}`, [`a.${name}`], [], 'opened'],
      ['evil.example', ['evil.example'], [], 'ERR_CERT_INVALID'],
      [name, [name, 'evil.example'], [], 'ERR_CERT_INVALID'],
      ['127.0.0.1', [name], ['127.0.0.1'], 'ERR_CERT_INVALID'],
    ])('%s with a certificate for %j %j: %s', async (host, names, addresses, result) => {
      expect(await open(host, names, addresses)).toBe(result);
    });
  },
);
