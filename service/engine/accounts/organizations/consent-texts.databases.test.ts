import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, operator, startEngine } from '../../../../test/support/engine.ts';
import type { AdministratorId } from '../../../lib/id.ts';
import { consentTextOf } from '../../consent/index.ts';
import { pageConsent } from '../../live/index.ts';

let engine: Engine;
beforeEach(async () => {
  engine = await startEngine();
});
afterEach(() => engine.stop());

const publish = (text: object) =>
  engine.organizations.publishConsentText(engine.organization, { apart: false, ...text }, operator);
const shown = async () => consentTextOf(await engine.organizations.asTextOwner(engine.organization));
const lines = async () =>
  (
    await engine.db
      .selectFrom('audit')
      .select('details')
      .where('action', '=', 'consent.publish')
      .orderBy('seq')
      .execute()
  ).map(({ details }) => JSON.parse(details));

test('each published version stays readable, and is in the audit log with its hash', async () => {
  expect((await shown()).version).toMatch(/^gatehouse-kiosk-4-/);
  await publish({ text: { en: 'One.' }, controller: 'Acme' });
  await publish({ text: { en: 'One.' }, controller: 'Acme' });
  const { consentText } = await publish({ text: { en: 'Two.' } });
  expect(consentText).toMatchObject({
    version: 2,
    apart: false,
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(JSON.stringify(consentText)).not.toContain('Two.');
  expect((await shown()).text.en[0]).toBe('Two.');
  expect(await engine.organizations.publishedText(engine.organization, 1)).toEqual({
    version: 1,
    text: { en: 'One.' },
    controller: 'Acme',
    apart: false,
  });
  expect((await engine.organizations.publishedText(engine.organization)).version).toBe(2);
  await expect(engine.organizations.publishedText(engine.organization, 3)).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
  expect((await lines()).map(({ version, from }) => [version, from])).toEqual([
    [1, null],
    [2, 1],
  ]);
});

test('words that another program wrote are shown to no person', async () => {
  await publish({ text: { en: 'Ours.' }, live: { en: 'Our check.' }, contact: 'desk 3' });
  const page = async () =>
    pageConsent(await engine.organizations.asTextOwner(engine.organization), 'any').text.en;
  expect((await page())[0]).toBe('Our check.');
  await engine.db
    .updateTable('consent_text')
    .set({ content: '{"text":{"en":"Theirs."},"live":{"en":"Their check."},"apart":false}' })
    .execute();
  const { text, version } = await shown();
  expect((await page()).join()).not.toContain('Their check.');
  expect((await page()).at(-1)).toBe('Contact for data protection: desk 3');
  expect(JSON.stringify(text)).not.toContain('Theirs.');
  expect(text.en.at(-1)).toBe('Contact for data protection: desk 3');
  expect(version).toMatch(/^gatehouse-kiosk-4-[\w-]+\+own-1$/);
});

test.each(['{"controller":"Theirs","apart":false}', '{"apart":7}', 'no JSON'])(
  'a version that another program made %s says nothing, and stops nothing',
  async (content) => {
    await publish({ controller: 'First' });
    await publish({ controller: 'Second' });
    await publish({ controller: 'Third' });
    const facts = async () => {
      const published = await engine.organizations.publishedFacts(engine.organization, [1, 2, 3]);
      return published.map(({ version, controller }) => [version, controller]);
    };
    expect(await facts()).toEqual([
      [1, 'First'],
      [2, 'Second'],
      [3, 'Third'],
    ]);
    await engine.db.updateTable('consent_text').set({ content }).where('version', '!=', 2).execute();
    expect(await facts()).toEqual([[2, 'Second']]);
    expect((await shown()).text.en.at(-1)).toBe('Responsible: Third');
    await expect(engine.organizations.publishedText(engine.organization, 1)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  },
);

test('beyond 200 versions the text is published once a day', async () => {
  for (let i = 1; i <= 200; i++) await publish({ controller: `Acme ${i}` });
  const admin = { is: 'administrator', administrator: 'adm_1' as AdministratorId } as const;
  const byAdmin = (controller: string) =>
    engine.organizations.publishConsentText(engine.organization, { apart: false, controller }, admin);
  await expect(byAdmin('One more')).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringMatching(/200 times, so it can do so once a day: try again after 20/),
  });
  expect((await publish({ controller: 'By the operator' })).consentText?.version).toBe(201);
  engine.advance(24 * 60 * 60 * 1000);
  expect((await byAdmin('One more')).consentText?.version).toBe(202);
});

const enroll = () =>
  engine.subjects.enroll(
    { organization: engine.organization, world: 'test' },
    {
      email: 'ada@example.com',
      embeddings: { 'a-net': new Float32Array(512).fill(1 / Math.sqrt(512)) },
      quality: 1,
    },
    operator,
  );
const rename = (name: string) => engine.organizations.set(engine.organization, { name }, operator);

test('a new name is another version of every text', async () => {
  const versions = async () => {
    const owner = await engine.organizations.asTextOwner(engine.organization);
    return [consentTextOf(owner).version, pageConsent(owner, 'any').version];
  };
  const before = await versions();
  await enroll();
  await rename('Other');
  expect(await versions()).toEqual(before.map((version) => `${version}-n1`));
  await publish({ controller: 'Acme' });
  expect(await versions()).toEqual(before.map((version, i) => `${version}-n1${'+ '[i]}own-1`));
  await publish({ text: { en: 'Ours.' } });
  expect((await versions())[0]).toMatch(/^own-2-[\w-]+-n1$/);
});

test('a name that no person has read leaves none behind', async () => {
  expect((await rename('Museum')).formerNames).toBeUndefined();
  await enroll();
  engine.advance(5);
  expect((await rename('Gallery')).formerNames).toEqual([{ name: 'Museum', until: expect.any(Number) }]);
});

test('a text under a name that another program wrote has a version of its own', async () => {
  await enroll();
  await rename('Other');
  await engine.db.updateTable('organization').set({ name: 'Forged' }).execute();
  const owner = await engine.organizations.asTextOwner(engine.organization);
  for (const { version } of [consentTextOf(owner), pageConsent(owner, 'any')])
    expect(version).toMatch(/-nx$/);
});
