import { beforeEach, expect, test } from 'vitest';
import { createManualTimers } from '../../test/support/manual-timers.ts';
import type { ServiceState } from '../service/service-state.ts';
import { createStartPage, type StartPage } from './start-page.ts';
import { pageFailedWords, wordsOf } from './start-words.ts';

let page: StartPage;
let pressed: string[];
let timers: ReturnType<typeof createManualTimers>;
const place = { log: '/home/ada/service.log', unseal: 'gatehouse unseal --data /srv/box' };
const words = (state: ServiceState, locale = 'en') => wordsOf(state, place, locale);

beforeEach(() => {
  pressed = [];
  timers = createManualTimers();
  page = createStartPage({
    locale: 'de-DE',
    first: words({ is: 'failed', why: 'Port <7300> & "more"' }, 'de-DE'),
    act: (action) => pressed.push(action),
    after: timers.after,
  });
});
const get = (path: string, init?: RequestInit) =>
  page.answer(new Request(`gatehouse-start://shell${path}`, init));
const press = (path: string, more: RequestInit = {}) =>
  get(path, { method: 'POST', headers: { 'x-gatehouse-start': '1' }, ...more });

test('the page has its first words, nothing inline, and a policy that allows nothing from elsewhere', async () => {
  const reply = await get('/');
  const html = await reply.text();
  expect(html).toContain('<html lang="de"');
  expect(html).toContain('Gatehouse startet nicht');
  expect(html).toContain('Port &lt;7300&gt; &amp; &quot;more&quot;');
  expect(html).not.toMatch(/ on\w+=|style=|<script>|<style>|https?:/);
  expect(reply.headers.get('content-security-policy')).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  );
  for (const [path, type] of [
    ['/start.css', 'text/css'],
    ['/start.js', 'text/javascript'],
  ])
    expect([(await get(path!)).status, (await get(path!)).headers.get('content-type')]).toEqual([
      200,
      `${type}; charset=utf-8`,
    ]);
});

test('the next words come as soon as they are there, or the old ones again after a while', async () => {
  const held = get('/words?after=1');
  page.show(words({ is: 'looking' }));
  expect(await (await held).json()).toMatchObject({
    version: 2,
    title: 'Looking for the service',
    busy: true,
  });
  const again = get('/words?after=2');
  page.show(words({ is: 'looking' }));
  expect(timers.running()).toEqual([25_000]);
  timers.expire();
  expect(await (await again).json()).toMatchObject({ version: 2 });
  expect(await (await get('/words?after=1')).json()).toMatchObject({ version: 2 });
});

test('a button does what is offered now, and only for the page itself', async () => {
  expect((await press('/retry')).status).toBe(204);
  page.show(words({ is: 'sealed' }));
  expect((await press('/retry')).status).toBe(403);
  expect((await press('/quit', { headers: {} })).status).toBe(403);
  const foreign = Object.assign(
    new Request('gatehouse-start://shell/quit', { method: 'POST', headers: { 'x-gatehouse-start': '1' } }),
    {
      initiatorOrigin: 'https://evil.example',
    },
  );
  expect((await page.answer(foreign)).status).toBe(403);
  expect((await get('/quit')).status).toBe(404);
  expect((await get('/quit', { method: 'DELETE' })).status).toBe(405);
  expect(pressed).toEqual(['retry']);
});

test.each([
  [{ is: 'looking' }, 'Looking for the service', ['quit']],
  [{ is: 'starting' }, 'Gatehouse is starting', ['quit']],
  [{ is: 'waiting', why: 'The disk is full.' }, 'Gatehouse is getting ready', ['quit']],
  [{ is: 'sealed' }, 'Gatehouse is sealed', ['quit']],
  [{ is: 'ready', url: 'http://localhost', own: true }, 'Opening Gatehouse', []],
  [
    { is: 'restarting', seconds: 4, why: 'It ended.' },
    'Gatehouse stopped unexpectedly',
    ['retry', 'log', 'quit'],
  ],
  [{ is: 'failed', why: 'No.' }, 'Gatehouse does not start', ['retry', 'log', 'quit']],
  [{ is: 'away', why: 'No.' }, 'Gatehouse does not answer', ['retry', 'quit']],
  [{ is: 'stopping' }, 'Gatehouse is stopping', []],
] as [ServiceState, string, string[]][])(
  '%j has a title, and what can be done about it',
  (state, title, actions) => {
    const shown = words(state);
    expect([shown.title, shown.actions.map(({ action }) => action)]).toEqual([title, actions]);
    expect(words(state, 'de').title).not.toBe(title);
  },
);

test('a reason, the path of the log and the command are shown', () => {
  expect(words({ is: 'failed', why: 'Port 7300 is in use.' })).toMatchObject({
    detail: 'Port 7300 is in use.',
    line: { text: '/home/ada/service.log' },
  });
  expect(words({ is: 'sealed' }).line?.text).toBe('gatehouse unseal --data /srv/box');
  expect(words({ is: 'restarting', seconds: 4, why: 'It ended.' }).detail).toBe(
    'It is started again in 4 s. It ended.',
  );
  expect(pageFailedWords('ERR_CERT_AUTHORITY_INVALID', 'en').detail).toContain('ERR_CERT_AUTHORITY_INVALID');
  // Of another machine the shell has no log.
  expect(
    wordsOf({ is: 'failed', why: 'No.' }, { unseal: '' }, 'en').actions.map(({ action }) => action),
  ).toEqual(['retry', 'quit']);
});
