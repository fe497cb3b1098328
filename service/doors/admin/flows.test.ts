import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ControlAdmin, openControlAdmin } from '../../../test/support/control-admin.ts';
import { type Engine, startEngine } from '../../../test/support/engine.ts';
import { flowRoutes } from './flows.ts';
import { organizationRoutes } from './organizations.ts';

let engine: Engine;
let control: ControlAdmin;

beforeEach(async () => {
  engine = await startEngine();
  control = await openControlAdmin(engine, {}, [flowRoutes, organizationRoutes]);
});
afterEach(async () => {
  await control.close();
  await engine.stop();
});

test('a flow names the address of its page, published or not', async () => {
  const made = await control.call('POST', '/flows', { name: 'Visitors', product: 'verifyage' });
  expect(made).toMatchObject({
    status: 201,
    body: {
      changed: true,
      problems: [],
      draft: { name: 'Visitors', product: 'verifyage', texts: {}, redirects: {} },
      path: expect.stringMatching(/^\/hosted\/f\/visitors-/),
    },
  });
  const published = await control.call('POST', `/flows/${made.body.id}/publish`);
  expect(published).toMatchObject({
    status: 200,
    body: { changed: false, published: { by: 'operator:ada' } },
  });
  expect(await control.call('GET', '/flows')).toEqual({ status: 200, body: { items: [published.body] } });
  expect(await control.call('GET', `/flows/${made.body.id}/preview`)).toMatchObject({
    status: 200,
    body: {
      product: 'verifyage',
      texts: { en: { button: 'I agree, start' }, de: { button: 'Zustimmen und beginnen' } },
    },
  });
});

test('a text that is given in one language only is shown to all people', async () => {
  const made = await control.call('POST', '/flows', {
    name: 'Visitors',
    product: 'verifyage',
    texts: { title: 'Welcome', consent: 'Ours.' },
    translations: { de: { title: 'Willkommen', intro: 'Gleich geht es weiter.' } },
  });
  const { body } = await control.call('GET', `/flows/${made.body.id}/preview`);
  expect(body.texts).toMatchObject({
    en: { title: 'Welcome', intro: 'Gleich geht es weiter.', consent: 'Ours.', button: 'I agree, start' },
    de: {
      title: 'Willkommen',
      intro: 'Gleich geht es weiter.',
      consent: 'Ours.',
      button: 'Zustimmen und beginnen',
    },
  });
  expect(body.builtIn.de.title).toBe('Mit dem Gesicht bestätigen');
});

test('redirect targets are read, and what is none is named', async () => {
  const set = (redirectTargets: string[]) => control.call('PATCH', '/organization', { redirectTargets });
  expect(await set(['App.example.com', 'myapp:'])).toMatchObject({
    body: { redirectTargets: ['app.example.com', 'myapp:'] },
  });
  expect(await set(['javascript:'])).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } });
  const redirects = { success: 'myapp://done', failure: 'https://evil.example.com/' };
  expect(
    await control.call('POST', '/flows', { name: 'x', product: 'verifyhuman', redirects }),
  ).toMatchObject({
    status: 400,
    body: { details: [{ path: 'redirects.failure' }] },
  });
});

test('the sign-in notice and the two-person rule are set and taken away', async () => {
  const set = async (change: object) => (await control.call('PATCH', '/organization', change)).body;
  expect(await set({ signInNotice: ' Staff only. ', twoPersonReview: true })).toMatchObject({
    signInNotice: 'Staff only.',
    twoPersonReview: true,
  });
  const plain = await set({ signInNotice: null, twoPersonReview: false });
  expect(plain).not.toHaveProperty('signInNotice');
  expect(plain).not.toHaveProperty('twoPersonReview');
});
