import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ControlAdmin, openControlAdmin } from '../../../test/support/control-admin.ts';
import { type Engine, operator, startEngine } from '../../../test/support/engine.ts';
import { direction } from '../../../test/support/faces.ts';
import { consentRoutes } from './consent.ts';

let engine: Engine;
let control: ControlAdmin;
let person: string;
beforeEach(async () => {
  engine = await startEngine();
  control = await openControlAdmin(engine, {}, [consentRoutes]);
  const { subject } = await engine.subjects.enroll(
    { organization: engine.organization, world: 'test' },
    { email: 'ada@example.com', embeddings: { 'a-net': direction('ada') }, quality: 1 },
    operator,
  );
  person = subject.id;
  await engine.organizations.publishConsentText(
    engine.organization,
    { controller: 'Acme, Oslo', apart: false },
    operator,
  );
});
afterEach(async () => {
  await control.close();
  await engine.stop();
});

const signed = { method: 'name typed on the screen as signature', legalBasis: 'explicit consent' };
const record = (consent: object) =>
  control.call('POST', `/subjects/${person}/consent?env=test`, { ...signed, ...consent });
const read = async (path: string) => (await control.call('GET', path)).body as Record<string, never>;
const listed = async () => (await read('/consents?env=test')).items as unknown as Record<string, string>[];

test('what was read at a desk is named in the receipt with its hash, and in the list', async () => {
  const { version } = (await read('/consent-text')) as unknown as { version: string };
  const purposes = ['verification'];
  const given = await record({ textVersion: `${version}.de`, purposes, shown: true });
  expect(given.status).toBe(201);
  const [shown] = await listed();
  expect(shown).toMatchObject({
    person,
    shown: true,
    language: 'de',
    controller: 'Acme, Oslo',
    state: 'valid',
  });
  const receipt = await read(`/subjects/${person}/consent/${shown!.id}/receipt?env=test`);
  expect(receipt).toMatchObject({
    textVersion: `${version}.de`,
    textSha256: shown!.textSha256,
    through: 'operator',
    shown: true,
  });
  expect(receipt.textSha256).toMatch(/^[0-9a-f]{64}$/);
});

test('a desk says nothing of a text that the box does not show', async () => {
  const { version } = (await read('/consent-text')) as unknown as { version: string };
  const of = (textVersion: string, purposes: string[]) => record({ textVersion, purposes, shown: true });
  expect(await of('own-9-off-1.de', ['verification'])).toMatchObject({
    status: 409,
    body: { code: 'CONFLICT' },
  });
  expect(await of(version, ['verification'])).toMatchObject({ status: 409 });
  expect(await of(`${version}.de`, ['deduplication'])).toMatchObject({ status: 400 });
  expect(await listed()).toEqual([]);
  // As a form on paper calls itself.
  await record({ textVersion: `${version}.de`, purposes: ['verification'] });
  const [paper] = await listed();
  expect(paper).not.toHaveProperty('shown');
  expect(paper).not.toHaveProperty('textSha256');
});

test('the list takes the address of a person, and pages', async () => {
  for (const textVersion of ['v1', 'v2', 'v3']) await record({ textVersion, purposes: ['verification'] });
  const page = await read('/consents?env=test&person=ada@example.com&limit=2');
  expect(page).toMatchObject({ items: [{ textVersion: 'v3' }, { textVersion: 'v2' }] });
  const rest = await read(`/consents?env=test&limit=2&cursor=${String(page.next)}`);
  expect(rest).toMatchObject({ items: [{ textVersion: 'v1' }] });
  expect(rest).not.toHaveProperty('next');
  expect(await control.call('GET', '/consents?env=test&person=bea@example.com')).toMatchObject({
    status: 404,
    body: { code: 'SUBJECT_NOT_FOUND' },
  });
});
