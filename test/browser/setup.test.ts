import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterEach, beforeEach, expect, test } from 'vitest';

const gatehouse = fileURLToPath(new URL('../../bin/gatehouse.mjs', import.meta.url));
const CHROMIUM = '/usr/bin/chromium';
const built = existsSync(join(import.meta.dirname, '../../dist/renderer/console/index.html'));
const missing = !existsSync(CHROMIUM)
  ? `${CHROMIUM} is missing`
  : built
    ? undefined
    : 'the pages are not built';

let folder: string;
let service: ChildProcess;
let browser: Browser;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-setup-'));
});
afterEach(async () => {
  await browser?.close();
  if (service && service.exitCode === null) {
    service.kill('SIGTERM');
    await once(service, 'exit');
  }
  await rm(folder, { recursive: true, force: true });
});

/** `gatehouse start` on a directory that is not there; gives the address that the terminal shows. */
async function firstStart(): Promise<string> {
  service = spawn(process.execPath, [gatehouse, 'start', '--data', join(folder, 'data'), '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: service.stdout! })) {
    const found = /http:\S+\/console\/setup#token=\S+/.exec(line);
    if (found) return found[0];
  }
  throw new Error('The service ended before it showed the address.');
}

async function addAuthenticator(page: Page): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true },
      ...{ hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
    },
  });
}

test.skipIf(missing !== undefined)(
  `from an empty data directory to the overview, by keyboard${missing === undefined ? '' : `: ${missing}`}`,
  async () => {
    const address = await firstStart();
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    const context = await browser.newContext({ locale: 'en', reducedMotion: 'reduce' });
    const page = await context.newPage();
    const other: string[] = [];
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.host !== new URL(address).host && !/^(data|blob):$/.test(url.protocol)) other.push(url.href);
    });
    await addAuthenticator(page);

    await page.goto(address);
    await page.getByRole('heading', { name: 'Make this box yours' }).waitFor();
    expect(page.url()).not.toContain('token');
    await page.getByRole('button', { name: 'Continue' }).focus();
    await page.keyboard.press('Enter');

    await page.getByRole('heading', { name: 'What is your organization called?' }).waitFor();
    await page.getByLabel('Name of the organization').focus();
    await page.keyboard.type('Nordlys Bank');
    await page.keyboard.press('Enter');

    await page.getByRole('heading', { name: 'Who owns this box?' }).waitFor();
    // What was saved is there after a reload.
    await page.reload();
    expect(await page.getByLabel('Name of the organization').inputValue()).toBe('Nordlys Bank');
    await page.getByLabel('Name of the organization').press('Enter');
    await page.getByLabel('Your name').focus();
    await page.keyboard.type('Elin Sandström');
    await page.keyboard.press('Tab');
    await page.keyboard.type('elin@nordlys.example');
    await page.keyboard.press('Tab');
    await page.keyboard.type('wet gravel under pines');
    await page.keyboard.press('Enter');

    await page.getByRole('heading', { name: 'Add a passkey' }).waitFor();
    await page.getByRole('button', { name: 'Add passkey' }).press('Enter');
    await page.getByRole('heading', { name: 'Keep these recovery codes' }).waitFor();
    await page.getByRole('button', { name: 'I have stored the codes' }).press('Enter');
    await page.getByRole('heading', { name: 'This box is yours' }).waitFor();
    await page.getByRole('button', { name: 'Create two keys' }).press('Enter');
    await page.getByText(/gh_live_\w+/).waitFor();
    await page.getByText(/gh_test_\w+/).waitFor();
    await page.getByRole('link', { name: 'Go to the overview' }).press('Enter');
    await page.waitForURL('**/console/overview*');
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(other).toEqual([]);
  },
);
