import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { portrait } from '../cli/portraits.ts';
import { writeFakeCamera } from '../support/fake-camera.ts';
import { type RunningBox, startBox } from './running-box.ts';

const CHROMIUM = '/usr/bin/chromium';
const isBuilt = existsSync(join(import.meta.dirname, '../../dist/renderer/console/index.html'));
const why = !existsSync(CHROMIUM)
  ? `: there is no ${CHROMIUM}`
  : isBuilt
    ? ''
    : ': the pages are not built (npm run build:renderer)';
const email = 'elin@nordlys.example';
const password = 'wet gravel under pines';
const run = promisify(execFile);

let box: RunningBox;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let folder: string;
/** Requests to another host, and errors of a page. */
const faults: string[] = [];

beforeAll(async () => {
  if (why) return;
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-main-job-'));
  const video = join(folder, 'ada.y4m');
  await writeFakeCamera(video, await portrait('ada', 92));
  await writeFile(join(folder, 'again.jpg'), await portrait('ada', 71));
  box = await startBox('Nordlys Bank');
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      `--use-file-for-fake-video-capture=${video}`,
    ],
  });
  context = await browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce', permissions: ['camera'] });
  page = await context.newPage();
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (!['data:', 'blob:'].includes(url.protocol) && url.hostname !== 'localhost')
      faults.push(request.url());
  });
  const devtools = await context.newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true },
      ...{ isUserVerified: true, automaticPresenceSimulation: true },
    },
  });
});
afterAll(async () => {
  await browser?.close();
  await box?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

const button = (name: string) => page.getByRole('button', { name, exact: true });
const heading = (name: string | RegExp) => page.getByRole('heading', { level: 1, name });
const field = (label: string) => page.getByLabel(label, { exact: true });

test.skipIf(why !== '')(
  `key, enrollment by camera, verification by curl, its record, erasure with receipt${why}`,
  { timeout: 240_000 },
  async () => {
    await signInWithPasskey(await makeOwner());
    const key = await createKey();
    await enrollByCamera();
    expect(await verifyByCurl(key)).toMatchObject({ verified: true, email: 'ada@nordlys.example' });
    await findVerification();
    await eraseFromPersonPage();
    expect(faults).toEqual([]);
  },
);

/** The one-time code of a new owner, as the operator of the box makes it. */
async function makeOwner(): Promise<string> {
  const answer = await fetch(`${box.operatorUrl}/api/admin/administrators`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, name: 'Elin Sandström', role: 'owner' }),
  });
  expect(answer.status).toBe(201);
  return ((await answer.json()) as { code: string }).code;
}

async function signInWithPasskey(code: string): Promise<void> {
  await page.goto(`${box.url.replace('127.0.0.1', 'localhost')}/console/keys?env=test`);
  await heading('Sign in').waitFor();
  await button('I have a one-time code').click();
  await field('E-mail address').fill(email);
  await field('One-time code').fill(code);
  await field('New password').fill(password);
  await page.keyboard.press('Enter');
  await page.getByText('Your password is set').waitFor();
  await field('Password').fill(password);
  await page.keyboard.press('Enter');
  await heading('API keys').waitFor();
  await page.getByRole('link', { name: 'Add passkey' }).click();
  await field('Name of the passkey').fill('Laptop');
  await button('Add passkey').click();
  await button('I have stored the codes').click();

  await page.getByRole('button', { name: 'Account of Elin Sandström' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await heading('Sign in').waitFor();
  await field('E-mail address').fill(email);
  await page.keyboard.press('Tab');
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
  await button('Use passkey').click();
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
}

async function createKey(): Promise<string> {
  await page.goto(`${box.url.replace('127.0.0.1', 'localhost')}/console/keys/new?env=test`);
  await field('Name').fill('front-desk');
  await button('Create a key').click();
  await heading('Key front-desk was created').waitFor();
  const key = (await page.locator('main code').first().textContent()) ?? '';
  expect(key).toMatch(/^gh_test_/);
  await page.getByLabel('I have stored', { exact: false }).check();
  await button('Back to the keys').click();
  await page.getByText('front-desk').waitFor();
  return key;
}

async function enrollByCamera(): Promise<void> {
  await page.getByRole('link', { name: 'Enroll', exact: true }).click();
  await field('E-mail').fill('ada@nordlys.example');
  await page.getByLabel(/^Name/).fill('Ada Lind');
  await button('Continue with the camera').click();
  await page.getByText(/\d pictures? enrolled/).waitFor({ timeout: 120_000 });
  await page.getByRole('link', { name: 'Open person' }).click();
  await heading('Ada Lind').waitFor();
}

/** As a developer pastes it from the page of the key. */
async function verifyByCurl(key: string): Promise<unknown> {
  const { stdout } = await run('curl', [
    ...['-s', `${box.url}/api/verify`, '-H', `x-api-key: ${key}`],
    ...['-F', `image=@${join(folder, 'again.jpg')}`, '-F', 'email=ada@nordlys.example'],
  ]);
  return JSON.parse(stdout);
}

async function findVerification(): Promise<void> {
  await page.getByRole('link', { name: 'Verifications', exact: true }).click();
  await heading('Verifications').waitFor();
  await page.locator('tbody tr').first().getByRole('link').first().click();
  await heading('Verification of Ada Lind').waitFor();
  await page.getByText('Verified: the face matches and no check refused').waitFor();
}

async function eraseFromPersonPage(): Promise<void> {
  await page.getByRole('link', { name: 'Open person' }).first().click();
  await heading('Ada Lind').waitFor();
  await button('Erase person').click();
  const dialog = page.getByRole('dialog', { name: 'Erase Ada Lind?' });
  await dialog.getByRole('textbox').fill('Ada Lind');
  await dialog.getByRole('button', { name: 'Erase with passkey' }).click();
  await heading('Erasure receipt').waitFor();
  await page.getByText('The person is erased').waitFor();
  expect(await page.textContent('body')).not.toContain('Ada Lind');
  await page.getByRole('link', { name: 'Back to people' }).click();
  await page.getByText('Nobody is enrolled yet').waitFor();
}
