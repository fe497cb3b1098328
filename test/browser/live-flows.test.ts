import type { Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { captureStrings } from '../../renderer/capture/capture-strings.ts';
import { ProofClient } from '../../sdk/gatehouse/src/proof.ts';
import {
  type Form,
  forms,
  type LiveScene,
  noScene,
  openLiveScene,
  PATIENCE,
  prepareOrganization,
  type Visit,
  whyNoScene,
} from './live-scene.ts';

// Every flow, from the program of a relying party to a living person at the page and back to the program and its webhook receiver, in
// the layout of a phone and of a computer. Figures are those of `npm run accuracy -- challenges`.

const email = 'mira.halvorsen@nordlys.example';
const words = captureStrings.en;
const { passedTitle, passedTitleYou } = words;
const timeout = 2 * PATIENCE;

/** As a server uses it; the types of its module name a browser, which the tests know nothing of. */
interface SessionsClient {
  createSession(order: object): Promise<{ sessionId: string; token: string; verifyUrl: string }>;
  finalize(session: { sessionId: string }): Promise<Record<string, unknown>>;
  verifyPass(passToken: unknown): Promise<Record<string, unknown>>;
}
const humanPass = '../../sdk/gatehouse/src/humanpass.ts';
async function openClient(apiKey: string): Promise<SessionsClient> {
  const { default: HumanPassClient } = await import(humanPass);
  return new HumanPassClient({ apiKey, apiUrl: scene.box.url });
}

let scene: LiveScene;
let organization: string;

beforeAll(async () => {
  if (noScene) return;
  scene = await openLiveScene();
  const { items } = await scene.operate<{ items: { id: string }[] }>('GET', '/organizations');
  organization = items[0]!.id;
  await prepareOrganization(scene);
  const image = (await scene.person.portrait()).toString('base64');
  const key = await scene.newKey({ scopes: ['identity'] });
  await scene.call('POST', '/api/enroll', key, { name: 'Mira Halvorsen', email, image });
});
afterAll(async () => {
  await scene?.stop();
});

/** A webhook of the family at the shop; gives its secret. */
async function addWebhook(family: string, path: string): Promise<string> {
  const order = { family, url: scene.shop.url(path) };
  return (await scene.operate<{ secret: string }>('POST', '/webhooks', order)).secret;
}

/** The organization's callback secret, there since the first session that names a URL; and a callback: of a person who does not agree. */
async function callbackSecret(client: SessionsClient, within?: string): Promise<string> {
  const { token } = await client.createSession({ callbackUrl: scene.shop.url('/first') });
  const { items } = await scene.operate<{ items: { id: string; kind: string }[] }>(
    ...(['GET', '/webhooks?family=sessions', undefined, within] as const),
  );
  const { id } = items.find(({ kind }) => kind === 'callback')!;
  const order = ['POST', `/webhooks/${id}/rotate`, { overlapSeconds: 0 }, within] as const;
  const { secret } = await scene.operate<{ secret: string }>(...order);
  await scene.call('POST', '/api/live/deny', token, { link: { kind: 'session', token } });
  expect((await scene.shop.nextEvent('/first', secret)).event).toMatchObject({
    event: 'verification.failed',
    decision: 'rejected',
    passToken: null,
  });
  return secret;
}

const agree = ({ press }: Visit) => press(words.agree);
const backFrom = (page: Page) => page.getByRole('link', { name: /^Back to / });
const said: string[] = [];
const note = (flow: string, form: Form, attempt: number, since: number) =>
  said.push(`${flow}, ${form}: attempt ${attempt}, ${((performance.now() - since) / 1000).toFixed(1)} s`);
afterAll(() => {
  if (said.length > 0) console.log(said.join('\n'));
});

/** The computer shows the code; the person opens it on a phone, picks the number there, and goes on. */
async function goOnWithPhone(desk: Visit, name: string, end: string): Promise<number> {
  await desk.heading(words.phoneTitle).waitFor();
  const number = await desk.page.locator('.c-number').first().textContent();
  // What the QR code says; its picture is read by phones.
  const link = await desk.page.evaluate<string>(
    `new Promise((resolve) => {
      navigator.clipboard.writeText = async (text) => resolve(text);
      [...document.querySelectorAll('button')].find(({ textContent }) => textContent === ${JSON.stringify(words.phoneCopy)}).click();
    })`,
  );
  const phone = await scene.visit('phone');
  await phone.open(link);
  await phone.heading(words.numberTitle).waitFor();
  await phone.press(number!);
  await desk.heading(words.phoneFollowTitle).waitFor();
  // It may go back to the shop before the phone does.
  const followed = desk.heading(end).waitFor({ timeout: PATIENCE });
  followed.catch(() => {});
  const attempt = await phone.goThrough(name, end);
  await followed;
  expect(phone.faults).toEqual([]);
  await phone.close();
  return attempt;
}

test.skipIf(noScene).each(forms)(
  `presence: a program waits for a person, who comes by %s${whyNoScene}`,
  { timeout },
  async (form) => {
    const apiKey = await scene.newKey({ scopes: ['presence'] });
    const path = `/presence-${form}`;
    const secret = await addWebhook('identity', path);
    const client = new ProofClient({ baseUrl: scene.box.url, apiKey });
    const { sessionId, verifyUrl } = await client.createPresenceSession({
      orgId: organization,
      purpose: 'Authorize production deployment',
      email,
      nonce: `nonce-${form}`,
    });
    const seen = await scene.visit(form);
    const waited = client.waitForPresence(sessionId);
    waited.catch(() => {});
    const since = performance.now();
    await seen.open(verifyUrl);
    await agree(seen);
    const attempt = await seen.goThrough(`presence-${form}`, passedTitleYou);
    expect(await waited).toMatchObject({ status: 'VERIFIED', verifiedEmail: email });
    note('presence', form, attempt, since);
    const { event, headers } = await scene.shop.nextEvent(path, secret);
    expect(headers['x-proof-signature']).toMatch(/^[0-9a-f]{64}$/);
    expect(event).toMatchObject({
      event: 'verification.success',
      orgId: organization,
      data: { verified: true, email, assurance: 'active', profile: { slug: 'default' } },
    });
    const { token } = await client.getPresenceToken(sessionId);
    const expected = { expectedOrgId: organization, expectedEmail: email, expectedNonce: `nonce-${form}` };
    expect(await client.verifyPresenceToken({ token, ...expected })).toMatchObject({ valid: true });
    expect(seen.camera!.asked()).toEqual(
      expect.arrayContaining(
        scene.person.steps!.filter((step) => step !== 'hold-still' && step !== 'come-closer'),
      ),
    );
    expect(seen.faults).toEqual([]);
    await seen.close();
  },
);

test.skipIf(noScene).each(forms)(
  `sessions: a program creates a session and gets the decision by callback, by %s${whyNoScene}`,
  { timeout },
  async (form) => {
    const apiKey = await scene.newKey({ scopes: ['sessions'], prefix: 'hp' });
    const client = await openClient(apiKey);
    const secret = await callbackSecret(client);
    const path = `/callback/${form}`;
    const order = {
      callbackUrl: scene.shop.url(path),
      redirectUrl: scene.shop.url('/done'),
      subjectRef: 'user_7',
      metadata: { checkoutId: 'order_42' },
    };
    const made = await scene.call<Record<string, string>>('POST', '/api/v1/sessions', apiKey, order);
    expect(made).toEqual({
      sessionId: expect.stringMatching(/^sess_/),
      token: expect.any(String),
      verifyUrl: `${scene.box.url}/verify?client=${made.sessionId}#${made.token}`,
      expiresAt: expect.any(String),
      metadata: order.metadata,
    });
    const sessionId = made.sessionId!;
    await expect(client.finalize({ sessionId })).rejects.toMatchObject({ code: 'CONFLICT' });
    // At a computer the whole page is worked with the keyboard alone.
    const seen = await scene.visit(form, { way: form === 'desktop' ? 'keyboard' : 'pointer' });
    const since = performance.now();
    await seen.open(made.verifyUrl!);
    await agree(seen);
    const attempt = await seen.goThrough(`session-${form}`, passedTitle);
    await backFrom(seen.page).press('Enter');
    await seen.page.waitForURL(scene.shop.url('/done'));
    const { event, headers } = await scene.shop.nextEvent(path, secret);
    note('sessions', form, attempt, since);
    expect(Object.keys(headers)).toEqual(
      expect.arrayContaining(['webhook-id', 'webhook-timestamp', 'webhook-signature']),
    );
    expect(event).toEqual({
      event: 'verification.completed',
      sessionId,
      decision: 'approved',
      passToken: expect.stringMatching(/^hp_eyJ/),
      expiresAt: expect.stringMatching(/Z$/),
      riskLevel: 'low',
      riskScore: expect.any(Number),
      riskFlags: [],
      eventId: expect.stringMatching(/^evt_/),
      version: 1,
      timestamp: expect.stringMatching(/Z$/),
      metadata: {
        profile: 'specter',
        challengesCompleted: 4,
        processingTimeMs: expect.any(Number),
        checkoutId: 'order_42',
      },
    });
    const { riskScore, metadata } = event as { riskScore?: number; metadata?: { processingTimeMs: number } };
    expect(riskScore).toBeGreaterThan(0);
    expect(riskScore).toBeLessThan(0.3);
    expect(metadata!.processingTimeMs).toBeGreaterThan(3_000);
    expect(metadata!.processingTimeMs).toBeLessThan(PATIENCE);
    const status = await scene.call('GET', `/api/v1/sessions/${sessionId}`, apiKey);
    expect(status).toMatchObject({ sessionId, state: 'finalized', decision: 'approved' });
    const { event: _, timestamp: __, eventId: ___, version: ____, ...decided } = event;
    expect(await client.finalize({ sessionId })).toEqual(decided);
    expect(await client.verifyPass(decided.passToken)).toMatchObject({
      valid: true,
      sessionId,
      subjectRef: 'user_7',
      riskLevel: 'low',
    });
    expect(seen.faults).toEqual([]);
    await seen.close();
  },
);

interface HostedStatus {
  status: string;
}
const hostedStatus = (key: string, path: string, id: string) =>
  scene.call<HostedStatus>('GET', `/api/mobile/v1/${path}/status/${id}`, key);

test.skipIf(noScene)(
  `hosted: a backend makes a link, and the person comes back to the app, by phone${whyNoScene}`,
  { timeout },
  async () => {
    const key = await scene.newKey({ scopes: ['hosted'] });
    const secret = await addWebhook('hosted', '/hosted-phone');
    const made = await scene.call<Record<string, string>>('POST', '/hosted/generate', key, {
      product: 'verifyidentity',
      redirect_url: scene.shop.url('/verify-complete?result=pass'),
      failure_redirect_url: scene.shop.url('/verify-complete?result=fail'),
      expires_in_hours: 1,
      page_title: 'Identity Verification',
    });
    const id = made.verification_id!;
    expect((await hostedStatus(key, 'verifyidentity', id)).status).toBe('PENDING');
    const seen = await scene.visit('phone');
    const since = performance.now();
    await seen.open(made.hosted_url!);
    await seen.heading('Identity Verification').waitFor();
    expect((await hostedStatus(key, 'verifyidentity', id)).status).toBe('PENDING');
    await agree(seen);
    const attempt = await seen.goThrough('hosted-phone', passedTitleYou);
    await backFrom(seen.page).press('Enter');
    await seen.page.waitForURL(scene.shop.url('/verify-complete?result=pass'));
    const { event, headers } = await scene.shop.nextEvent('/hosted-phone', secret);
    note('hosted', 'phone', attempt, since);
    expect(headers['x-verifyhuman-signature']).toMatch(/^sha256=[0-9a-f]{64}$/);
    expect(event).toEqual({
      event: 'verification.completed',
      verification_id: id,
      status: 'PASS',
      product: 'verifyidentity',
      environment: 'live',
      timestamp: expect.stringMatching(/Z$/),
      event_id: expect.stringMatching(/^evt_/),
      version: 1,
    });
    expect(await hostedStatus(key, 'verifyidentity', id)).toMatchObject({
      id,
      product: 'verifyidentity',
      status: 'PASS',
      environment: 'live',
      reasons: [],
      completed_at: event.timestamp,
    });
    const complete = `/hosted/complete/${made.token}`;
    expect(await scene.call('POST', complete, key, {})).toMatchObject({
      status: 'PASS',
      redirect_url: scene.shop.url('/verify-complete?result=pass'),
    });
    expect(seen.faults).toEqual([]);
    await seen.close();
  },
);

test.skipIf(noScene)(
  `hosted: a computer without a camera opens a published flow, hands over to a phone and follows${whyNoScene}`,
  { timeout },
  async () => {
    const key = await scene.newKey({ scopes: ['hosted'] });
    const secret = await addWebhook('hosted', '/hosted-desktop');
    const { id: flow, path } = await scene.operate<{ id: string; path: string }>('POST', '/flows', {
      name: 'Visitors of the branch in the old harbour of Bergen',
      product: 'verifyhuman',
      texts: { title: 'Welcome to the branch', button: 'Agree and begin' },
    });
    await scene.operate('POST', `/flows/${flow}/publish`, {});
    const desk = await scene.visit('desktop', { camera: false });
    const since = performance.now();
    await desk.open(scene.box.url + path);
    await desk.heading('Welcome to the branch').waitFor();
    await desk.press('Agree and begin');
    const attempt = await goOnWithPhone(desk, 'hosted-desktop', passedTitle);
    const { event } = await scene.shop.nextEvent('/hosted-desktop', secret);
    note('hosted', 'desktop', attempt, since);
    expect(event).toMatchObject({ status: 'PASS', product: 'verifyhuman', environment: 'live' });
    const id = event.verification_id as string;
    expect(await hostedStatus(key, 'verifyhuman', id)).toMatchObject({ id, status: 'PASS' });
    expect(desk.faults).toEqual([]);
    await desk.close();
  },
);

test.skipIf(noScene).each(forms)(
  `registrations: an invited user shows to be one human, by %s${whyNoScene}`,
  { timeout },
  async (form) => {
    const key = await scene.newKey({ scopes: ['registrations'] });
    const path = `/registrations-${form}`;
    const secret = await addWebhook('registrations', path);
    const reference = { reference_user_id: `user_${form}` };
    const made = await scene.call<{ invite_url: string }>('POST', '/register', key, {
      ...reference,
      data_request: { type: 'GET_HUMANNESS_SCORE_AND_UNIQUE_HUMAN_ID' },
      redirect_url: scene.shop.url('/registered'),
      // In another region the same person is new.
      uniqueness_region_id: `survey-${form}`,
    });
    const seen = await scene.visit(form);
    const since = performance.now();
    await seen.open(made.invite_url);
    await agree(seen);
    const attempt =
      form === 'phone'
        ? await seen.goThrough('registration-phone', passedTitle)
        : await goOnWithPhone(seen, 'registration-desktop', passedTitle);
    await backFrom(seen.page).press('Enter');
    await seen.page.waitForURL(scene.shop.url('/registered'));
    const { event } = await scene.shop.nextEvent(path, secret);
    note('registrations', form, attempt, since);
    expect(event).toEqual({
      event: 'USER_VERIFICATION_COMPLETED',
      event_id: expect.stringMatching(/^evt_/),
      version: 1,
      registration_id: expect.stringMatching(/^reg_/),
      uniqueness_region_id: expect.any(String),
      ...reference,
      connection_status: 'COMPLETED',
      failure_code: null,
      timestamp: expect.stringMatching(/Z$/),
    });
    const status = await scene.call<{ simple_data_request_response: Record<string, unknown> }>(
      ...(['POST', '/get_status', key, reference] as const),
    );
    expect(status).toEqual({
      ...reference,
      connection_status: 'COMPLETED',
      failure_code: null,
      simple_data_request_response: {
        humanness_score: expect.any(Number),
        unique_human_id: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    });
    const { humanness_score: score, unique_human_id: human } = status.simple_data_request_response;
    expect(score).toBeGreaterThan(0.5);
    expect(score).toBeLessThan(1);
    humans.push(human);
    expect(new Set(humans).size).toBe(humans.length);
    expect(seen.faults).toEqual([]);
    await seen.close();
  },
);
/** The person's ids, one of each region. */
const humans: unknown[] = [];

test.skipIf(noScene)(
  `uniqueness: a person who comes twice waits for a reviewer, then counts as a duplicate${whyNoScene}`,
  { timeout: 2 * timeout },
  async () => {
    const { id: survey } = await scene.operate<{ id: string }>('POST', '/organizations', { name: 'Survey' });
    await prepareOrganization(scene, survey);
    const apiKey = await scene.newKey({ scopes: ['sessions'] }, survey);
    const client = await openClient(apiKey);
    const secret = await callbackSecret(client, survey);
    const come = async (subjectRef: string, end: string) => {
      const order = {
        uniquenessPolicy: 'block',
        callbackUrl: scene.shop.url('/survey'),
        subjectRef,
      } as const;
      const made = await client.createSession(order);
      const seen = await scene.visit('phone');
      const since = performance.now();
      await seen.open(made.verifyUrl);
      await agree(seen);
      note(`uniqueness ${subjectRef}`, 'phone', await seen.goThrough(`unique-${subjectRef}`, end), since);
      await seen.close();
      return made.sessionId;
    };
    const first = await come('user_1', passedTitle);
    expect((await scene.shop.nextEvent('/survey', secret)).event).toMatchObject({
      event: 'verification.completed',
      sessionId: first,
      decision: 'approved',
      riskFlags: [],
    });
    const sessionId = await come('user_2', words.reviewTitle);
    expect(await client.finalize({ sessionId })).toMatchObject({ decision: null, passToken: null });
    expect(await scene.call('GET', `/api/v1/sessions/${sessionId}`, apiKey)).toMatchObject({
      state: 'processing',
      decision: null,
    });
    const { items } = await scene.operate<{ items: { id: string; kind: string }[] }>(
      ...(['GET', '/review?state=open', undefined, survey] as const),
    );
    expect(items).toMatchObject([{ kind: 'uniqueness', policy: 'block' }]);
    const decide = `/review/${items[0]!.id}/decide`;
    await scene.operate('POST', decide, { decision: 'same-person' }, survey);
    const { event } = await scene.shop.nextEvent('/survey', secret);
    expect(event).toMatchObject({
      event: 'verification.duplicate',
      sessionId,
      decision: 'duplicate',
      passToken: null,
      riskLevel: 'medium',
      riskFlags: ['duplicate_identity'],
    });
    expect(await client.finalize({ sessionId })).toMatchObject({
      decision: 'duplicate',
      passToken: null,
      riskFlags: ['duplicate_identity'],
    });
  },
);
