import type { Browser, BrowserContext, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { portrait } from '../cli/portraits.ts';
import { noPerson, type OnePerson, openPerson } from '../live/one-person.ts';
import { installScriptedCamera } from '../live/scripted-camera.ts';
import { addAuthenticator, missing, openChromium, watchPages } from './chromium.ts';
import { type RunningBox, startBox } from './running-box.ts';

// A living person of a recording signs in by face: real Chromium, a real service, its real nets.

const without = missing ?? noPerson;
const because = without === undefined ? '' : `: ${without}`;

const password = 'wet gravel under pines';
const email = 'elin@nordlys.example';

let box: RunningBox;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let person: OnePerson;
let faults: string[];

beforeAll(async () => {
  if (without) return;
  person = await openPerson();
  box = await startBox('Nordlys Bank');
  browser = await openChromium();
  context = await browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce' });
  faults = await watchPages(context, [new URL(box.pagesUrl).host]);
  await installScriptedCamera(context, person.actor, person.jpegOf);
  page = await context.newPage();
  await addAuthenticator(page);
}, 240_000);
afterAll(async () => {
  await browser?.close();
  await box?.stop();
});

const button = (name: string) => page.getByRole('button', { name, exact: true });
const heading = (name: string) => page.getByRole('heading', { level: 1, name, exact: true });
const fill = (label: string, text: string) => page.getByLabel(label, { exact: true }).fill(text);

/** A new owner: password by a one-time code, then a passkey. */
async function openAccount(): Promise<void> {
  const answer = await fetch(`${box.operatorUrl}/api/admin/administrators`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, name: 'Elin Sandström', role: 'owner' }),
  });
  const { code } = (await answer.json()) as { code: string };
  await page.goto(`${box.pagesUrl}/console/sign-in?to=/security`);
  await button('I have a one-time code').click();
  await fill('E-mail address', email);
  await fill('One-time code', code);
  await fill('New password', password);
  await button('Set password').click();
  await fill('Password', password);
  await button('Continue').click();
  await heading('Security').waitFor();
  await page.getByRole('link', { name: 'Add passkey' }).last().click();
  await heading('Add a passkey').waitFor();
  await button('Add passkey').click();
  await button('I have stored the codes').click();
  await heading('Security').waitFor();
}

async function signInByPassword(): Promise<void> {
  await page.getByRole('button', { name: 'Account of Elin Sandström' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await fill('E-mail address', email);
  await fill('Password', password);
  await button('Continue').click();
  await heading('Confirm with your passkey').waitFor();
}

/** Who knows the password, with another face: the sign-in goes on nowhere. */
async function tryAsAnother(): Promise<void> {
  const other = await browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce' });
  const picture = await portrait('bea');
  const actor = person.actor();
  await installScriptedCamera(
    other,
    () => actor,
    async () => picture,
  );
  const theirs = await other.newPage();
  const press = (name: string) => theirs.getByRole('button', { name, exact: true }).click();
  await theirs.goto(`${box.pagesUrl}/console/sign-in`);
  await theirs.getByLabel('E-mail address', { exact: true }).fill(email);
  await theirs.getByLabel('Password', { exact: true }).fill(password);
  await press('Continue');
  await press('Use your face');
  await press('Take pictures and sign in');
  await theirs.getByText('You are not signed in').waitFor({ timeout: 60_000 });
  await theirs.getByText(/was not accepted|could not be used|not good enough|No blink was seen/).waitFor();
  await theirs.getByRole('heading', { name: 'Confirm with your face' }).waitFor();
  expect(await other.cookies()).toEqual([]);
  await other.close();
}

test.skipIf(without)(
  `an owner allows it, enrolls with consent, signs in by face, and takes the consent back${because}`,
  { timeout: 240_000 },
  async () => {
    await openAccount();
    await button('Allow faces in this organization').click();
    await button('Enroll face').click();
    await heading('Enroll your face').waitFor();
    expect(await button('Continue to the camera').isDisabled()).toBe(true);
    await page.getByText('You decide freely').waitFor();
    await page.getByRole('checkbox', { name: 'I agree to the use of my face for this' }).check();
    await button('Continue to the camera').click();
    await button('Take pictures and enroll').click();
    await page.getByText('You agreed to the text gatehouse-face-factor-1').waitFor({ timeout: 60_000 });

    await signInByPassword();
    await button('Use your face').click();
    await heading('Confirm with your face').waitFor();
    await button('Take pictures and sign in').click();
    await page.getByRole('navigation', { name: 'Main' }).waitFor({ timeout: 60_000 });

    await tryAsAnother();

    await page.goto(`${box.pagesUrl}/console/security`);
    await page.getByText('Last used').first().waitFor();
    await button('Remove face').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove face' }).click();
    await button('Enroll face').waitFor();
    await signInByPassword();
    expect(await button('Use your face').count()).toBe(0);
    expect(faults).toEqual([]);
  },
);
