import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright';
import { captureStrings } from '../../renderer/capture/capture-strings.ts';
import type { Actor } from '../live/actors/actor.ts';
import { noPerson, type OnePerson, openPerson, shownChallenge } from '../live/one-person.ts';
import { installScriptedCamera, type ScriptedCamera } from '../live/scripted-camera.ts';
import { type RelyingParty, startRelyingParty } from '../support/relying-party.ts';
import { missing, openChromium, watchPages } from './chromium.ts';
import { type RunningBox, startBox } from './running-box.ts';

// A living person of a recording, in front of real Chromium, a real service and its real nets.

/** Why there is no such scene here; undefined: there is one. */
export const noScene = missing ?? noPerson;
export const whyNoScene = noScene === undefined ? '' : `: ${noScene}`;
/** A busy machine judges fewer frames a second; a session has ten minutes. */
export const PATIENCE = 240_000;
/** Where pictures of the page are left, for a person to look at. */
const pictures = process.env.TEST_PICTURES;
const words = captureStrings.en;

const phone = {
  viewport: { width: 390, height: 844 },
  isMobile: true,
  hasTouch: true,
  userAgent:
    'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36',
};
const contexts = { phone, desktop: { viewport: { width: 1280, height: 800 } } };
export type Form = keyof typeof contexts;
export const forms = ['phone', 'desktop'] as const satisfies Form[];

/** How the person works the page. */
export type Way = 'pointer' | 'keyboard';

/** What a visitor's camera shows. */
export interface Before {
  actor(): Actor;
  jpegOf(name: string): Promise<Buffer>;
  /** What the camera is called. */
  label?: string;
}

export interface VisitOptions {
  camera?: false;
  way?: Way;
  /** Instead of the scene's person. */
  before?: Before;
  /** Runs in the page before its own programs: one who has changed them. */
  changed?: string;
}

export interface Visit {
  page: Page;
  /** Absent: the device has none. */
  camera?: ScriptedCamera;
  /** What the page must not do, and did. */
  faults: string[];
  /** Opens a link that the service gave out. */
  open(link: string): Promise<void>;
  press(name: string): Promise<void>;
  heading(...names: string[]): Locator;
  /** From the first question for the camera to a heading of the end; which of the three attempts it took. */
  goThrough(name: string, ...ends: string[]): Promise<number>;
  close(): Promise<void>;
}

export interface LiveScene {
  box: RunningBox;
  person: OnePerson;
  shop: RelyingParty;
  /** Of the organization that the box has from the start, unless another is named. */
  operate<T>(method: string, path: string, body?: object, organization?: string): Promise<T>;
  newKey(order: object, organization?: string): Promise<string>;
  /** What a caller's program asks. Throws what is refused. */
  call<T>(method: string, path: string, key: string, body?: object): Promise<T>;
  visit(form: Form, options?: VisitOptions): Promise<Visit>;
  stop(): Promise<void>;
}

/** With the person whose steps every flow needs, where no other one is given. */
export async function openLiveScene(given?: OnePerson): Promise<LiveScene> {
  const person = given ?? (await openPerson());
  const box = await startBox('Nordlys Bank');
  const browser = await openChromium();
  const shop = await startRelyingParty();
  const operate = createOperate(box);
  return {
    box,
    person,
    shop,
    operate,
    newKey: async (order, organization) =>
      (await operate<{ key: string }>('POST', '/keys', { env: 'live', ...order }, organization)).key,
    call: (method, path, key, body) =>
      ask(box.url + path, { method, headers: { authorization: `Bearer ${key}` }, ...(body && { body }) }),
    visit: (form, options) => openVisit({ browser, box, person, shop }, form, options),
    async stop() {
      await browser.close();
      await box.stop();
      shop.stop();
    },
  };
}

interface Question {
  method: string;
  headers?: Record<string, string>;
  body?: object;
}

async function ask<T>(url: string, { method, headers, body }: Question): Promise<T> {
  const reply = await fetch(url, {
    method,
    headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!reply.ok) throw new Error(`${method} ${url}: ${await reply.text()}`);
  return (await reply.json()) as T;
}

const createOperate =
  (box: RunningBox): LiveScene['operate'] =>
  (method, path, body, organization) => {
    const url = new URL(`${box.operatorUrl}/api/admin${path}`);
    if (organization !== undefined) url.searchParams.set('organization', organization);
    return ask(url.href, { method, ...(body && { body }) });
  };

/** What the tests of flows need of an organization: recordings are what attack detection refuses, so it matches faces only, and asks for what the recording shows. */
export async function prepareOrganization(
  { operate, person, shop }: Pick<LiveScene, 'operate' | 'person' | 'shop'>,
  organization?: string,
): Promise<void> {
  const change = { matchOnly: true, redirectTargets: [`http://${shop.host}`] };
  await operate('PATCH', '/organization', change, organization);
  const attestation = {
    textVersion: 'v3',
    method: 'employment contract annex',
    legalBasis: 'explicit consent',
    purposes: ['verification', 'identification', 'deduplication'],
  };
  await operate('PUT', '/organization/attestation', attestation, organization);
  await operate('POST', '/grants', { to: shop.host, note: 'shop' }, organization);
  for (const slug of ['specter', 'default']) {
    const path = `/profiles/${slug}`;
    const { definition } = await operate<{ definition: object }>('GET', path, undefined, organization);
    const challenge = { ...shownChallenge, steps: person.steps ?? shownChallenge.steps };
    await operate('PUT', path, { ...definition, challenge }, organization);
  }
}

const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

async function openVisit(
  { browser, box, person, shop }: { browser: Browser } & Pick<LiveScene, 'box' | 'person' | 'shop'>,
  form: Form,
  { camera: has, way = 'pointer', before = person, changed }: VisitOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({ ...contexts[form], locale: 'en-GB' });
  const faults = await watchPages(context, [new URL(box.url).host, shop.host]);
  const camera =
    has === false
      ? undefined
      : await installScriptedCamera(context, before.actor, before.jpegOf, before.label);
  if (changed !== undefined) await context.addInitScript({ content: changed });
  const page = await context.newPage();
  const press = (name: string) =>
    way === 'keyboard'
      ? pressByKeyboard(page, name)
      : page.getByRole('button', { name, exact: true }).click();
  const heading = (...names: string[]) =>
    page.getByRole('heading', { level: 1, name: new RegExp(`^(?:${names.map(literal).join('|')})$`) });
  const visit: Visit = {
    page,
    ...(camera && { camera }),
    faults,
    press,
    heading,
    async open(link) {
      const { pathname, search, hash } = new URL(link);
      await page.goto(new URL(pathname + search + hash, box.url).href);
    },
    goThrough: (name, ...ends) => goThrough(visit, name, ends),
    close: () => context.close(),
  };
  return visit;
}

/** Tab to the button, Enter. */
async function pressByKeyboard(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name, exact: true }).waitFor();
  const focused = () =>
    page.evaluate<string>(
      `(({ tagName, textContent, ariaLabel }) => tagName === 'BUTTON' ? (ariaLabel ?? textContent).trim() : '')(document.activeElement)`,
    );
  for (let times = 0; times < 40; times++) {
    if ((await focused()) === name) return page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
  }
  throw new Error(`The key Tab leads to no button "${name}".`);
}

async function goThrough(visit: Visit, name: string, ends: readonly string[]): Promise<number> {
  const { page, camera, heading, press } = visit;
  await press(words.goOn);
  const end = heading(...ends);
  const again = heading(words.againTitle, words.againTitleYou);
  const keep = (state: string) =>
    pictures ? page.screenshot({ path: join(pictures, `live-${name}-${state}.png`) }) : undefined;
  const refusals: (string | null)[] = [];
  for (let attempt = 1; attempt <= 3; attempt++) {
    await end
      .or(again)
      .first()
      .waitFor({ timeout: PATIENCE })
      .catch(async (cause: unknown) => {
        await keep('stuck');
        const says = await page.locator('h1').first().textContent();
        const read = camera?.read().join(' | ');
        const seen = `${camera?.shown()} frames; read: ${read}; refusals: ${refusals.join(' | ')}`;
        throw new Error(`The page ${page.url()} stays at "${says}"; ${seen}`, { cause });
      });
    await keep(String(attempt));
    if (await end.isVisible()) return attempt;
    refusals.push(await page.locator('main').textContent());
    await press(words.tryAgain);
  }
  throw new Error(`The person did not pass in three attempts: ${refusals.join(' | ')}`);
}
