import type { Browser, BrowserContext, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Authenticator, addAuthenticator, missing, openChromium, watchPages, why } from './chromium.ts';
import { type RunningBox, startBox } from './running-box.ts';

const password = 'wet gravel under pines';
const organizationRoute = /\/api\/admin\/organization(\?|$)/;
const email = 'elin@nordlys.example';

let box: RunningBox;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let authenticator: Authenticator;
let faults: string[];

beforeAll(async () => {
  if (missing) return;
  box = await startBox('Nordlys Bank');
  browser = await openChromium();
  context = await browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce' });
  faults = await watchPages(context, [new URL(box.pagesUrl).host]);
  page = await context.newPage();
  authenticator = await addAuthenticator(page);
});
afterAll(async () => {
  await browser?.close();
  await box?.stop();
});

const button = (name: string) => page.getByRole('button', { name, exact: true });
const heading = (name: string) => page.getByRole('heading', { level: 1, name });
/** Not by `fill`, which no person has: through the keyboard. */
async function type(label: string, text: string): Promise<void> {
  await page.getByLabel(label, { exact: true }).focus();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type(text);
}

/** The way in of a new account: its one-time code, as the operator of the box reads it out. */
async function makeAdministrator(): Promise<string> {
  const answer = await fetch(`${box.operatorUrl}/api/admin/administrators`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, name: 'Elin Sandström', role: 'owner' }),
  });
  const text = await answer.text();
  expect([answer.status, text]).toEqual([201, expect.stringContaining('"code"')]);
  return (JSON.parse(text) as { code: string }).code;
}

test.skipIf(missing)(
  `a new administrator sets a password, adds a passkey, and signs in with it, and with a recovery code${why}`,
  { timeout: 120_000 },
  async () => {
    const code = await makeAdministrator();
    const console_ = `${box.pagesUrl}/console/`;
    await page.goto(`${console_}sites?env=test`);
    await heading('Sign in').waitFor();

    await button('I have a one-time code').click();
    await button('Back').click();
    await heading('Sign in').waitFor();
    expect(await page.getByText('Your password is set').count()).toBe(0);
    await button('I have a one-time code').click();
    await type('E-mail address', email);
    await type('One-time code', code);
    await type('New password', password);
    await page.keyboard.press('Enter');
    await page.getByText('Your password is set').waitFor();

    await type('Password', 'a wrong one');
    await page.keyboard.press('Enter');
    await page.getByText('E-mail address or password is wrong').waitFor();
    await type('Password', password);
    await page.keyboard.press('Enter');

    // Back where the reader wanted to go, in the world that was asked for.
    await heading('Sites').waitFor();
    expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe('/console/sites?env=test');
    await page.getByText('Test world.').waitFor();

    await page.getByRole('link', { name: 'Add passkey' }).click();
    await heading('Add a passkey').waitFor();
    await type('Name of the passkey', 'Laptop');
    await button('Add passkey').click();
    await heading('Keep these recovery codes').waitFor();
    const codes = await page.locator('main li.mono').allTextContents();
    expect(codes).toHaveLength(10);
    await button('I have stored the codes').click();
    await heading('Keep these recovery codes').waitFor({ state: 'detached' });
    expect(await page.getByRole('link', { name: 'Add passkey' }).count()).toBe(0);

    await signOut();
    await signInByPassword();
    await button('Use passkey').click();
    await page.getByRole('navigation', { name: 'Main' }).waitFor();

    // The passkey alone is both factors: without address and password.
    await signOut();
    await authenticator.recognize(false);
    await button('Sign in with a passkey').click();
    await page.getByText('The passkey was not used').waitFor();
    await authenticator.recognize(true);
    await button('Sign in with a passkey').click();
    await page.getByRole('navigation', { name: 'Main' }).waitFor();

    await page.goto(`${console_}security`);
    await button('Sign out everywhere').click();
    const dialog = page.getByRole('dialog', { name: 'Sign out everywhere?' });
    await dialog.getByRole('button', { name: 'Sign out everywhere' }).click();
    await heading('Sign in').waitFor();
    await signInByPassword();
    await button('Use a recovery code').click();
    await type('Recovery code', codes[0] ?? '');
    await page.keyboard.press('Enter');
    await page.getByRole('navigation', { name: 'Main' }).waitFor();

    await changeNameWithFreshFactor();

    // A session that ends elsewhere leads to sign-in, and back.
    await context.clearCookies();
    await page.goto(`${console_}settings`);
    await heading('Sign in').waitFor();
    expect(faults).toEqual([]);
  },
);

/**
 * A change that the box answers with the wish for a fresh second factor is repeated after the passkey, which is asked for at once; where
 * that fails, the dialog stays.
 */
async function changeNameWithFreshFactor(): Promise<void> {
  let asked = 0;
  await page.route(organizationRoute, async (route) => {
    if (route.request().method() !== 'PATCH' || asked++ > 0) return route.continue();
    return route.fulfill({
      status: 403,
      json: { error: 'A fresh second factor is needed.', code: 'FRESH_FACTOR_REQUIRED', requestId: 'req_1' },
    });
  });
  await page.getByRole('link', { name: 'Settings' }).click();
  await heading('Settings').waitFor();
  await type('Name', 'Nordlys');
  await authenticator.recognize(false);
  await button('Save').click();
  const dialog = page.getByRole('dialog', { name: 'Confirm that it is you' });
  await dialog.getByText('The passkey was not used').waitFor();
  await authenticator.recognize(true);
  await button('Use passkey').click();
  await page.getByText('Settings saved').first().waitFor();
  expect(asked).toBe(2);
  await page.unroute(organizationRoute);
}

async function signOut(): Promise<void> {
  await page.getByRole('button', { name: 'Account of Elin Sandström' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await heading('Sign in').waitFor();
}

async function signInByPassword(): Promise<void> {
  await type('E-mail address', email);
  await page.keyboard.press('Tab');
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
  await heading('Confirm with your passkey').waitFor();
}
