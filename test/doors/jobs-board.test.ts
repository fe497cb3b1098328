import { randomFillSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { type Browser, chromium, type Page } from 'playwright';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createJobsDoor } from '../../service/doors/jobs/index.ts';
import type { AdministratorCaller } from '../../service/engine/accounts/index.ts';
import { type BoardLinks, createBoardLinks, type Jobs } from '../../service/engine/events/index.ts';
import { createServer } from '../../service/http/server.ts';
import type { AdministratorId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { type Engine, operator, startEngine } from '../support/engine.ts';
import { type EventStack, openEventStack } from '../support/event-stack.ts';
import { queuedRow } from '../support/queued.ts';
import { recordedAccess } from '../support/recorded-access.ts';

const browserPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (path) => existsSync(path),
);
if (!browserPath) console.warn('jobs-board: no Chromium here; the board is not tried in a browser');

/** Where pictures of the page are left, for a person to look at. */
const pictures = process.env.GATEHOUSE_TEST_PICTURES;
const secret = 'answer of the receiver';

let engine: Engine;
let jobs: Jobs;
let links: BoardLinks;
let app: FastifyInstance;
let origin: string;
let stack: EventStack;
let dead: string[];
/** The administrator of every session cookie. */
let signedIn: AdministratorCaller | undefined;

beforeEach(async () => {
  engine = await startEngine();
  signedIn = undefined;
  const { db, inTransaction, audit, ids, clock, organization } = engine;
  stack = await openEventStack(engine);
  const { id: endpoint } = await stack.addEndpoint();
  const of = { organization, kind: 'webhook', origin: 'event', endpoint, lane: null, event: 'evt_1' };
  const failed = { state: 'failed', state_reason: secret, next_at: null, attempts: 10, tries: 10 };
  const later = { attempts: 1, tries: 1, next_at: clock.now() + 60_000 };
  const rows = [
    ...[1, 2, 3].map((seq) => queuedRow(seq, { ...of, ...failed })),
    ...[4, 5].map((seq) => queuedRow(seq, { ...of, ...later })),
  ];
  await db.insertInto('delivery').values(rows).execute();
  const line = { number: 1, at: 1, outcome: 'status', status: 500, milliseconds: 1, exchange_sealed: null };
  await db
    .insertInto('delivery_attempt')
    .values(rows.slice(0, 3).map(({ id }) => ({ ...line, id: `att of ${id}`, delivery: id })))
    .execute();
  dead = rows.slice(0, 3).map(({ id }) => id);
  jobs = stack.jobs;
  links = createBoardLinks({ inTransaction, audit, random: randomFillSync, elapsed: () => clock.now() });
  app = createServer({ access: recordedAccess(), log: silentLog, ids });
  await app.register(
    createJobsDoor({ jobs, boardLinks: links, clock, sessions: { byCookie: async () => signedIn } }),
  );
  app.get('/favicon.ico', { config: { access: 'public' } }, async () => '');
  await app.listen({ host: '127.0.0.1', port: 0 });
  origin = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  links.serveAt(origin);
});
afterEach(async () => {
  await app.close();
  await stack.stop();
  await engine.stop();
});

const openBoard = async (): Promise<string> => {
  const { url } = await links.make(operator);
  const reply = await app.inject(new URL(url).pathname);
  return String(reply.headers['set-cookie']).split(';')[0]!;
};
const lines = (action: string) =>
  engine.db.selectFrom('audit').select(['actor', 'target', 'request']).where('action', '=', action).execute();

describe('/jobs', () => {
  test('without a session every route shows how to open it, and nothing else', async () => {
    expect(app.published.length).toBeGreaterThan(20);
    for (const { methods, url } of app.published.filter((route) => /^\/jobs(?!\/open)/.test(route.url))) {
      for (const method of methods) {
        const path = url
          .replaceAll(/:queueName/g, 'webhook')
          .replaceAll(/:\w+/g, dead[0]!)
          .replace('*', 'js/x');
        for (const cookie of ['', 'gatehouse_jobs=', 'gatehouse_jobs=made-up']) {
          const reply = await app.inject({
            method: method as 'GET',
            url: path,
            headers: { cookie, 'sec-fetch-site': 'same-origin' },
          });
          expect([method, url, reply.statusCode]).toEqual([method, url, 401]);
          expect(reply.body).not.toContain(dead[0]);
          if (method !== 'HEAD') expect(reply.body).toContain('gatehouse jobs open');
        }
      }
    }
    expect((await jobs.get(dead[0]!))?.state).toBe('dead');
  });

  test('a link sets a cookie for the board alone, once; looking ahead does not use it up', async () => {
    const { url } = await links.make(operator);
    const path = new URL(url).pathname;
    expect((await app.inject({ url: path, method: 'HEAD' })).statusCode).toBe(405);
    const ahead = await app.inject({ url: path, headers: { 'sec-purpose': 'prefetch' } });
    expect([ahead.statusCode, ahead.headers['set-cookie']]).toEqual([409, undefined]);
    const { statusCode, headers } = await app.inject(path);
    expect([statusCode, headers.location]).toEqual([303, '/jobs/']);
    expect(headers['set-cookie']).toMatch(
      /^gatehouse_jobs=[\w-]{32}; Path=\/jobs; Max-Age=1800; HttpOnly; SameSite=Strict$/,
    );
    const again = await app.inject(path);
    expect([again.statusCode, again.headers['set-cookie']]).toEqual([404, undefined]);
    expect((await app.inject('/jobs/open/made-up')).statusCode).toBe(404);
    const shown = await app.inject({ url: path, headers: { accept: 'text/html,*/*' } });
    const german = { accept: 'text/html', 'accept-language': 'de' };
    expect((await app.inject({ url: path, headers: german })).body).toContain('Geräte-Inhaber');
    expect([shown.statusCode, shown.headers['set-cookie']]).toEqual([404, undefined]);
    expect([shown.headers['content-type'], shown.body]).toEqual([
      'text/html; charset=utf-8',
      expect.stringContaining('<code>gatehouse jobs open</code>'),
    ]);
    expect(await lines('jobs.open')).toHaveLength(1);
    expect(await lines('jobs.open.used')).toHaveLength(1);
  });

  test('the link of an appliance owner opens the board where and while that account is signed in to the console', async () => {
    const ada = 'adm_ada' as AdministratorId;
    const { url } = await links.make({ is: 'administrator', administrator: ada });
    const reply = await app.inject(new URL(url).pathname);
    const board = String(reply.headers['set-cookie']).split(';')[0]!;
    const console = '__Host-gatehouse-session=secret';
    const caller: AdministratorCaller = {
      ...({ is: 'administrator', administrator: ada, session: 'ses_1', role: 'owner' } as const),
      organization: engine.organization,
      applianceOwner: true,
    };
    const visit = async (session: AdministratorCaller | undefined, cookie = `${board}; ${console}`) => {
      signedIn = session;
      return (await app.inject({ url: '/jobs/api/queues', headers: { cookie } })).statusCode;
    };
    expect(await visit(caller)).toBe(200);
    expect(await visit(caller, board)).toBe(401);
    expect(await visit(undefined)).toBe(401);
    expect(await visit({ ...caller, applianceOwner: false })).toBe(401);
    expect(await visit({ ...caller, administrator: 'adm_eve' as AdministratorId })).toBe(401);
    expect(await visit({ ...caller, limitedTo: 'enrollment' })).toBe(401);
    expect(await visit(caller)).toBe(200);
  });

  test('a session ends after half an hour', async () => {
    const cookie = await openBoard();
    engine.advance(30 * 60_000 - 1);
    expect((await app.inject({ url: '/jobs/', headers: { cookie } })).statusCode).toBe(200);
    engine.advance(1);
    expect((await app.inject({ url: '/jobs/', headers: { cookie } })).statusCode).toBe(401);
  });

  test('names no other host, and its policy lets it reach none', async () => {
    const cookie = await openBoard();
    const { body, headers } = await app.inject({ url: '/jobs/', headers: { cookie } });
    expect(body).not.toMatch(/https?:\/\//);
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'",
    );
  });

  test('shows ids and states, and neither what a receiver answered nor what else a payload holds', async () => {
    const cookie = await openBoard();
    const reply = await app.inject({
      url: '/jobs/api/queues?activeQueue=webhook&status=latest',
      headers: { cookie },
    });
    const { queues } = reply.json() as { queues: { name: string; counts: object; jobs: object[] }[] };
    const webhook = queues.find(({ name }) => name === 'webhook')!;
    expect(queues.find(({ name }) => name === 'backups')).toMatchObject({
      displayName: 'Check whether a backup is due',
    });
    expect(webhook.counts).toEqual({ active: 0, waiting: 0, completed: 0, failed: 3, delayed: 2 });
    expect(webhook.jobs).toHaveLength(5);
    expect(webhook.jobs.at(-1)).toMatchObject({
      id: dead[0],
      failedReason: 'The receiver answered 500.',
      data: { event: 'evt_1', endpoint: expect.stringMatching(/^wh_/) },
    });
    expect(reply.body).not.toMatch(/answer of the receiver/);
    const one = await app.inject({ url: `/jobs/api/queues/webhook/${dead[0]}`, headers: { cookie } });
    expect(one.json()).toMatchObject({ status: 'failed' });
    expect(one.body).not.toMatch(/answer of the receiver/);
    const other = await app.inject({ url: `/jobs/api/queues/mail/${dead[0]}`, headers: { cookie } });
    expect(other.statusCode).toBe(404);
  });

  test('a look at all kinds counts the queue once', async () => {
    const cookie = await openBoard();
    let counted = 0;
    const { counts } = jobs;
    jobs.counts = () => {
      counted += 1;
      return counts();
    };
    for (const look of [1, 2]) {
      expect((await app.inject({ url: '/jobs/api/queues', headers: { cookie } })).statusCode).toBe(200);
      expect(counted).toBe(look);
    }
  });

  test('a change needs a page of this very address', async () => {
    const cookie = await openBoard();
    const url = `/jobs/api/queues/webhook/${dead[0]}/clean`;
    for (const headers of [
      {},
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site', origin },
    ]) {
      const reply = await app.inject({ method: 'PUT', url, headers: { cookie, ...headers } });
      expect([reply.statusCode, reply.json().code]).toEqual([403, 'ORIGIN_NOT_ALLOWED']);
    }
    expect(await jobs.get(dead[0]!)).toMatchObject({ id: dead[0], state: 'dead' });
    const reply = await app.inject({
      method: 'PUT',
      url,
      headers: { cookie, 'sec-fetch-site': 'same-origin' },
    });
    expect(reply.statusCode).toBe(204);
    expect(await jobs.get(dead[0]!)).toMatchObject({ state: 'done' });
    expect(await lines('job.remove')).toEqual([
      { actor: 'operator:ada', target: dead[0], request: reply.headers['x-request-id'] },
    ]);
  });

  test('what has no meaning for what waits is refused with a sentence, and changes nothing', async () => {
    const cookie = await openBoard();
    const before = await jobs.counts();
    const refused: string[] = [];
    const changing = app.published.flatMap(({ methods, url }) =>
      methods.filter((method) => !['GET', 'HEAD'].includes(method)).map((method) => ({ method, url })),
    );
    const works = /:jobId\/(retry|clean|promote)$|\/(retry|clean)\/:queueStatus$|:queueName\/promote$/;
    for (const { method, url } of changing.filter((route) => !works.test(route.url))) {
      const path = url.replaceAll(/:queueName/g, 'webhook').replaceAll(/:\w+/g, dead[0]!);
      const reply = await app.inject({
        method: method as 'PUT',
        url: path,
        headers: { cookie, 'sec-fetch-site': 'same-origin' },
        payload: {},
      });
      expect([url, reply.statusCode]).toEqual([url, 405]);
      expect(reply.json().message).toMatch(/looked at, tried again and removed/);
      refused.push(url);
    }
    expect(refused.length).toBeGreaterThan(10);
    expect(await jobs.counts()).toEqual(before);
    const waits = await app.inject({
      method: 'PUT',
      url: '/jobs/api/queues/webhook/clean/delayed',
      headers: { cookie, 'sec-fetch-site': 'same-origin' },
    });
    expect([waits.statusCode, waits.json().error]).toEqual([
      409,
      expect.stringContaining('Only what has failed'),
    ]);
  });

  test('all dead ones are tried again or cleared at once, each with its line', async () => {
    const cookie = await openBoard();
    const put = (url: string) =>
      app.inject({ method: 'PUT', url, headers: { cookie, 'sec-fetch-site': 'same-origin' } });
    expect((await put('/jobs/api/queues/webhook/retry/failed')).json()).toEqual({ retried: 3, skipped: 0 });
    expect(await lines('job.retry')).toHaveLength(3);
    expect((await put('/jobs/api/queues/webhook/promote')).statusCode).toBe(200);
    expect((await jobs.counts()).webhook).toMatchObject({ waiting: 5, dead: 0, delayed: 0 });
    expect((await put('/jobs/api/queues/webhook/clean/failed')).statusCode).toBe(200);
    expect((await jobs.counts()).webhook).toMatchObject({ waiting: 5 });
  });
});

describe.skipIf(!browserPath)('/jobs in a browser', () => {
  let browser: Browser;
  let page: Page;
  let asked: string[];
  let complaints: string[];

  beforeEach(async () => {
    browser = await chromium.launch({ executablePath: browserPath!, args: ['--no-sandbox'] });
    page = await browser.newPage();
    page.setDefaultTimeout(100_000);
    asked = [];
    complaints = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('console', (message) => {
      if (/Content Security Policy|violat/i.test(message.text())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
  });
  afterEach(() => browser.close());

  const picture = async (name: string) => {
    if (pictures) await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true });
  };

  /** The button with this icon, and yes to the question; until the answer is there. */
  const press = async (icon: string, path: string) => {
    const answered = page.waitForResponse((response) => response.url().endsWith(path));
    await page.locator(`button:has(svg.${icon})`).click();
    await page.getByRole('button', { name: 'Confirm' }).click();
    expect((await answered).status()).toBe(204);
  };

  test('the link opens it, a dead job is tried again, another removed, and the page requests no other host', async () => {
    const { url } = await links.make(operator);
    await page.goto(url, { waitUntil: 'networkidle' });
    expect(page.url()).toBe(`${origin}/jobs/`);
    await picture('overview');
    await page.goto(`${origin}/jobs/queue/webhook?status=failed`, { waitUntil: 'networkidle' });
    await page.getByText(dead[0]!).first().waitFor();
    await picture('dead');
    await page.setViewportSize({ width: 390, height: 844 });
    await picture('dead-narrow');
    await page.setViewportSize({ width: 1280, height: 720 });
    await page.emulateMedia({ colorScheme: 'dark' });

    await page.goto(`${origin}/jobs/queue/webhook/${dead[0]}?status=failed`, { waitUntil: 'networkidle' });
    await picture('one-dark');
    await press('lucide-refresh-cw', `${dead[0]}/retry`);
    expect((await jobs.get(dead[0]!))?.state).toBe('waiting');
    await page.goto(`${origin}/jobs/queue/webhook/${dead[1]}?status=failed`, { waitUntil: 'networkidle' });
    await press('lucide-trash-2', `${dead[1]}/clean`);
    expect(await jobs.get(dead[1]!)).toMatchObject({ state: 'done' });
    expect([await lines('job.retry'), await lines('job.remove')]).toMatchObject([
      [{ actor: 'operator:ada', target: dead[0] }],
      [{ actor: 'operator:ada', target: dead[1] }],
    ]);

    await page.goto(`${origin}/jobs/queue/webhook?status=delayed`, { waitUntil: 'networkidle' });
    await page.getByText('Clean all').click();
    await page.getByRole('button', { name: 'Confirm' }).click();
    await page.getByText('Only what has failed is cleared at once.').waitFor();
    await picture('refused-dark');
    expect((await jobs.counts()).webhook.delayed).toBe(2);

    expect(complaints).toEqual([]);
    expect(asked.filter((one) => !one.startsWith(`${origin}/`) && !one.startsWith('data:'))).toEqual([]);
  });

  test('a link that was used shows that it opens nothing', async () => {
    const { url } = await links.make(operator);
    // Whole, or what is still asked for is refused without the cookie.
    await page.goto(url, { waitUntil: 'networkidle' });
    await page.goto('about:blank');
    await page.context().clearCookies();
    const second = await page.goto(url);
    expect(second?.status()).toBe(404);
    await page.getByText('gatehouse jobs open').waitFor();
    await page.goto(`${origin}/jobs`);
    await page.getByText('gatehouse jobs open').waitFor();
    await picture('closed');
    await page.emulateMedia({ colorScheme: 'dark' });
    await picture('closed-dark');
    expect(complaints).toEqual([]);
  });
});
