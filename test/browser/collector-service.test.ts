import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missing, openChromium, why } from './chromium.ts';
import { type CollectorSite, startCollectorSite } from './collector-site.ts';
import { type RunningBox, startBox } from './running-box.ts';

describe.skipIf(missing !== undefined)(`the script of a running service${why}`, () => {
  let box: RunningBox;
  let site: CollectorSite;
  let browser: Browser;
  let key: string;

  beforeAll(async () => {
    box = await startBox('Shop');
    site = await startCollectorSite();
    browser = await openChromium();
    const made = await fetch(`${box.operatorUrl}/api/admin/keys`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        name: 'Pages',
        env: 'live',
        prefix: 'huma',
        scopes: ['behavior'],
        browser: true,
        origins: [site.siteUrl],
      }),
    });
    ({ key } = (await made.json()) as { key: string });
  });
  afterAll(async () => {
    await browser?.close();
    site?.stop();
    await box?.stop();
  });

  const open = async (origin: string) => {
    const page = await browser.newPage();
    await page.goto(`${origin}/form?appliance=${encodeURIComponent(box.url)}`);
    return page;
  };

  test('a page of the origin of the key verifies and sends heartbeats', async () => {
    const page = await open(site.siteUrl);
    await page.fill('#name-of-field', 'filled');
    await page.fill('#second', 'filled too');
    const verdict = (await page.evaluate(`Huma.verify('user_123', '${key}')`)) as Record<string, unknown>;
    expect(verdict).toMatchObject({
      human: false,
      pii_stored: false,
      token: expect.stringMatching(/^h_verified_/),
      agent: { is_agent: true, signals: expect.arrayContaining(['webdriver']) },
    });
    const beat = await page.evaluate(`new Promise((resolve, reject) =>
      Huma.startSession('user_123', '${key}', undefined, { intervalMs: 5000, onAnomaly: resolve, onError: reject }))`);
    expect(beat).toMatchObject({
      anomaly: true,
      action: 'block',
      notes: expect.arrayContaining(['webdriver']),
    });
    await page.close();
  });

  test('a page of another origin gets no verdict and no token, and learns why: its key is not for this origin', async () => {
    const page = await open(site.applianceUrl);
    const refusal = await page.evaluate(
      `Huma.verify('user_123', '${key}').catch(({ name, code, status, message }) => ({ name, code, status, message }))`,
    );
    expect(refusal).toEqual({
      name: 'HumaError',
      code: 'ORIGIN_NOT_ALLOWED',
      status: 403,
      message: expect.stringContaining(site.applianceUrl),
    });
    await page.close();
  });
});
