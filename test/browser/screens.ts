// Pictures of every screen of the list, of each step of setup and sign-in, and of each state of the capture page (--only /verify) and the kiosk (--only /kiosk/), light and dark, wide and narrow, empty and full, and what
// axe says of each: npm run screens -- [--only TEXT,TEXT] [--out FOLDER] [--data empty|full] [--language de] [--more] [--form TEXT,TEXT]
// --more: also 320 px wide, with text of twice the size, in forced colors, by the Tab key, and whether a width between scrolls sideways;
// --form light-390,text: those alone. Ends with 1 where there is a finding.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser, BrowserContext, Page } from 'playwright';
import { portrait } from '../cli/portraits.ts';
import { writeFakeCamera } from '../support/fake-camera.ts';
import { startCaptureBox } from './capture-box.ts';
import { captureStates, openState, RESULT_HOST } from './capture-states.ts';
import { addAuthenticator, missing, openChromium, watchPages } from './chromium.ts';
import { liveCamera } from './counting-hand.ts';
import { type DemoPaths, fillWithDemoData } from './demo-data.ts';
import { inLanguage } from './in-language.ts';
import { kioskStates, openKiosk } from './kiosk-states.ts';
import { type Form, forms, isNarrow, look, lookBetween, moreForms, show } from './look.ts';
import { openLastingSession, openOwnSession } from './own-session.ts';
import { startBox, startEmptyBox } from './running-box.ts';
import { type Screen, screens } from './screen-list.ts';
import { owner, walkThroughSetup } from './setup-walk.ts';
import { tabThrough } from './tab-through.ts';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    out: { type: 'string', default: join(tmpdir(), 'gatehouse-screens') },
    data: { type: 'string' },
    language: { type: 'string', default: 'en' },
    more: { type: 'boolean', default: false },
    form: { type: 'string' },
  },
});
if (missing) {
  console.error(`No pictures: ${missing}.`);
  process.exit(1);
}

const shownForms = [...forms, ...moreForms].filter((form, index) =>
  options.form === undefined
    ? options.more || index < forms.length
    : options.form.split(',').some((text) => form.name.includes(text)),
);
const only = options.only.split(',');
const say = inLanguage(options.language);
const wanted = (data: 'empty' | 'full') =>
  screens.filter(
    (screen) => (screen.data ?? data) === data && only.some((text) => screen.path.includes(text)),
  );
const findings: string[] = [];
let pictures = 0;

// `timeout` and Ctrl-C end the browser first, which then looks as if it had crashed.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    console.error(`Stopped by ${signal} after ${pictures} pictures: give it more time, or --only a part.`);
    process.exit(1);
  });

await mkdir(options.out, { recursive: true });
const browser = await openChromium();
try {
  for (const data of ['empty', 'full'] as const) {
    if (options.data && options.data !== data) continue;
    if (wanted(data).length > 0) await visitAll(browser, data);
  }
  const walks = (...paths: string[]) =>
    options.data !== 'full' && only.some((text) => paths.some((path) => path.includes(text)));
  if (walks('/setup')) await walkSetup();
  if (walks('/sign-in')) await walkSignIn(browser);
  if (walks('/sign-in', '/security')) await walkFace();
  if (walks('/verify')) await walkCapture();
  if (walks('/kiosk/')) await walkKiosk();
} finally {
  await browser.close();
}
const summary = `${pictures} pictures in ${options.out}`;
if (findings.length > 0) {
  console.error(`\n${[...new Set(findings)].join('\n')}\n\n${findings.length} findings, ${summary}`);
  process.exitCode = 1;
} else if (pictures === 0) {
  console.error(`No screen of test/browser/screen-list.ts matches "${options.only}".`);
  process.exitCode = 1;
} else {
  console.log(
    `No finding: nothing serious or critical for axe, no request to another host, nothing against the policy, no error; ${summary}`,
  );
}

async function openContext(browser: Browser): Promise<BrowserContext> {
  const context = await browser.newContext({ locale: options.language, reducedMotion: 'reduce' });
  // Faces are judged beside everything else that a busy machine does.
  context.setDefaultTimeout(180_000);
  return context;
}

function note(name: string, faults: readonly string[]): void {
  pictures++;
  findings.push(...faults.map((fault) => `${name}: ${fault}`));
  console.log(
    [`${faults.length === 0 ? ' ok ' : `${faults.length} !!`} ${name}`, ...faults].join('\n       '),
  );
}

/** One service with these data and a signed-in owner. A screen is opened once in a wide window and once in a narrow one, for all forms of each. */
async function visitAll(browser: Browser, data: 'empty' | 'full'): Promise<void> {
  const box = await startBox('Nordlys Bank');
  try {
    const places = data === 'full' ? await fillWithDemoData(box) : {};
    const { cookie, proveAgain } = await openLastingSession(box);
    for (const narrow of [false, true]) {
      const shown = shownForms.filter((form) => isNarrow(form) === narrow);
      if (shown.length === 0) continue;
      const context = await openContext(browser);
      await context.addCookies([{ ...cookie, httpOnly: true, secure: true, sameSite: 'Strict' }]);
      const faults = await watchPages(context, [new URL(box.pagesUrl).host]);
      const page = await context.newPage();
      watchConsole(page, faults);
      for (const screen of wanted(data)) {
        if (narrow ? screen.wide : screen.narrow) continue;
        const name = `${nameOf(screen)}-${data}`;
        const press = screen.press ?? [];
        await show(page, shown[0]!);
        if (press.length > 0) await proveAgain();
        faults.push(...(await open(page, addressOf(screen, box.pagesUrl, places), press)));
        await lookInForms(shown, page, name, faults, press.length === 0);
      }
      await context.close();
    }
  } finally {
    await box.stop();
  }
}

function watchConsole(page: Page, faults: string[]): void {
  page.on('console', (message) => {
    // The answers of the box that say no are the business of the screen; what is against the policy is noted already.
    if (message.type() === 'error' && !/Failed to load resource|Content Security Policy/.test(message.text()))
      faults.push(`console: ${message.text()}`);
  });
}

function nameOf({ path, name }: Screen): string {
  return name ?? (path.replace(/[^a-z0-9]+/gi, '-').replace(/^-|-$/g, '') || 'start');
}

function addressOf({ path }: Screen, base: string, places: DemoPaths): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, key: string) => places[key] ?? '');
  return filled.startsWith('//') ? base + filled.slice(1) : `${base}/console${filled}`;
}

function fileOf(name: string): string {
  return join(options.out, `${name}.png`);
}

async function open(page: Page, address: string, press: readonly string[]): Promise<string[]> {
  try {
    await page.goto(address, { waitUntil: 'networkidle' });
    await page.locator('h1').first().waitFor({ timeout: 60_000 });
    for (const name of press.map(inLanguage(options.language, { whole: false })))
      await page
        .getByRole('button', { name })
        .or(page.getByRole('link', { name }))
        .or(page.getByRole('menuitem', { name }))
        .or(page.getByRole('radio', { name }))
        .first()
        .click({ timeout: 60_000 });
    await page.waitForLoadState('networkidle');
    // A dry run over the people of the box takes its time.
    const working = page.locator('.mantine-Loader-root, [aria-busy=true]').first();
    await working.waitFor({ state: 'detached', timeout: 120_000 });
    return [];
  } catch (error) {
    return [`was not reached: ${(error as Error).message.split('\n', 1)[0]}`];
  }
}

/** Once for each screen: by the Tab key, and at the widths between. */
async function lookFurther(page: Page, form: Form): Promise<string[]> {
  if (!options.more || form !== forms[0]) return [];
  return [...(await tabThrough(page)), ...(await lookBetween(page))];
}

/** Every step in every form. */
function lookInAllForms(page: Page, name: string, faults: string[]): Promise<void> {
  return lookInForms(shownForms, page, name, faults, true);
}

async function lookInForms(
  of: readonly Form[],
  page: Page,
  name: string,
  faults: string[],
  fullPage: boolean,
): Promise<void> {
  for (const form of of) {
    await show(page, form);
    const shown = `${name}-${form.name}`;
    const seen = [...(await look(page, form, fileOf(shown), fullPage)), ...(await lookFurther(page, form))];
    note(shown, [...faults.splice(0), ...seen]);
  }
}

/** With a camera: the assistant ends with the owner enrolled and verified. */
async function walkSetup(): Promise<void> {
  const box = await startEmptyBox();
  try {
    await withFace(async (withCamera) => {
      const context = await openContext(withCamera);
      const faults = await watchPages(context, [new URL(box.setupAddress).host]);
      const page = await context.newPage();
      await page.addInitScript(liveCamera);
      await addAuthenticator(page);
      const shown = (step: string) => lookInAllForms(page, `setup-${step}`, faults);
      await walkThroughSetup(page, box.setupAddress, shown, { camera: true, say });
      await context.close();
    });
  } finally {
    await box.stop();
  }
}

async function walkSignIn(browser: Browser): Promise<void> {
  const box = await startBox('Nordlys Bank');
  try {
    await openOwnSession(box);
    const context = await openContext(browser);
    const faults = await watchPages(context, [new URL(box.pagesUrl).host]);
    const page = await context.newPage();
    const step = (name: string) => lookInAllForms(page, `sign-in-${name}`, faults);
    const press = (name: string) => page.getByRole('button', { name: say(name) }).click();
    const title = (name: string) => page.getByRole('heading', { level: 1, name: say(name) }).waitFor();
    const enter = (label: string, text: string) => page.getByLabel(say(label)).fill(text);
    await page.goto(`${box.pagesUrl}/console/sign-in`);
    await title('Sign in');
    await step('password');
    await press('I have a one-time code');
    await title('Set your password');
    await step('set-password');
    await press('Back');
    await enter('E-mail address', owner.email);
    await enter('Password', 'not the password');
    await press('Continue');
    await page.getByText(say('E-mail address or password is wrong')).waitFor();
    await step('wrong');
    await enter('Password', owner.password);
    await press('Continue');
    await title('Confirm with your passkey');
    await step('passkey');
    await press('Use a recovery code');
    await title('Use a recovery code');
    await step('recovery');
    await context.close();
  } finally {
    await box.stop();
  }
}

/** A Chromium whose camera shows a face. */
async function withFace(work: (browser: Browser) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-camera-'));
  const camera = join(folder, 'camera.y4m');
  await writeFakeCamera(camera, await portrait('ada'));
  const opened = await openChromium({ camera });
  try {
    await work(opened);
  } finally {
    await opened.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Enrolling a face and signing in with it; the box has no liveness models, so its yes to the face is a script. */
async function walkFace(): Promise<void> {
  const box = await startBox('Nordlys Bank');
  try {
    await withFace(async (withCamera) => {
      const cookie = await openOwnSession(box);
      const context = await openContext(withCamera);
      const faults = await watchPages(context, [new URL(box.pagesUrl).host]);
      const page = await context.newPage();
      const step = (name: string) => lookInAllForms(page, `face-${name}`, faults);
      const press = (name: string) => page.getByRole('button', { name: say(name) }).click();
      const title = (name: string) => page.getByRole('heading', { level: 1, name: say(name) }).waitFor();

      await page.route('**/api/auth/login', async (route) => {
        const answer = await route.fetch();
        const body = (await answer.json()) as { methods?: object };
        await route.fulfill({ json: { ...body, methods: { ...body.methods, face: true } } });
      });
      await page.goto(`${box.pagesUrl}/console/sign-in`);
      await page.getByLabel(say('E-mail address')).fill(owner.email);
      await page.getByLabel(say('Password')).fill(owner.password);
      await press('Continue');
      await title('Confirm with your passkey');
      await step('offered');
      await press('Use your face');
      await title('Confirm with your face');
      await page.getByRole('button', { name: say('Take pictures and sign in') }).waitFor();
      await step('sign-in');
      await press('Take pictures and sign in');
      await page.getByText(say('You are not signed in')).first().waitFor();
      await step('refused');

      await context.addCookies([{ ...cookie, httpOnly: true, secure: true, sameSite: 'Strict' }]);
      await page.goto(`${box.pagesUrl}/console/security`);
      await press('Allow faces in this organization');
      await page.getByRole('button', { name: say('Enroll face') }).waitFor();
      await step('allowed');
      await press('Enroll face');
      await title('Enroll your face');
      await step('consent');
      await page.getByRole('checkbox').check();
      await press('Continue to the camera');
      await page.getByRole('button', { name: say('Take pictures and enroll') }).waitFor();
      await step('camera');
      await press('Take pictures and enroll');
      await page.getByText(say('The face was not enrolled')).waitFor();
      await step('not-enrolled');
      await press('Do not enroll');
      await press('Switch off for all administrators');
      await page.getByRole('dialog').waitFor();
      await step('switch-off');
      await context.close();
    });
  } finally {
    await box.stop();
  }
}

/** What people and the desk see at a kiosk; the box's answers are a script. */
async function walkKiosk(): Promise<void> {
  const box = await startCaptureBox();
  try {
    await withFace(async (withCamera) => {
      for (const state of kioskStates) {
        const context = await openContext(withCamera);
        const faults = await watchPages(context, [new URL(box.url).host]);
        const place = { url: box.url, language: options.language === 'de' ? 'de' : 'en' } as const;
        await lookInAllForms(await openKiosk(context, place, state), `kiosk-${state.name}`, faults);
        await context.close();
      }
    });
  } finally {
    await box.stop();
  }
}

/** Each state of the page on which a person is verified; the box's answers are a script. */
async function walkCapture(): Promise<void> {
  const box = await startCaptureBox();
  try {
    await withFace((withCamera) => walkCaptureStates(box, withCamera));
  } finally {
    await box.stop();
  }
}

async function walkCaptureStates(
  box: Awaited<ReturnType<typeof startCaptureBox>>,
  withCamera: Browser,
): Promise<void> {
  for (const state of captureStates) {
    const context = await openContext(withCamera);
    const faults = await watchPages(context, [new URL(box.url).host, RESULT_HOST]);
    const page = await openState(context, box, state, options.language);
    await lookInAllForms(page, `verify-${state.name}`, faults);
    await context.close();
  }
}
