import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { missingForTrust as absent, makeHome } from './browser-home.ts';
import { addAuthenticator, openChromium, watchPages } from './chromium.ts';
import { type EmptyBox, startEmptyBox } from './running-box.ts';
import { signOutAndIn, walkThroughSetup } from './setup-walk.ts';

// As on a network: by a name, over HTTPS with the certificate of the box's own authority, which the browser's system trusts or not.

const why = absent === undefined ? '' : `: ${absent}`;
const name = 'gatehouse.home.arpa';

let box: EmptyBox;
let plainPort: number;
let folder: string;
let browser: Browser | undefined;

beforeAll(async () => {
  if (absent) return;
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-https-'));
  plainPort = await freePort();
  box = await startEmptyBox(['--host-name', name, '--http-port', String(plainPort)]);
});
afterEach(async () => {
  await browser?.close();
  browser = undefined;
});
afterAll(async () => {
  await box?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

test.skipIf(absent)(
  `a browser that does not trust the box's authority refuses the console, and gets the authority from /trust${why}`,
  async () => {
    browser = await openChromium({ home: await makeHome(folder), names: name });
    const context = await browser.newContext();
    const page = await context.newPage();
    await expect(page.goto(box.setupAddress)).rejects.toThrow('ERR_CERT_AUTHORITY_INVALID');
    await expect(page.goto(`http://${name}:${plainPort}/console/`)).rejects.toThrow(
      'ERR_CERT_AUTHORITY_INVALID',
    );

    const faults = await watchPages(context, [`${name}:${plainPort}`]);
    await page.goto(`http://${name}:${plainPort}/trust`);
    await page.getByRole('heading', { name: 'Trust this Gatehouse' }).waitFor();
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page
        .locator('details[open]')
        .getByRole('link', { name: /^Download for/ })
        .click(),
    ]);
    const own = await readFile(join(box.data, 'tls/authority.pem'), 'utf8');
    expect(await readFile((await file.path())!, 'utf8')).toBe(own);
    expect(faults).toEqual([]);
  },
);

test.skipIf(absent)(
  `with the authority trusted: setup, a passkey of the name, sign-out and sign-in with it${why}`,
  { timeout: 300_000 },
  async () => {
    const home = await makeHome(folder, join(box.data, 'tls/authority.pem'));
    browser = await openChromium({ home, names: name });
    const context = await browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce' });
    context.setDefaultTimeout(120_000);
    const { host, origin } = new URL(box.setupAddress);
    expect(origin).toMatch(new RegExp(`^https://${name}:`));
    const faults = await watchPages(context, [host, `${name}:${plainPort}`]);
    const page = await context.newPage();
    const authenticator = await addAuthenticator(page);
    await walkThroughSetup(page, box.setupAddress, async (step) => {
      if (step === 'name') await bringCertificate(page);
    });
    await signOutAndIn(page);
    expect(await authenticator.names()).toEqual([name]);
    expect(await context.cookies()).toMatchObject([
      { name: '__Host-gatehouse-session', secure: true, httpOnly: true, sameSite: 'Strict', domain: name },
    ]);

    // The name alone leads to the same page.
    await page.goto(`http://${name}:${plainPort}/console/overview`);
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    expect(new URL(page.url()).origin).toBe(origin);
    expect(faults).toEqual([]);
  },
);

/** What was brought is not left behind: the step's own button installs it, and does not go on. Ends as it began. */
async function bringCertificate(page: Page): Promise<void> {
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  await page.getByLabel('We have a certificate and its key').check();
  const chain = page.getByLabel('Certificate chain', { exact: true });
  await chain.fill('-----BEGIN CERTIFICATE-----');
  expect(await button('Continue').count()).toBe(0);
  await button('Install certificate').click();
  await page.getByText('The certificate was not installed').waitFor();
  expect(await chain.inputValue()).toBe('-----BEGIN CERTIFICATE-----');
  await chain.fill('');
  await page.getByLabel('From the box itself').check();
  await button('Continue').waitFor();
}
