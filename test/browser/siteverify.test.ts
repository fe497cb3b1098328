import AxeBuilder from '@axe-core/playwright';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { chromiumPath, openChromium } from './chromium.ts';
import { click, type HumaBox, openAsPerson, startHumaBox, typeAsPerson } from './huma-person.ts';
import { type FormKind, forms, openSite } from './siteverify-shop.ts';

// Forms as of Turnstile, reCAPTCHA and hCaptcha on a site of another origin, whose server asks the box in the place of those services.

const skipped = chromiumPath === undefined;
const kinds = ['turnstile', 'recaptcha', 'hcaptcha'] as const;
let browser: Browser;
let box: HumaBox;
let site: Awaited<ReturnType<typeof openSite>>;

beforeAll(async () => {
  if (skipped) return;
  box = await startHumaBox();
  site = await openSite(async (origin) => ({
    base: box.url,
    sitekey: await box.newKey('--browser', '--origin', origin),
    secret: await box.newKey(),
  }));
  browser = await openChromium();
});
afterAll(async () => {
  await browser?.close();
  site?.stop();
  await box?.stop();
});
beforeEach(() => void site?.receipts.splice(0));

const open = (kind: FormKind, query = '') => openAsPerson(browser, `${site.base}/${kind}${query}`);
const fillIn = async (page: Page) => {
  await page.getByLabel('Name').focus();
  await typeAsPerson(page, 'Zoe Muster');
};
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Reads the challenge as a person does; `places` are the words of its hint. */
async function solve(page: Page, then = ', then ', act = (name: string) => click(page, name)): Promise<void> {
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  const [instruction, hint] = await dialog.getByRole('paragraph').allInnerTexts();
  // No person answers at once.
  await pause(1_500);
  const [, emoji] = /^(?:Click the|Klicken Sie auf:) (.+)$/.exec(instruction!) ?? [];
  if (emoji !== undefined) return act(emoji);
  for (const place of hint!.split(then)) await act(place);
  await act(then === ', then ' ? 'Check' : 'Prüfen');
}
const tick = (page: Page) =>
  page
    .getByRole('checkbox')
    .check({ force: true, trial: false })
    .catch(() => {});
const isThrough = (page: Page) => page.getByRole('heading', { name: 'Welcome' }).waitFor();

describe.skipIf(skipped)('siteverify', () => {
  test.each(kinds)('%s: a person gets through, and the same token no second time', async (kind) => {
    const page = await open(kind);
    await fillIn(page);
    await tick(page);
    await solve(page);
    await page.getByText('Checked.').waitFor();
    await click(page, 'Send');
    await isThrough(page);
    const [receipt] = site.receipts;
    expect(receipt).toMatchObject({
      name: 'Zoe Muster',
      answer: { success: true, hostname: '127.0.0.1', action: 'signup', challenge_ts: expect.any(String) },
    });
    expect(await site.judge(kind, { [forms[kind].field]: receipt!.token! })).toMatchObject({
      through: false,
      answer: { 'error-codes': ['timeout-or-duplicate'] },
    });
    await page.context().close();
  });

  test.each(kinds)(
    '%s: a form that is sent without the tick asks then, and is sent after it',
    async (kind) => {
      const page = await open(kind, '?how=invisible');
      await fillIn(page);
      await click(page, 'Send');
      await solve(page);
      await isThrough(page);
      expect(site.receipts).toMatchObject([{ name: 'Zoe Muster', through: true }]);
      await page.context().close();
    },
  );

  test('reCAPTCHA v3: execute gives a token with its action, and the server looks at the score', async () => {
    const page = await open('scored');
    await fillIn(page);
    await click(page, 'Send');
    await solve(page);
    await isThrough(page);
    expect(site.receipts).toMatchObject([
      { answer: { success: true, action: 'signup', hostname: '127.0.0.1' } },
    ]);
    expect(site.receipts[0]!.answer.score).toBeGreaterThanOrEqual(0.7);
    await page.context().close();
  });

  test.each(kinds)('%s: no form without a token, and none with a text for one', async (kind) => {
    const { field } = forms[kind];
    expect(await site.judge(kind, { name: 'Bot' })).toMatchObject({
      through: false,
      answer: { success: false, 'error-codes': ['missing-input-response'] },
    });
    for (const token of ['x', `h_verified_${'A'.repeat(22)}`])
      expect(await site.judge(kind, { [field]: token })).toMatchObject({
        through: false,
        answer: { success: false, 'error-codes': ['invalid-input-response'] },
      });
  });

  test.each([...kinds, 'scored'] as const)(
    '%s: a script that adapts nothing does not get through',
    async (kind) => {
      const page = await (await browser.newContext()).newPage();
      await page.goto(`${site.base}/${kind}`);
      await page.getByLabel('Name').fill('Bot');
      await page.getByRole('button', { name: 'Send' }).click();
      if (kind === 'scored') {
        await page.getByRole('heading', { name: 'Refused' }).waitFor();
        expect(site.receipts).toMatchObject([{ through: false, answer: { success: true } }]);
      } else {
        await page.getByText('A person could not be recognized.').waitFor();
        expect(await page.evaluate('got')).toEqual(['failed bot']);
        expect(site.receipts).toEqual([]);
      }
      await page.context().close();
    },
  );

  test('the token that such a script got by itself is a failure but with v3', async () => {
    const page = await (await browser.newContext()).newPage();
    await page.goto(`${site.base}/scored`);
    await page.getByLabel('Name').fill('Bot');
    const token = (await page.evaluate(
      "new Promise((done) => grecaptcha.ready(() => done(grecaptcha.execute(document.body.dataset.key, { action: 'x' }))))",
    )) as string;
    expect(await site.judge('turnstile', { 'cf-turnstile-response': token })).toMatchObject({
      through: false,
      answer: { 'error-codes': ['invalid-input-response'] },
    });
    await page.context().close();
  });

  test('after four minutes the form is sent with a new token; after nearly five the page is called back', async () => {
    const page = await open('turnstile');
    await fillIn(page);
    await tick(page);
    await solve(page);
    await page.getByText('Checked.').waitFor();
    const field = page.locator('[name=cf-turnstile-response]');
    const first = await field.inputValue();
    // The clock alone: a page whose figures run ahead of the box is a program.
    await page.evaluate('{ const now = Date.now; Date.now = () => now() + 241_000; }');
    await click(page, 'Send');
    await solve(page);
    await isThrough(page);
    expect(site.receipts[0]!.token).not.toBe(first);

    await page.goBack();
    await page.reload();
    await fillIn(page);
    await tick(page);
    await solve(page);
    await page.getByText('Checked.').waitFor();
    await page.clock.fastForward(291_000);
    await page.getByText('The check has run out.').waitFor();
    expect([
      await field.inputValue(),
      await page.evaluate('got.at(-1)'),
      await page.evaluate('turnstile.getResponse()'),
    ]).toEqual(['', 'over', '']);
    await page.context().close();
  });

  test.each(kinds)('%s: rendered by the page itself, reset and removed', async (kind) => {
    const page = await open(kind, '?how=explicit');
    await page.getByRole('checkbox', { name: 'I am a person' }).waitFor();
    await fillIn(page);
    await tick(page);
    await solve(page);
    await page.getByText('Checked.').waitFor();
    const token = await page.evaluate('api.getResponse(made)');
    expect(token).toMatch(/^h_(verified|challenge)_/);
    expect(await page.evaluate('got')).toEqual([token]);
    await page.evaluate('api.reset(made)');
    expect([
      await page.evaluate('api.getResponse(made)'),
      await page.getByRole('checkbox').isChecked(),
    ]).toEqual(['', false]);
    await page.evaluate('api.remove(made)');
    expect(await page.getByRole('checkbox').count()).toBe(0);
    await page.context().close();
  });

  test.each(['en', 'de'] as const)('%s: by keyboard alone, without a finding of axe', async (lang) => {
    const page = await open('hcaptcha', `?lang=${lang}`);
    const german = lang === 'de';
    await page.getByRole('checkbox', { name: german ? 'Ich bin ein Mensch' : 'I am a person' }).waitFor();
    const faults = async () =>
      (await new AxeBuilder({ page: page as never }).analyze()).violations.map(({ id }) => id);
    expect(await faults()).toEqual([]);
    await page.getByLabel('Name').focus();
    await typeAsPerson(page, 'Zoe Muster');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    expect(await faults()).toEqual([]);
    const press = async (name: string) => {
      const button = dialog.getByRole('button', { name, exact: true });
      for (let i = 0; i < 40 && !(await button.evaluate((one) => one.matches(':focus'))); i++)
        await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
    };
    const before = await dialog.getByRole('paragraph').first().innerText();
    await press(
      german
        ? 'Prüfung für Tastatur und Bildschirmleser benutzen'
        : 'Use the check for keyboard and screen reader',
    );
    await dialog
      .getByText(german ? 'Eine andere Prüfung wird gezeigt.' : 'Another check is shown.')
      .waitFor();
    expect(before).not.toBe('');
    await solve(page, german ? ', dann ' : ', then ', press);
    await page.getByText(german ? 'Geprüft.' : 'Checked.').waitFor();
    expect(await page.evaluate('document.activeElement.type')).toBe('checkbox');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await isThrough(page);
    await page.context().close();
  });

  test('closed, the page keeps its form, and says so', async () => {
    const page = await open('turnstile');
    await fillIn(page);
    await tick(page);
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('The check was closed.').waitFor();
    expect([await page.evaluate('got'), await page.getByLabel('Name').inputValue()]).toEqual([
      ['failed closed'],
      'Zoe Muster',
    ]);
    await page.context().close();
  });
});
