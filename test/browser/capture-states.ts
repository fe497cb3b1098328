import type { BrowserContext, Page } from 'playwright';
import { readLogo } from '../../service/inference/pictures/read-logo.ts';
import { type CaptureBox, description, type Json, ready } from './capture-box.ts';
import { demoLogo } from './demo-logo.ts';
import { inLanguage, type Say } from './in-language.ts';

/** Where a result leads: `nordlys://back`, an app of the person. */
export const RESULT_HOST = 'back';

/** What the camera of the browser does. */
export type CameraMood = 'granted' | 'prompt' | 'denied' | 'missing' | 'busy';

export interface CaptureState {
  name: string;
  /** Of the link; `/verify#token` when absent. */
  path?: string;
  camera?: CameraMood;
  /** What the box answers, before the page opens. */
  before?(box: CaptureBox): void;
  /** From the open page to the state. */
  act?(page: Page, box: CaptureBox, say: Say): Promise<void>;
  /** A heading of the state, in English; as a pattern where the words are those of the organization. */
  heading: string | RegExp;
}

export const button = (page: Page, name: string | RegExp) =>
  page.getByRole('button', { name, exact: true }).click({ timeout: 10_000 });
const agree = (page: Page, say: Say) => button(page, say('I agree, start'));

const step = (name: string, index: number, progress: number, more: Json = {}): Json => ({
  is: 'state',
  state: 'running',
  attempt: 1,
  attemptsLeft: 2,
  step: { index, of: 4, name, progress, holdMs: 500, limitMs: 8000, ...more },
});
export const liveStates = {
  step,
  guiding: (code: string, of: string): Json => ({
    is: 'state',
    state: 'guiding',
    attempt: 1,
    attemptsLeft: 2,
    guidance: { step: of, code },
  }),
  between: (code: string, attemptsLeft = 2): Json => ({
    is: 'state',
    state: 'between',
    attempt: 3 - attemptsLeft,
    attemptsLeft,
    notPassed: { code },
  }),
  decided: (result: Json): Json => ({
    is: 'state',
    state: 'decided',
    attempt: 1,
    attemptsLeft: 2,
    result: { passed: false, decision: 'rejected', reference: 'sess_01m2k9c5tq7v3e8zs1nd4w7q4d', ...result },
  }),
};
const { guiding, between, decided } = liveStates;

/** From the camera on: the box says where the session stands. */
const live = (name: string, state: Json, heading: string): CaptureState => ({
  name,
  heading,
  async act(page, box, say) {
    box.live = state;
    await agree(page, say);
  },
});
/** A step, and what keeps it from being done. */
const advised = (name: string, state: Json, guidance: Json, advice: string): CaptureState => ({
  name,
  heading: headings[(state.step as { name: keyof typeof headings }).name],
  async act(page, box, say) {
    box.live = { ...state, guidance };
    await agree(page, say);
    await page
      .getByRole('status')
      .filter({ hasText: say(advice) })
      .waitFor();
  },
});
const headings = {
  'turn-left': 'Turn your head left',
  'turn-right': 'Turn your head right',
  blink: 'Blink once',
} as const;
/** An attempt that ended at a step. */
const failedAt = (name: string, at: Json, code: string): CaptureState => ({
  name,
  heading: 'We could not confirm it yet',
  async act(page, box, say) {
    box.live = at;
    await agree(page, say);
    await page.locator('[data-state=running]').waitFor();
    box.push(between(code));
  },
});

/** The link itself is over, or there is something wrong with it. */
const link = (name: string, answer: Json | number, heading: string): CaptureState => ({
  name,
  heading,
  before: (box) => void Object.assign(box.answers, { describe: answer }),
});

/** Who asks, as the box describes it. */
const organization = (name: string, look: Json): CaptureState => ({
  name,
  heading: 'Confirm it is you',
  before: (box) =>
    void Object.assign(box.answers, {
      describe: { ...description, organization: { name: 'Nordlys Bank', ...look } },
    }),
});
const logoOf = async (color: string): Promise<Json> => {
  const { png, ink } = await readLogo(await demoLogo(color));
  return { logo: `data:image/png;base64,${Buffer.from(png).toString('base64')}`, logoInk: ink };
};

const following = { ...ready, state: 'following' };
const handover = (box: CaptureBox) => {
  const expiresAt = new Date(Date.now() + 281_000).toISOString();
  box.answers.handover = { url: '/verify/h/Zm9vYmFyYmF6cXV4', number: '47', expiresAt };
};

/** Every state of the page. */
export const captureStates: readonly CaptureState[] = [
  { name: 'consent', heading: 'Confirm it is you' },
  organization('consent-logo-dark', await logoOf('#1f4e3d')),
  organization('consent-logo-light', await logoOf('#ffffff')),
  organization('consent-color', { color: '#ffd400' }),
  organization('consent-no-color', {}),
  {
    name: 'consent-own-words',
    heading: /^(Open your account|Ihr Konto eröffnen)$/,
    path: '/invite/abc',
    before: (box) =>
      void Object.assign(box.answers, {
        describe: {
          ...description,
          flow: 'registration',
          organization: { name: 'Österreichische Volkskreditgenossenschaft', color: '#f2c200' },
          title: { en: 'Open your account', de: 'Ihr Konto eröffnen' },
          messages: { intro: 'One look into the camera replaces the visit to a branch.' },
          purpose: 'One account for each person',
          pathChoices: { flash: false, motion: true },
          test: true,
        },
      }),
  },
  {
    name: 'consent-full-text',
    heading: 'Confirm it is you',
    async act(page, _box, say) {
      await page.getByText(say('Read the full text')).click();
      await page.getByText(say('How to take it back')).click();
    },
  },
  {
    name: 'consent-optional',
    heading: 'Confirm it is you',
    before: (box) =>
      void Object.assign(box.answers, {
        describe: {
          ...description,
          consent: {
            ...(description.consent as Json),
            asks: {
              purposes: ['identification', 'deduplication'],
              optional: ['deduplication'],
              languages: ['en', 'de'],
            },
          },
        },
      }),
  },
  {
    name: 'consent-no-answer',
    heading: 'Confirm it is you',
    async act(page, box, say) {
      box.answers.begin = 500;
      await agree(page, say);
      await page.getByRole('alert').waitFor();
    },
  },
  { name: 'ask', heading: 'Allow the camera', camera: 'prompt', act: (page, _box, say) => agree(page, say) },
  {
    name: 'blocked',
    heading: 'The camera is blocked',
    camera: 'denied',
    act: async (page, _box, say) => {
      await agree(page, say);
      await button(page, say('Go on'));
    },
  },
  {
    name: 'busy',
    heading: 'The camera is in use',
    camera: 'busy',
    act: (page, _box, say) => agree(page, say),
  },
  {
    name: 'no-camera',
    heading: 'No camera was found',
    camera: 'missing',
    before: handover,
    async act(page, _box, say) {
      await agree(page, say);
      await page.getByRole('button', { name: say('Use a camera on this computer') }).click();
    },
  },
  {
    name: 'phone',
    heading: 'Go on with your phone',
    camera: 'missing',
    before: handover,
    async act(page, _box, say) {
      await agree(page, say);
      await page.getByRole('img', { name: say('QR code that opens this check on a phone') }).waitFor();
    },
  },
  {
    name: 'phone-over',
    heading: 'Go on with your phone',
    camera: 'missing',
    before: (box) => {
      box.answers.handover = { url: '/verify/h/x', number: '47', expiresAt: new Date(0).toISOString() };
    },
    act: (page, _box, say) => agree(page, say),
  },
  {
    name: 'phone-wrong-number',
    heading: 'Go on with your phone',
    camera: 'missing',
    before: handover,
    async act(page, box, say) {
      await agree(page, say);
      await page.getByRole('img', { name: say('QR code that opens this check on a phone') }).waitFor();
      box.live = { ...ready, codeUsedUp: true };
      await page
        .getByText(
          say(
            'Another number was chosen on the phone. For your safety this code is used up: show a new one.',
          ),
        )
        .first()
        .waitFor();
    },
  },
  {
    name: 'phone-follows',
    heading: 'Continue on your phone',
    camera: 'missing',
    before: handover,
    async act(page, box, say) {
      await agree(page, say);
      box.live = following;
    },
  },
  { name: 'number', heading: 'Which number is on the other screen?', path: '/verify/h/Zm9v' },
  {
    name: 'number-wrong',
    heading: 'That was another number',
    path: '/verify/h/Zm9v',
    before: (box) => void Object.assign(box.answers, { 'handover/accept': 410 }),
    act: (page) => button(page, '12'),
  },
  {
    name: 'number-stranger',
    heading: 'Close this page',
    path: '/verify/h/Zm9v',
    act: (page, _box, say) => button(page, say('I did not begin this')),
  },
  live('queued', { ...ready, state: 'queued', position: 3 }, 'Wait a moment'),
  live('align', guiding('TOO_FAR', 'distance'), 'Move closer'),
  live('dark', guiding('TOO_DARK', 'light'), 'Find more light'),
  live('turn-left', step('turn-left', 1, 0.44), 'Turn your head left'),
  live('turn-right', step('turn-right', 2, 0.7), 'Turn your head right'),
  live('look-up', step('look-up', 1, 0.4), 'Look up'),
  live('look-down', step('look-down', 1, 0.4), 'Look down'),
  advised('step-hold', step('turn-left', 1, 0.6), { step: 'movement', code: 'HOLD' }, 'Stay like this'),
  advised(
    'step-too-close',
    step('turn-right', 1, 0),
    { step: 'distance', code: 'TOO_CLOSE' },
    'Move back a little',
  ),
  advised('step-dark', step('blink', 3, 0), { step: 'light', code: 'TOO_DARK' }, 'Find more light'),
  advised(
    'step-slow-box',
    { ...step('turn-left', 1, 0.2), leftOut: true },
    { step: 'movement', code: 'FRAMES_TOO_SLOW' },
    'Gatehouse is busy right now. Carry on: you have more time.',
  ),
  live('blurred', guiding('BLURRED', 'focus'), 'Hold still'),
  live('blink', step('blink', 3, 0), 'Blink once'),
  live('flash-dark', step('color-flash', 3, 0.3, { color: '#1030d0' }), 'Keep looking here'),
  live('flash-light', step('color-flash', 3, 0.6, { color: '#20e0a0' }), 'Keep looking here'),
  live('checking', { ...step('blink', 3, 1), state: 'checking' }, 'Checking'),
  {
    name: 'lost',
    heading: 'Connection lost',
    async act(page, box, say) {
      box.live = step('turn-left', 1, 0.44);
      await agree(page, say);
      await page.getByRole('heading', { name: say('Turn your head left') }).waitFor();
      box.down = true;
      box.cut();
    },
  },
  live('between', between('LIGHT'), 'We could not confirm it yet'),
  ...['FACE', 'ALONE', 'STALLED', 'INTERRUPTED', 'UNSURE'].map((code) =>
    live(`between-${code.toLowerCase()}`, between(code), 'We could not confirm it yet'),
  ),
  failedAt('between-direction', step('turn-left', 1, 0), 'DIRECTION'),
  failedAt('between-time', step('look-up', 1, 0), 'TIME'),
  failedAt('between-slow', { ...step('turn-right', 1, 0), leftOut: true }, 'SLOW'),
  live('between-last', between('MOVEMENT', 1), 'We could not confirm it yet'),
  live('passed', decided({ passed: true, decision: 'approved' }), 'Confirmed'),
  {
    ...live(
      'passed-back',
      decided({ passed: true, decision: 'approved', redirect: 'nordlys://back' }),
      'It is you',
    ),
    before: (box) => void Object.assign(box.answers, { describe: { ...description, flow: 'presence' } }),
  },
  live('rejected', decided({ redirect: 'nordlys://back' }), 'We could not confirm it is you'),
  live('review', decided({ decision: null }), 'A person takes a second look'),
  live('duplicate', decided({ decision: 'duplicate' }), 'You may have done this before'),
  live('expired', decided({ decision: 'expired' }), 'The time for this check is over'),
  live('cancelled', decided({ decision: 'cancelled' }), 'This check was ended'),
  {
    name: 'leave',
    heading: 'There is another way',
    async act(page, box, say) {
      box.live = between('LIGHT');
      await agree(page, say);
      await button(page, say('Use another way'));
    },
  },
  {
    name: 'left',
    heading: 'You ended this check',
    async act(page, _box, say) {
      await page.getByRole('button', { name: say('Cancel this check of Nordlys Bank') }).click();
      await button(page, say('End it here'));
    },
  },
  { name: 'no-link', path: '/verify', heading: 'A part of the link is missing' },
  link('gone', 410, 'This link does not work any more'),
  link('taken', { ...description, state: 'taken' }, 'This check goes on elsewhere'),
  link('over', { ...description, state: 'ended' }, 'The time for this check is over'),
  link('finished', { ...description, state: 'finished' }, 'This check is finished'),
  link('kiosk', 403, 'This check is done at a kiosk'),
  link('offline', 500, 'Gatehouse does not answer'),
  link('many', 503, 'Many people are being verified right now'),
];

/** Runs in the page, before its own script. */
const cameraScript = `(is) => {
  const devices = navigator.mediaDevices;
  // A page of another kind, as that of axe.
  if (!devices) return;
  const ask = devices.getUserMedia.bind(devices);
  const errors = { busy: 'NotReadableError', denied: 'NotAllowedError', missing: 'NotFoundError' };
  devices.getUserMedia = async (wish) => {
    if (is in errors) throw new DOMException('No picture.', errors[is]);
    return ask(wish);
  };
  if (is === 'missing') devices.enumerateDevices = async () => [];
  const query = navigator.permissions.query.bind(navigator.permissions);
  navigator.permissions.query = async (asked) => {
    const status = await query(asked);
    if (asked.name !== 'camera') return status;
    const state = is === 'denied' || is === 'prompt' ? 'prompt' : 'granted';
    Object.defineProperty(status, 'state', { get: () => state });
    return status;
  };
}`;

/** A camera that answers as in this mood; the page's own code asks it. */
async function setCamera(context: BrowserContext, mood: CameraMood): Promise<void> {
  await context.addInitScript({ content: `(${cameraScript})(${JSON.stringify(mood)})` });
}

/** Opens one state in a page of its own, in the language of the browser. */
export async function openState(
  context: BrowserContext,
  box: CaptureBox & { reset(): void },
  state: CaptureState,
  language = 'en',
): Promise<Page> {
  const say = inLanguage(language);
  box.reset();
  state.before?.(box);
  await setCamera(context, state.camera ?? 'granted');
  const page = await context.newPage();
  await page.goto(box.url + (state.path ?? '/verify?client=sess_01#link-token'));
  await page.getByRole('heading', { level: 1 }).waitFor();
  await state.act?.(page, box, say);
  await page
    .getByRole('heading', {
      level: 1,
      name: typeof state.heading === 'string' ? say(state.heading) : state.heading,
    })
    .waitFor({ timeout: 15_000 });
  return page;
}
