import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { captureStrings } from '../../renderer/capture/capture-strings.ts';
import { ProofClient } from '../../sdk/gatehouse/src/proof.ts';
import { noPerson, type OnePerson, openPerson, shownSteps } from '../live/one-person.ts';
import { installScriptedCamera, type ScriptedCamera } from '../live/scripted-camera.ts';
import { missing, openChromium, watchPages } from './chromium.ts';
import { type RunningBox, startBox } from './running-box.ts';

// A living person of a recording, in front of real Chromium, a real service and its real nets. Figures are those of
// `npm run accuracy -- challenges`: here one person passes a flow, in the layout of a phone and of a computer.

const without = missing ?? noPerson;
const because = without === undefined ? '' : `: ${without}`;
/** Where pictures of the page are left, for a person to look at. */
const pictures = process.env.TEST_PICTURES;
/** A busy machine judges fewer frames a second; a session has ten minutes. */
const PATIENCE = 240_000;
const email = 'mira.halvorsen@nordlys.example';
const words = captureStrings.en;

const forms = [
  ['phone', { width: 390, height: 844 }],
  ['desktop', { width: 1280, height: 800 }],
] as const;

let box: RunningBox;
let browser: Browser;
let person: OnePerson;
let organization: string;

beforeAll(async () => {
  if (without) return;
  person = await openPerson();
  box = await startBox('Nordlys Bank');
  browser = await openChromium();
  await prepare();
});
afterAll(async () => {
  await browser?.close();
  await box?.stop();
});

async function operate<T>(method: string, path: string, body?: object): Promise<T> {
  const reply = await fetch(`${box.operatorUrl}/api/admin${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!reply.ok) throw new Error(`${method} ${path}: ${await reply.text()}`);
  return (await reply.json()) as T;
}

async function ask<T>(path: string, key: string, body: object): Promise<T> {
  const reply = await fetch(box.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
  });
  if (!reply.ok) throw new Error(`${path}: ${await reply.text()}`);
  return (await reply.json()) as T;
}

const keyWith = async (...scopes: string[]): Promise<string> =>
  (await operate<{ key: string }>('POST', '/keys', { env: 'live', scopes })).key;

/** An organization that has enrolled the person, and whose profiles ask for the steps that the recording shows. */
async function prepare(): Promise<void> {
  const { items } = await operate<{ items: { id: string }[] }>('GET', '/organizations');
  organization = items[0]!.id;
  // The liveness models are in no checkout.
  await operate('PATCH', '/organization', { matchOnly: true });
  await operate('PUT', '/organization/attestation', {
    textVersion: 'v3',
    method: 'employment contract annex',
    legalBasis: 'explicit consent',
    purposes: ['verification', 'identification', 'deduplication'],
  });
  for (const slug of ['specter', 'default']) {
    const { definition } = await operate<{ definition: object }>('GET', `/profiles/${slug}`);
    await operate('PUT', `/profiles/${slug}`, { ...definition, challenge: { steps: shownSteps, count: 4 } });
  }
  const image = (await person.portrait()).toString('base64');
  await ask('/api/enroll', await keyWith('identity'), { name: 'Mira Halvorsen', email, image });
}

interface Visit {
  page: Page;
  camera: ScriptedCamera;
  faults: string[];
  close(): Promise<void>;
}

async function visit(size: { width: number; height: number }): Promise<Visit> {
  const context = await browser.newContext({ viewport: size, locale: 'en-GB' });
  const faults = await watchPages(context, [new URL(box.url).host, new URL(box.pagesUrl).host]);
  const camera = await installScriptedCamera(context, person.actor, person.jpegOf);
  return { page: await context.newPage(), camera, faults, close: () => context.close() };
}

/** From the open link to the last screen, as the person goes. */
async function goThrough({ page, camera }: Visit, link: string, name: string): Promise<void> {
  const local = new URL(link);
  await page.goto(new URL(local.pathname + local.search + local.hash, box.url).href);
  await page.getByRole('button', { name: words.agree }).click();
  await page.getByRole('button', { name: words.goOn }).click();
  const end = page.getByRole('heading', {
    name: new RegExp(`^(${words.passedTitle}|${words.passedTitleYou})$`),
  });
  const again = page.getByRole('heading', { name: new RegExp(words.againTitle.slice(0, 22)) });
  for (let attempt = 1; attempt <= 3; attempt++) {
    await end
      .or(again)
      .first()
      .waitFor({ timeout: PATIENCE })
      .catch(async (error: unknown) => {
        if (pictures) await page.screenshot({ path: join(pictures, `live-${name}-stuck.png`) });
        const says = await page.locator('h1').first().textContent();
        throw new Error(
          `The page stays at "${says}"; ${camera.shown()} frames; read: ${camera.read().join(' | ')}`,
          {
            cause: error,
          },
        );
      });
    if (pictures) await page.screenshot({ path: join(pictures, `live-${name}-${attempt}.png`) });
    if (await end.isVisible()) return;
    await page.getByRole('button', { name: words.tryAgain }).click();
  }
  throw new Error('The person did not pass in three attempts.');
}

test.skipIf(without).each(forms)(
  `presence: a program waits for a person, who comes by %s${because}`,
  { timeout: 2 * PATIENCE },
  async (form, size) => {
    const client = new ProofClient({ baseUrl: box.url, apiKey: await keyWith('presence') });
    const { sessionId, verifyUrl } = await client.createPresenceSession({
      orgId: organization,
      purpose: 'Authorize production deployment',
      email,
      nonce: `nonce-${form}`,
    });
    const seen = await visit(size);
    const waited = client.waitForPresence(sessionId);
    waited.catch(() => {});
    await goThrough(seen, verifyUrl, `presence-${form}`);
    expect(await waited).toMatchObject({ status: 'VERIFIED', verifiedEmail: email });
    const { token } = await client.getPresenceToken(sessionId);
    const expected = { expectedOrgId: organization, expectedEmail: email, expectedNonce: `nonce-${form}` };
    expect(await client.verifyPresenceToken({ token, ...expected })).toMatchObject({ valid: true });
    expect(seen.camera.asked()).toEqual(expect.arrayContaining(['hold-still', 'turn-left', 'turn-right']));
    expect(seen.faults).toEqual([]);
    await seen.close();
  },
);
