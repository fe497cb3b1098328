import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { portrait, wall } from '../cli/portraits.ts';
import { missing, openChromium, watchPages, why } from './chromium.ts';
import { type RunningBox, startBox } from './running-box.ts';

let box: RunningBox;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let folder: string;
let faults: string[];

beforeAll(async () => {
  if (missing) return;
  box = await startBox('Nordlys Bank');
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-import-'));
  await mkdir(join(folder, 'photos/bea@nordlys.example'), { recursive: true });
  await writeFile(join(folder, 'photos/emp-17.jpg'), await portrait('ada'));
  await writeFile(join(folder, 'photos/bea@nordlys.example/1.jpg'), await portrait('bea'));
  await writeFile(join(folder, 'photos/bea@nordlys.example/2.jpg'), await wall());
  await writeFile(join(folder, 'photos/notes.txt'), 'Holiday pictures');
  await writeFile(
    join(folder, 'staff.csv'),
    'email,name,file\ndan@nordlys.example,Dan Dahl,dan.jpg\ncleo@nordlys.example,,cleo.jpg\n',
  );
  await writeFile(join(folder, 'dan.jpg'), await portrait('dan'));
  browser = await openChromium();
  context = await browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce' });
  faults = await watchPages(context, [new URL(box.operatorUrl).host]);
  page = await context.newPage();
});
afterAll(async () => {
  await browser?.close();
  await box?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

const button = (name: string | RegExp) => page.getByRole('button', { name });
const choose = async (label: string, files: string | string[]) =>
  page.getByLabel(label, { exact: true }).first().setInputFiles(files);
const figure = async (label: string) =>
  (await page.locator('dl', { hasText: label }).locator('dd').first().innerText()).trim();
const open = async () => {
  await page.goto(`${box.operatorUrl}/console/people?env=test`);
  await page.getByRole('link', { name: 'Import many' }).click();
};
const people = async () => {
  const reply = await fetch(`${box.operatorUrl}/api/admin/subjects?env=test`);
  const { items } = (await reply.json()) as { items: { email: string; enrollments: number }[] };
  return items.map(({ email, enrollments }) => `${email} ${enrollments}`).toSorted();
};

test.skipIf(missing)(
  `a folder and a CSV file with pictures are imported, reported, and taken back${why}`,
  { timeout: 180_000 },
  async () => {
    await open();
    await choose('Choose a folder', join(folder, 'photos'));
    await page.getByRole('heading', { name: '3 pictures found of 2 people' }).waitFor();
    await button('Import 3 pictures').click();
    await page.getByText('Enter a domain such as example.org').first().waitFor();
    await page.getByLabel('Domain of the e-mail addresses').fill('nordlys.example');
    await button('Import 3 pictures').click();
    await page.getByText('2 pictures enrolled', { exact: true }).waitFor({ timeout: 60_000 });
    expect([await figure('Enrolled'), await figure('Refused')]).toEqual(['2', '1']);
    await page.getByRole('listitem').filter({ hasText: 'bea@nordlys.example/2.jpg' }).waitFor();
    const [saved] = await Promise.all([page.waitForEvent('download'), button('Save report (CSV)').click()]);
    const report = await readFile(await saved.path(), 'utf8');
    expect(report).toContain('emp-17.jpg,emp-17,enrolled,,');
    expect(report).toMatch(/2\.jpg,bea@nordlys\.example,refused,FACE_NOT_FOUND,/);
    expect(await people()).toEqual(['bea@nordlys.example 1', 'emp-17@nordlys.example 1']);

    // The same again: nothing is enrolled twice.
    await button('Import more').click();
    await choose('Choose a folder', join(folder, 'photos'));
    await page.getByLabel('Domain of the e-mail addresses').fill('nordlys.example');
    await button('Import 3 pictures').click();
    await page.getByText('No picture was enrolled').waitFor({ timeout: 60_000 });
    expect([await figure('Known already'), await figure('Refused')]).toEqual(['2', '1']);

    await button('Import more').click();
    await choose('Choose a CSV file and its pictures', [join(folder, 'staff.csv'), join(folder, 'dan.jpg')]);
    await page.getByText('1 picture of the CSV file was not chosen with it').waitFor();
    await button('Import 2 pictures').click();
    await page.getByText('1 picture enrolled', { exact: true }).waitFor({ timeout: 60_000 });
    expect(await people()).toHaveLength(3);
    await button('Undo this import').click();
    await page.getByLabel('Type 1 to confirm').fill('1');
    await page.getByRole('dialog').getByRole('button', { name: 'Undo import' }).click();
    await page.getByText('The import is undone').waitFor({ timeout: 60_000 });
    expect(await people()).toEqual(['bea@nordlys.example 1', 'emp-17@nordlys.example 1']);
    expect(faults).toEqual([]);
  },
);

test.skipIf(missing)(
  `an import whose answers are lost: what it enrolled is found out, and taken back${why}`,
  { timeout: 180_000 },
  async () => {
    const before = await people();
    await open();
    await choose('Choose a CSV file and its pictures', [join(folder, 'staff.csv'), join(folder, 'dan.jpg')]);
    const lost = /\/api\/admin\/subjects\?/;
    await page.route(lost, async (route) => {
      if (route.request().method() !== 'POST') return route.continue();
      await route.fetch({ timeout: 60_000 });
      await route.abort('connectionreset');
    });
    await button('Import 2 pictures').click();
    await page.getByText('It is not known whether this was done').waitFor({ timeout: 60_000 });
    await page.getByText('Of 1 picture it is not known whether it is enrolled').waitFor();
    expect([await people(), await button('Undo this import').count()]).toEqual([
      [...before, 'dan@nordlys.example 1'].toSorted(),
      0,
    ]);
    await page.unroute(lost);
    await button('Find out').click();
    await page.getByText('1 picture enrolled', { exact: true }).waitFor({ timeout: 60_000 });
    await button('Undo this import').click();
    await page.getByLabel('Type 1 to confirm').fill('1');
    await page.getByRole('dialog').getByRole('button', { name: 'Undo import' }).click();
    await page.getByText('The import is undone').waitFor({ timeout: 60_000 });
    expect(await people()).toEqual(before);
  },
);
