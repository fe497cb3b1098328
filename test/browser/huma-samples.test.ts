import type { Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { missing, why } from './chromium.ts';
import { click, clickAsProgram, solve, typeAsPerson } from './huma-person.ts';
import { answerOf, got, parted, type SampleBox, shapeOf, startSampleBox } from './huma-sample-box.ts';

// The samples of behavior.txt that run in a page, word for word but for the host, the key and the import, against the appliance itself.

const token = /^h_verified_[\w-]{16,}$/;

const WINDOW = 30_000;

let box: SampleBox;
let pageKey: string;

beforeAll(async () => {
  if (missing) return;
  box = await startSampleBox();
  pageKey = await box.newKey('--browser', '--origin', box.shopOrigin);
});
afterAll(() => box?.stop());

const adapted = (sample: string) => box.adapted(sample, pageKey);
const answerTo = (page: Page, path: string) =>
  page.waitForResponse((reply) => reply.url().endsWith(path) && reply.ok());

/** The next heartbeat's response, after a program has taken the page over. */
async function takeOver(page: Page, intervalMs: number) {
  // Inside the window of that heartbeat, which is its last half minute.
  if (intervalMs > WINDOW) await page.clock.runFor(intervalMs - WINDOW);
  for (let presses = 0; presses < 6; presses++) await clickAsProgram(page, 'Cart');
  const heartbeat = answerTo(page, '/api/v1/session');
  await page.clock.runFor(Math.min(intervalMs, WINDOW));
  return heartbeat;
}
const judgedTakenOver = async (page: Page, intervalMs: number): Promise<object> =>
  (await takeOver(page, intervalMs)).json();

const snippet = () => `
  document.querySelector('#root').innerHTML = '<button>Pay</button><button>Cart</button>';
  document.querySelector('button').onclick = async () => {
    ${adapted('snippet')}
    got.push(result);
  };`;

/** A person pays, and the session is watched. */
async function paid(): Promise<Page> {
  const page = await box.open(snippet());
  await click(page, 'Pay');
  await expect.poll(() => got(page)).toMatchObject([{ human: true, token: expect.stringMatching(token) }]);
  return page;
}

test.skipIf(missing)(`the snippet: verify, and a session that is watched${why}`, async () => {
  const page = await paid();
  const heartbeat = answerTo(page, '/api/v1/session');
  await page.clock.runFor(30_000);
  expect(await (await heartbeat).json()).toMatchObject({ baseline: 50, anomaly: false, action: 'allow' });
  expect(new URL(page.url()).pathname).toBe('/');
  await page.context().close();
});

test.skipIf(missing)(`the snippet: a program takes over, and the page goes to /logout${why}`, async () => {
  const page = await paid();
  // The sample leaves for "block" alone. The browser drops the body of an answer with its page, so it is not read here.
  const left = page.waitForURL('**/logout');
  await takeOver(page, 30_000);
  await left;
  await page.context().close();
});

test.skipIf(missing)(`useHumaSession with the token of a verification${why}`, async () => {
  const { imports, body } = parted(adapted('useHumaSession with a token'));
  const page = await box.open(`
    import { createRoot } from 'react-dom/client';
    ${imports}
    const router = got;
    function Watch({ verifyResult }) {
      ${body}
      return <output>{String(anomaly)} {lastResult?.action ?? 'none'}</output>;
    }
    const root = document.querySelector('#root');
    root.innerHTML = '<button>Pay</button><button>Cart</button><div></div>';
    root.querySelector('button').onclick = async () => {
      const verifyResult = await Huma.verify('user_123', '${pageKey}');
      createRoot(root.querySelector('div')).render(<Watch verifyResult={verifyResult} />);
    };`);
  const said = page.locator('output');
  await click(page, 'Pay');
  await said.filter({ hasText: 'false none' }).waitFor();
  const first = answerTo(page, '/api/v1/session');
  await page.clock.runFor(30_000);
  await first;
  await said.filter({ hasText: 'false allow' }).waitFor();
  expect(await got(page)).toEqual([]);
  expect(await judgedTakenOver(page, 30_000)).toMatchObject({ anomaly: true, action: 'block' });
  await said.filter({ hasText: 'true block' }).waitFor();
  expect(await got(page)).toEqual(['/logout']);
  await page.context().close();
});

test.skipIf(missing)(
  `verify of the package: no person at the page, and a person who types${why}`,
  async () => {
    const { imports, body } = parted(adapted('verify of the package'));
    const page = await box.open(`
    ${imports}
    document.querySelector('#root').innerHTML = '<label>Name <input></label><button>Pay</button>';
    const sample = async () => {
      ${body}
      got.push(result);
    };
    document.querySelector('button').onclick = sample;
    await sample();`);
    await expect.poll(() => got(page)).toMatchObject([{ human: false, confidence: 0.49 }]);
    await page.getByLabel('Name').focus();
    await typeAsPerson(page, 'a person who signs up and pays by card');
    await click(page, 'Pay');
    await expect.poll(async () => (await got(page)).length).toBe(2);
    const [, result] = (await got(page)) as { human: boolean; confidence: number; token: string }[];
    expect(result).toMatchObject({ human: true, token: expect.stringMatching(token) });
    expect(result!.confidence).toBeGreaterThan(0.7);
    await page.context().close();
  },
);

test.skipIf(missing)(`useHuma, and useHumaSession after it${why}`, async () => {
  const watch = parted(adapted('useHumaSession after verify'));
  const page = await box.open(`
    import { createRoot } from 'react-dom/client';
    ${adapted('useHuma')}
    ${watch.imports}
    const currentUser = { id: 'user_react' }, user = currentUser;
    const [logout, reVerify] = ['logout', 'reVerify'].map((what) => () => got.push(what));
    function Watch() {
      ${watch.body}
      return <button>Cart</button>;
    }
    createRoot(document.querySelector('#root')).render(<><SignupForm /><Watch /></>);`);
  await page.getByRole('button', { name: 'Sign up' }).waitFor();
  const verified = answerTo(page, '/api/v1/verify');
  await click(page, 'Sign up');
  expect(await (await verified).json()).toMatchObject({ human: true, token: expect.stringMatching(token) });
  const heartbeat = answerTo(page, '/api/v1/session');
  await page.clock.runFor(45_000);
  expect(await (await heartbeat).json()).toMatchObject({ baseline: 50, action: 'allow' });
  expect(await judgedTakenOver(page, 45_000)).toMatchObject({ action: 'block' });
  await expect.poll(() => got(page)).toEqual(['logout']);
  await page.context().close();
});

test.skipIf(missing)(`HumaGate: uncertain, so a challenge, which the person passes${why}`, async () => {
  const { imports, body } = parted(adapted('HumaGate'));
  const page = await box.open(`
    import { createRoot } from 'react-dom/client';
    ${imports}
    const user = { id: 'user_gate' };
    const submitForm = (token) => got.push(token);
    const showBotError = () => got.push('blocked');
    const MyForm = () => <form><button>Sign up</button></form>;
    const gate = () => (
      ${body}
    );
    createRoot(document.querySelector('#root')).render(gate());`);
  await page.getByRole('button').waitFor();
  await click(page, 'Sign up');
  await solve(page);
  await expect.poll(() => got(page)).toEqual([expect.stringMatching(/^h_challenge_/)]);
  await page.context().close();
});

test.skipIf(missing)(`HumaChallenge${why}`, async () => {
  const { imports, body } = parted(adapted('HumaChallenge'));
  const page = await box.open(`
    import { createRoot } from 'react-dom/client';
    ${imports}
    const userId = 'user_challenge';
    const continueLogin = (token) => got.push(token);
    const router = got;
    const challenge = async () => {
      ${body}
    };
    createRoot(document.querySelector('#root')).render(await challenge());`);
  const answered = answerTo(page, '/api/v1/challenge/verify');
  await solve(page);
  expect(shapeOf(await (await answered).json())).toEqual(shapeOf(answerOf('answer that passed')));
  await expect.poll(() => got(page)).toEqual([expect.stringMatching(/^h_challenge_/)]);
  await page.context().close();
});
