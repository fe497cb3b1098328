import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import de from '../../renderer/console/reasons/refusal-strings.de.json' with { type: 'json' };
import { portrait } from '../cli/portraits.ts';
import { missing, openChromium, watchPages, why } from './chromium.ts';
import { inLanguage } from './in-language.ts';
import { openOwnSession } from './own-session.ts';
import { type RunningBox, startBox } from './running-box.ts';

// What all forms of the console do: a refusal is brought to the reader, one bar saves, a toast covers no button, imports say all faults.

const size = { width: 1280, height: 800 };

let box: RunningBox;
let browser: Browser;
let page: Page;
let folder: string;
let faults: string[];

beforeAll(async () => {
  if (missing) return;
  box = await startBox('Nordlys Bank');
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-forms-'));
  browser = await openChromium();
  const context = await browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce', viewport: size });
  context.setDefaultTimeout(60_000);
  const cookie = await openOwnSession(box);
  await context.addCookies([{ ...cookie, httpOnly: true, secure: true, sameSite: 'Strict' }]);
  faults = await watchPages(context, [new URL(box.pagesUrl).host]);
  page = await context.newPage();
}, 240_000);
afterAll(async () => {
  await browser?.close();
  await box?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

const button = (name: string) => page.getByRole('button', { name, exact: true });
const field = (label: string) => page.getByLabel(label, { exact: true });
const open = (path: string) => page.goto(`${box.pagesUrl}/console${path}`);
/** What has the focus: its text, where it is, and what is read out with it. */
const focused = () =>
  page.evaluate(() => {
    const { document, innerHeight } = globalThis as unknown as {
      innerHeight: number;
      document: {
        activeElement: {
          textContent: string;
          getAttribute(name: string): string | null;
          getBoundingClientRect(): { top: number; bottom: number };
        };
        getElementById(id: string | null): { textContent: string } | null;
      };
    };
    const { activeElement: at } = document;
    const { top, bottom } = at.getBoundingClientRect();
    return {
      text: at.textContent,
      isInView: top >= 0 && bottom <= innerHeight,
      described: document.getElementById(at.getAttribute('aria-describedby'))?.textContent ?? '',
    };
  });

test.skipIf(missing)(
  `the remedy that a refusal offers is in view, has the focus, and is read out with the reason${why}`,
  { timeout: 120_000 },
  async () => {
    await open('/webhooks/new');
    await field('Name').fill('crm');
    await field('Address').fill('http://127.0.0.1:7480/hook');
    await button('Create a webhook').click();
    await button('Allow 127.0.0.1:7480 and save').waitFor();
    await expect.poll(focused).toMatchObject({
      text: 'Allow 127.0.0.1:7480 and save',
      isInView: true,
      described: expect.stringContaining('Nothing may be sent to 127.0.0.1:7480 yet'),
    });
    expect(await page.getByText('`').count()).toBe(0);
    expect(faults).toEqual([]);
  },
);

test.skipIf(missing)(
  `what the box says of a field stands at the field, which has the focus; without a remedy the reason has it${why}`,
  { timeout: 120_000 },
  async () => {
    const refuse = (json: object) =>
      page.route('**/api/admin/organization', (route) =>
        route.request().method() === 'PATCH' ? route.fulfill({ status: 400, json }) : route.continue(),
      );
    const error = { error: 'No.', code: 'INVALID_REQUEST', requestId: 'req_1' };
    await refuse({ ...error, details: [{ path: 'name', message: 'Another one has this name.' }] });
    await open('/settings');
    await field('Name').fill('Nordlys');
    await button('Save').click();
    await page.getByText('Another one has this name.').waitFor();
    expect(await field('Name').evaluate((at) => at === at.ownerDocument.activeElement)).toBe(true);
    await page.unroute('**/api/admin/organization');

    await refuse(error);
    await button('Save').click();
    const note = page.getByRole('alert').filter({ hasText: 'No.' });
    await expect.poll(focused).toMatchObject({ text: expect.stringContaining('No.'), isInView: true });
    await note.waitFor();
    await page.unroute('**/api/admin/organization');
    await button('Discard').click();
    expect(faults).toEqual([]);
  },
);

test.skipIf(missing)(
  `name, color and logo of the organization are saved together, and the toast lies on no button${why}`,
  { timeout: 120_000 },
  async () => {
    const logo = join(folder, 'logo.jpg');
    const logos = page.locator('figure img');
    await writeFile(logo, await portrait('ada', 40));
    await open('/settings');
    await field('Name').fill('Nordlys Bank AS');
    await field('Color (optional)').fill('#1F4E3D');
    await page.locator('input[type=file]').setInputFiles(logo);
    await logos.first().waitFor();
    await page.getByText('3 changes').waitFor();
    await button('Save').click();
    await page.getByText('Settings saved').first().waitFor();
    const toast = page.getByRole('status').filter({ hasText: 'Settings saved' });
    const { y } = (await toast.boundingBox())!;
    expect(y).toBeGreaterThan(size.height / 2);
    await page.reload();
    await logos.first().waitFor();
    expect([await field('Name').inputValue(), await field('Color (optional)').inputValue()]).toEqual([
      'Nordlys Bank AS',
      '#1f4e3d',
    ]);

    await button('Remove logo').click();
    await page.getByText('The logo is removed when you save').waitFor();
    await button('Save').click();
    await page.getByText('The logo is removed when you save').waitFor({ state: 'detached' });
    await expect.poll(() => logos.count()).toBe(0);
    expect(faults).toEqual([]);
  },
);

test.skipIf(missing)(
  `a CSV file is refused once for all its lines; a sample of one is there; files can be dropped${why}`,
  { timeout: 120_000 },
  async () => {
    const table = join(folder, 'staff.csv');
    await writeFile(table, 'email,name,file\n,Ada,ada.jpg\nbea@x.org,Bea,\ncleo@x.org,Cleo,cleo.jpg\n');
    await open('/people/import?env=test');
    const [saved] = await Promise.all([
      page.waitForEvent('download'),
      button('Save a sample CSV file').click(),
    ]);
    expect(await readFile(await saved.path(), 'utf8')).toMatch(/^email,name,file\r\nada@example\.org,/);
    await field('Choose a CSV file and its pictures').first().setInputFiles(table);
    const note = page.getByRole('alert').filter({ hasText: '2 lines of the CSV file are wrong' });
    expect(await note.getByRole('listitem').allTextContents()).toEqual([
      'Line 2 of the CSV file has no e-mail address',
      'Line 3 of the CSV file has no file',
    ]);

    const files = await page.evaluateHandle(`(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(['x'], 'ada@x.org.jpg', { type: 'image/jpeg' }));
      return transfer;
    })()`);
    await page.getByText(/^Drop a folder/).dispatchEvent('drop', { dataTransfer: files });
    await page.getByRole('heading', { name: '1 picture found of 1 person' }).waitFor();
    expect(faults).toEqual([]);
  },
);

test.skipIf(missing)(
  `pictures that were refused stand together by their reason; where many do not look alive, scans are proposed${why}`,
  { timeout: 120_000 },
  async () => {
    const refusal = {
      error: 'The profile default refuses this: liveness.',
      code: 'CHECK_FAILED',
      requestId: 'req_1',
      reason: 'The picture looks like a photograph or a screen.',
      checkResults: [{ check: 'liveness', pass: false }],
    };
    await page.route(/\/api\/admin\/subjects\?env=test$/, (route) =>
      route.request().postData()?.includes('overrideLiveness')
        ? route.continue()
        : route.fulfill({ status: 422, json: refusal }),
    );
    for (const who of ['ada', 'bea'] as const)
      await writeFile(join(folder, `${who}@nordlys.example.jpg`), await portrait(who));
    await open('/people/import?env=test');
    await page
      .locator('input[type=file][accept*="csv"]')
      .setInputFiles(['ada', 'bea'].map((who) => join(folder, `${who}@nordlys.example.jpg`)));
    await button('Import 2 pictures').click();
    await page.getByText('2 pictures do not look alive').waitFor();
    await page.getByText('2 pictures: ').waitFor();
    const [action, reasons] = await Promise.all([
      button('Save report (CSV)').boundingBox(),
      page.getByRole('heading', { name: 'Refused pictures' }).boundingBox(),
    ]);
    expect(action!.y).toBeLessThan(reasons!.y);
    await button('Import 2 as scans').click();
    await page.getByText('2 pictures enrolled', { exact: true }).waitFor();
    expect(await page.getByRole('heading', { name: 'Refused pictures' }).count()).toBe(0);
    await page.unroute(/\/api\/admin\/subjects\?env=test$/);
    expect(faults).toEqual([]);
  },
);

test.skipIf(missing)(
  `a dialog that is longer than the window scrolls above its buttons, which stay in sight${why}`,
  { timeout: 120_000 },
  async () => {
    await page.setViewportSize({ width: 1280, height: 500 });
    await open('/destinations');
    await button('Allow a destination').first().click();
    const dialog = page.getByRole('dialog');
    const send = dialog.getByRole('button', { name: 'Allow destination' });
    await send.waitFor();
    const scroll = (to: 'top' | 'end') =>
      dialog.evaluate((one, end) => {
        const { scrollHeight, clientHeight } = one as unknown as Record<
          'scrollHeight' | 'clientHeight',
          number
        >;
        Object.assign(one, { scrollTop: end ? scrollHeight : 0 });
        return scrollHeight - clientHeight;
      }, to === 'end');
    for (const to of ['top', 'end'] as const) {
      expect(await scroll(to)).toBeGreaterThan(40);
      const [around, { y, height }] = [(await dialog.boundingBox())!, (await send.boundingBox())!];
      expect(y + height).toBeLessThan(around.y + around.height);
      // What stands above them does not shine through.
      await send.click({ trial: true });
    }
    await dialog.getByLabel('Purpose (optional)').focus();
    await dialog.getByLabel('Purpose (optional)').click({ trial: true, position: { x: 4, y: 4 } });
    await page.setViewportSize(size);
    expect(faults).toEqual([]);
  },
);

test.skipIf(missing)(
  `on a German page a refusal and what is wrong with a field are German, the words of the box are marked as English${why}`,
  { timeout: 120_000 },
  async () => {
    const say = inLanguage('de');
    const english = page.locator('main [lang=en]');
    await open('/settings');
    await page.evaluate(`localStorage.setItem('gatehouse-language', 'de')`);
    try {
      await open('/flows/targets');
      await page.getByLabel(say('Target')).fill('no address at all');
      await page.getByRole('button', { name: say('Allow a target') }).click();
      await page.getByText('Diese Angabe ist so nicht möglich.').waitFor();
      expect(await english.allInnerTexts()).toEqual([
        '“no address at all” is no host, local origin or scheme.',
      ]);

      const refuse = (json: object) =>
        page.route('**/api/admin/organization', (route) =>
          route.request().method() === 'PATCH' ? route.fulfill({ status: 400, json }) : route.continue(),
        );
      const error = 'The field "name" must have at most 80 characters.';
      const message = 'It must have at most 80 characters.';
      const details = [{ path: 'name', message, rule: 'max-characters', limit: 80 }];
      await refuse({ error, code: 'INVALID_REQUEST', details, requestId: 'req_1' });
      await open('/settings');
      const name = page.getByLabel(say('Name'));
      await name.fill('Nordlys');
      await page.getByRole('button', { name: say('Save') }).click();
      await page.getByRole('alert').filter({ hasText: de.INVALID_REQUEST }).waitFor();
      expect(await page.getByText('Höchstens 80 Zeichen sind möglich.').count()).toBe(2);
      expect(await name.evaluate((at) => at === at.ownerDocument.activeElement)).toBe(true);
      expect(await english.count()).toBe(0);
      await page.unroute('**/api/admin/organization');
      await page.getByRole('button', { name: say('Discard') }).click();
      expect(faults).toEqual([]);
    } finally {
      await page.evaluate(`localStorage.setItem('gatehouse-language', 'en')`);
    }
  },
);
