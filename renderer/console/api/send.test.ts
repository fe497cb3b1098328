import { afterEach, expect, test, vi } from 'vitest';
import { AnswerLost } from './answer-lost.ts';
import { send, setGate, setSigned } from './send.ts';

const url = (path: string) => `http://box${path}`;
const post = (path = '/api/admin/keys') =>
  send(new Request(url(path), { method: 'POST', body: '{"name":"a"}' }));
const json = (status: number, body: object) => Response.json(body, { status });
const errorOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

/** The box answers so, one after the other. */
function answering(...answers: (() => Response | Promise<Response>)[]) {
  const sent: string[] = [];
  vi.stubGlobal('fetch', async (request: Request) => {
    const { method, headers } = request;
    sent.push(
      `${method} ${new URL(request.url).pathname} ${headers.get('x-csrf-token')} ${await request.text()}`,
    );
    return answers[sent.length - 1]!();
  });
  return sent;
}
afterEach(() => vi.unstubAllGlobals());

const broken = () => {
  throw new TypeError('Failed to fetch');
};
/** Its head came, and then the connection broke. */
const cut = () =>
  new Response(new ReadableStream({ pull: (stream) => stream.error(new TypeError('network error')) }));

test.each([
  ['no answer', broken],
  ['an answer that broke off', cut],
  ['502 of a proxy', () => new Response('<h1>', { status: 502 })],
  ['504 of a proxy', () => new Response('<h1>', { status: 504 })],
  ['500 of a proxy', () => new Response('<h1>', { status: 500 })],
  ['the database was lost', () => json(503, { code: 'STORAGE_UNAVAILABLE', error: 'No.' })],
  ['the box took too long', () => json(503, { code: 'TIMEOUT', error: 'No.' })],
])('after %s it is not known whether a change was made', async (_, answer) => {
  answering(answer);
  expect(await errorOf(post())).toMatchObject({ request: 'POST /api/admin/keys' });
});

test('what the box refused, what is only read, and a preview are no lost answers', async () => {
  answering(() => json(503, { code: 'OVERLOADED', error: 'No.' }), broken, broken);
  const errors = [
    await errorOf(post()),
    await errorOf(send(new Request(url('/api/admin/keys')))),
    await errorOf(post('/api/admin/profiles/default/preview')),
  ];
  expect(errors.map((error) => error instanceof AnswerLost)).toEqual([false, false, false]);
  expect(errors).toMatchObject([{ code: 'OVERLOADED' }, { code: 'NO_ANSWER' }, { code: 'NO_ANSWER' }]);
});

const refused = () => json(403, { code: 'CSRF_REFUSED', error: 'Send the header.' });
const session = (id: string, csrf: string) => () => json(200, { user: { id, email: `${id}@x.org` }, csrf });

test('the same account signed in again in another tab: sent once more, with the value of that session', async () => {
  setSigned({ csrf: 'old', account: 'adm_a' });
  const sent = answering(
    refused,
    session('adm_a', 'new'),
    () => json(201, {}),
    () => json(201, {}),
  );
  expect((await post()).status).toBe(201);
  await post();
  expect(sent).toEqual([
    'POST /api/admin/keys old {"name":"a"}',
    'GET /api/auth/session null ',
    'POST /api/admin/keys new {"name":"a"}',
    'POST /api/admin/keys new {"name":"a"}',
  ]);
});

test('two requests that are refused at once are both sent again', async () => {
  setSigned({ csrf: 'old', account: 'adm_a' });
  vi.stubGlobal('fetch', async ({ url: to, headers }: Request) => {
    await new Promise(setImmediate);
    if (to.endsWith('/session')) return session('adm_a', 'new')();
    return headers.get('x-csrf-token') === 'new' ? json(201, {}) : refused();
  });
  const answers = await Promise.all([post(), post(), post()]);
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
});

test('another account in another tab: nothing is sent in its name, also not later', async () => {
  setSigned({ csrf: 'old', account: 'adm_a' });
  const sent = answering(refused, session('adm_b', 'new'), refused, session('adm_b', 'new'));
  const other = { code: 'OTHER_ACCOUNT', body: { email: 'adm_b@x.org' } };
  expect([await errorOf(post()), await errorOf(post())]).toMatchObject([other, other]);
  expect(sent.filter((one) => one.includes(' new '))).toEqual([]);
});

test('no session any more: the sign-in is shown', async () => {
  setSigned({ csrf: 'old', account: 'adm_a' });
  const signIn = vi.fn();
  setGate({ signIn, proveAgain: async () => false });
  answering(refused, () => json(401, { code: 'MISSING_AUTH', error: 'Sign in.' }));
  expect(await errorOf(post())).toMatchObject({ code: 'MISSING_AUTH' });
  expect(signIn).toHaveBeenCalledOnce();
});

test('a value that stays refused is said, and not asked for again and again', async () => {
  setSigned({ csrf: 'same', account: 'adm_a' });
  const sent = answering(refused, session('adm_a', 'same'));
  expect(await errorOf(post())).toMatchObject({
    code: 'CSRF_REFUSED',
    message: 'This page is out of date. Load it again, then repeat this.',
  });
  expect(sent).toHaveLength(2);
});
