import type { Browser, BrowserContext, Page } from 'playwright';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { missing, openChromium, watchPages, why } from './chromium.ts';
import { fillWithDemoData } from './demo-data.ts';
import { openOwnSession } from './own-session.ts';
import { type RunningBox, startBox } from './running-box.ts';

// Profiles and flows, as an owner changes them, and heldFor a profile refuses from its day on.

let box: RunningBox;
let browser: Browser;
let context: BrowserContext;
let faults: string[];
let page: Page;

beforeAll(async () => {
  if (missing) return;
  box = await startBox('Nordlys Bank');
  await fillWithDemoData(box);
  browser = await openChromium();
  context = await browser.newContext({ reducedMotion: 'reduce', viewport: { width: 1280, height: 900 } });
  const cookie = await openOwnSession(box);
  await context.addCookies([{ ...cookie, httpOnly: true, secure: true, sameSite: 'Strict' }]);
  faults = await watchPages(context, [new URL(box.pagesUrl).host]);
});
afterAll(async () => {
  await browser?.close();
  await box?.stop();
});
beforeEach(async () => {
  if (missing) return;
  await page?.close();
  page = await context.newPage();
});

const open = (path: string) => page.goto(`${box.pagesUrl}/console${path}`);
const button = (name: string) => page.getByRole('button', { name, exact: true });
const heading = (name: string) => page.getByRole('heading', { name, level: 1, exact: true });
const seen = (text: string | RegExp) => page.getByText(text).first().waitFor();
async function choose(menu: string, action: string) {
  await button(menu).click();
  await page.getByRole('menuitem', { name: action, exact: true }).click();
}

test.skipIf(missing)(`a profile is tried on the past, saved as a version and put back${why}`, async () => {
  await open('/profiles');
  await page.getByRole('link', { name: 'Front desk', exact: true }).click();
  await heading('Front desk').waitFor();
  await seen(/^[1-7] of 7$/);
  await seen(/verifications since .* would have another verdict/);

  const threshold = page.getByLabel('Threshold of Face quality');
  await threshold.fill('7');
  await threshold.blur();
  await seen('0 to 1');
  await seen('Correct the marked fields to see what would change.');
  await threshold.fill('0.2');
  await seen('1 change');
  await seen(/The last 7 verifications of this profile would all end the same way/);

  const rate = page.getByRole('slider');
  await rate.focus();
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => page.getByLabel('False-match rate', { exact: true }).inputValue()).toBe('100,000');
  await seen('Extrapolated');
  await page.keyboard.press('ArrowLeft');
  await seen('1 change');

  await page.getByRole('link', { name: 'Sites', exact: true }).click();
  await page.getByRole('dialog', { name: 'Leave without saving?' }).waitFor();
  await button('Stay here').click();
  await button('Save as version 3').click();
  await page.getByRole('link', { name: 'Version 3' }).click();

  await heading('Versions of front-desk').waitFor();
  await seen('Face quality: Threshold 0.95 → 0.20');
  await choose('Actions for Version 1', 'Put this version back');
  await page.getByRole('dialog').getByRole('button', { name: 'Put this version back' }).click();
  await heading('Front desk').waitFor();
  await page.getByRole('link', { name: 'Version 4' }).waitFor();
  expect(faults).toEqual([]);
});

test.skipIf(missing)(
  `a change from an older version than the one in use is refused, and kept${why}`,
  async () => {
    await open('/profiles/front-desk');
    await page.getByLabel('Minimum composite').fill('0.4');
    await seen('1 change');
    const profile = `${box.operatorUrl}/api/admin/profiles/front-desk`;
    const { definition } = (await (await fetch(profile)).json()) as { definition: object };
    const answer = await fetch(profile, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...definition, minimumComposite: 0.6 }),
    });
    expect(answer.status).toBe(200);
    await button('Save as version 5').click();
    await seen(/has version 5 of a profile/);
    await seen('Version 5 was saved while you were editing');
    expect(await page.getByLabel('Minimum composite').inputValue()).toBe('0.4');
    await button('Discard').click();
    await expect.poll(() => page.getByLabel('Minimum composite').inputValue()).toBe('0.6');
  },
);

test.skipIf(missing)(
  `a profile is copied under a name of its own, and deleted with a way back${why}`,
  async () => {
    await open('/profiles/new?from=strict-finance');
    const slug = page.getByLabel('Name in calls');
    await slug.fill('front-desk');
    await button('Create profile').click();
    await seen('A profile of this name is there already: choose another one');
    await slug.fill('vault');
    await page.getByLabel('Name on screens').fill('Vault');
    await button('Create profile').click();
    await heading('Vault').waitFor();
    await choose('Actions for Vault', 'Delete profile');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete profile' }).click();
    await heading('Profiles').waitFor();
    await button('Undo').click();
    await page.getByRole('link', { name: 'Vault', exact: true }).waitFor();
    expect(faults).toEqual([]);
  },
);

test.skipIf(missing)(
  `a flow is drafted, published, unpublished and deleted; its address and test page open${why}`,
  async () => {
    await open('/flows/new');
    await page.getByLabel('Name', { exact: true }).fill('Night entrance');
    await button('Create flow').click();
    await heading('Night entrance').waitFor();
    await page.getByLabel('Heading, German').fill('Guten Abend');
    await page.getByText('German', { exact: true }).click();
    await page.getByText('Guten Abend').waitFor();
    await page.getByText('Zustimmen und beginnen', { exact: true }).waitFor();

    const success = page.getByLabel('When it worked (optional)');
    await success.fill('https://elsewhere.example.com/');
    await button('Save draft').click();
    await seen(/does not allow elsewhere.example.com/);
    await success.fill('nordlys://inside');
    await button('Save draft').click();
    await button('Publish flow').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Publish flow' }).click();
    await page.getByText('Published', { exact: true }).waitFor();
    const address = await page.getByText(/\/hosted\/f\/night-entrance-\w+$/).textContent();
    const about = async (test: boolean) => {
      const token = String(address).split('/').at(-1);
      const body = JSON.stringify({ link: { kind: 'flow', token, test } });
      const headers = { 'content-type': 'application/json' };
      const reply = await fetch(new URL('/api/live/describe', String(address)), {
        method: 'POST',
        headers,
        body,
      });
      return [reply.status, ((await reply.json()) as { state?: string }).state];
    };
    expect((await fetch(String(address))).status).toBe(200);
    expect([await about(false), await about(true)]).toEqual([
      [200, 'ready'],
      [200, 'ready'],
    ]);
    const testPage = await page.getByRole('link', { name: 'Open test page' }).getAttribute('href');
    expect(testPage).toBe(`${address}?mode=test`);

    await choose('Actions for Night entrance', 'Unpublish flow');
    await page.getByRole('dialog').getByRole('button', { name: 'Unpublish flow' }).click();
    await page.getByText('Draft', { exact: true }).waitFor();
    await choose('Actions for Night entrance', 'Delete flow');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete flow' }).click();
    await heading('Flows').waitFor();
    await expect.poll(() => page.getByText('Night entrance').count()).toBe(0);
    expect(faults).toEqual([]);
  },
);

test.skipIf(missing)(
  `a scope is set up, refuses what contradicts itself, is changed, and ended by its typed name${why}`,
  async () => {
    await open('/uniqueness/new');
    await page.getByLabel('Name of the region').fill('survey 2030');
    await page.getByLabel('False-flag rate').fill('0.5');
    await page.getByText('Holds the place', { exact: true }).click();
    await button('Set up scope').click();
    await seen('Choose the day until which members are held');
    await page.getByText('Reopens the place', { exact: true }).click();
    await button('Set up scope').click();
    await heading('survey 2030').waitFor();
    await seen('Flagged from');
    await page.getByLabel('Days a member is kept').fill('30');
    await button('Save').click();
    await seen('30 days after the last visit');

    await button('Rotate scope').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('The key of epoch 1: its ids are never made again').waitFor();
    expect(await button('Destroy key and rotate').isDisabled()).toBe(true);
    await dialog.getByRole('textbox').fill('survey 2030');
    await button('Destroy key and rotate').click();
    await seen('Epoch 2 begun');
    await button('End scope').click();
    await dialog.getByRole('textbox').fill('survey 2030');
    await button('Destroy key and end').click();
    await seen('This scope has ended');
    await button('Begin next epoch').click();
    await seen('Next epoch begun');
    await open('/uniqueness');
    await page.getByRole('row', { name: /survey 2030.*Active.*1 in 200/ }).waitFor();
    expect(faults).toEqual([]);
  },
);

test.skipIf(missing)(
  `the day of the former model says heldFor it would refuse; they are listed, each with the way to a picture${why}`,
  async () => {
    await open('/profiles/default');
    await seen('At present this affects 2 people in this world.');
    await page.getByRole('link', { name: 'Show them', exact: true }).click();
    await heading('Recognized by the former model').waitFor();
    await seen('0 of 2 people of the former model have templates of the present one too.');
    const row = page.getByRole('row').filter({ hasText: 'Yusuf Demir' });
    await row.getByRole('cell', { name: 'Nothing kept yet', exact: true }).waitFor();
    await row.getByRole('link', { name: 'Enroll a picture', exact: true }).click();
    await heading('Enroll a person').waitFor();
    await expect.poll(() => page.getByLabel('E-mail').inputValue()).toBe('yusuf.demir@nordlys.example');

    await open('/people');
    await seen('2 people are recognized by the former model alone');
    await open('/people?env=test');
    await seen('No person is enrolled yet');
    expect(await page.getByText('former model').count()).toBe(0);
    expect(faults).toEqual([]);
  },
);
