import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Browser, BrowserContext, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { verifyWebhook } from '../../sdk/gatehouse/src/index.ts';
import { missing, openChromium, watchPages, why } from './chromium.ts';
import { openOwnSession } from './own-session.ts';
import { type RunningBox, startBox } from './running-box.ts';
import { owner } from './setup-walk.ts';

// Webhooks, destinations and jobs as an owner uses them: each test goes on where the one before it ended.

const patience = { timeout: 300_000 };
const received: { body: Buffer; headers: IncomingHttpHeaders }[] = [];
let status = 204;
const receiver = createServer(async (request, response) => {
  received.push({ body: await buffer(request), headers: request.headers });
  response.writeHead(status).end();
});
let to: string;
let box: RunningBox;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let faults: string[];

beforeAll(async () => {
  if (missing) return;
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  to = `127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  box = await startBox('Nordlys Bank');
  const cookie = await openOwnSession(box);
  browser = await openChromium();
  context = await browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce' });
  context.setDefaultTimeout(60_000);
  await context.addCookies([{ ...cookie, httpOnly: true, secure: true, sameSite: 'Strict' }]);
  faults = await watchPages(context, [new URL(box.pagesUrl).host]);
  page = await context.newPage();
});
afterAll(async () => {
  await browser?.close();
  await box?.stop();
  receiver.closeAllConnections();
  receiver.close();
});

const button = (name: string) => page.getByRole('button', { name, exact: true });
const link = (name: string) => page.getByRole('link', { name, exact: true });
const heading = (name: string) => page.getByRole('heading', { name, exact: true });
const dialog = () => page.getByRole('dialog');

/** Reads the secret that is shown this once, and leaves the page of it. */
async function readSecret(): Promise<string> {
  const secret = (await page.locator('code', { hasText: /^whsec_/ }).textContent()) ?? '';
  await page.getByLabel('I have stored it').check();
  await button('Go to the webhook').click();
  return secret;
}

async function sendTest(answer: string): Promise<void> {
  await button('Send test event').click();
  await dialog().getByRole('button', { name: 'Send test event' }).click();
  await dialog().getByText(answer).waitFor();
  await dialog().getByRole('button', { name: 'Done' }).click();
}

const verifyLast = (secret: string) => {
  const { body, headers } = received.at(-1)!;
  return verifyWebhook(body, headers, secret);
};

test.skipIf(missing)(
  `a webhook is created, its destination allowed, tested, rotated and removed${why}`,
  patience,
  async () => {
    await page.goto(`${box.pagesUrl}/console/webhooks`);
    await link('Create a webhook').click();
    await page.getByLabel('Name', { exact: true }).fill('order system');
    await page.getByLabel('Address', { exact: true }).fill(`http://${to}/in`);
    await button('Create a webhook').click();
    await page.getByText(`Nothing may be sent to ${to} yet`).waitFor();
    await button(`Allow ${to} and save`).click();
    await heading('The webhook order system was created').waitFor();
    const secret = await readSecret();
    await heading('order system').waitFor();
    await sendTest('Accepted with 204');
    expect((await verifyLast(secret)).event).toMatchObject({ event: 'verification.success' });

    await link('verification.success').first().click();
    await heading('Delivery').waitFor();
    await page.getByLabel('Body sent').getByText('"verified": true').waitFor();

    await button('Rotate secret').click();
    await dialog().getByRole('button', { name: 'Rotate secret' }).click();
    await heading('New secret of order system').waitFor();
    const next = await readSecret();
    await page.getByText('The secret is being rotated').waitFor();
    await sendTest('Accepted with 204');
    expect(next).not.toBe(secret);
    await verifyLast(next);
    await verifyLast(secret);

    status = 503;
    await sendTest('Not accepted');
    await button('More actions').click();
    await page.getByRole('menuitem', { name: 'Remove webhook' }).click();
    await dialog().getByRole('button', { name: 'Remove webhook' }).click();
    await heading('Nothing is sent to your systems yet').waitFor();
    expect(faults).toEqual([]);
  },
);

test.skipIf(missing)(
  `a destination is revoked, also on a machine without a network${why}`,
  patience,
  async () => {
    // As a browser says where the last cable is pulled; the box may be on the same machine.
    await page.evaluate("dispatchEvent(new Event('offline'))");
    await link('Destinations').click();
    await button(`Actions for ${to}`).click();
    await page.getByRole('menuitem', { name: 'Revoke destination' }).click();
    await dialog().getByRole('button', { name: 'Revoke destination' }).click();
    await heading('Nothing may leave this box').waitFor();
    await link('Show what was revoked').click();
    await page.getByRole('cell', { name: to }).waitFor();
  },
);

test.skipIf(missing)(
  `Jobs leads to the board, the board back, and it closes when its owner signs out${why}`,
  patience,
  async () => {
    await link('Jobs').click();
    await page.waitForURL(`${box.pagesUrl}/jobs/`);
    await page.getByText('Gatehouse jobs').first().waitFor();
    await page.getByText('Check whether a backup is due').first().waitFor();
    await page.goBack();
    await page.getByRole('cell', { name: to }).waitFor();
    await link('Jobs').click();
    await page.waitForURL(`${box.pagesUrl}/jobs/`);
    await page.goto(`${box.pagesUrl}/console/`);
    await button(`Account of ${owner.name}`).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await heading('Sign in').waitFor();
    await page.goto(`${box.pagesUrl}/jobs/`);
    await page.getByRole('heading', { name: 'This page is opened from the console' }).waitFor();
    expect(faults).toEqual([]);
  },
);
