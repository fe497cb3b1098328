import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, operator, startEngine } from '../../../test/support/engine.ts';
import { signedBytes } from '../../lib/canonical-json.ts';
import type { SubjectId } from '../../lib/id.ts';
import { verifySignature } from '../../storage/keys/signing-keys.ts';
import { agreementOf } from './consent-receipt.ts';

let engine: Engine;
beforeEach(async () => {
  engine = await startEngine();
});
afterEach(() => engine.stop());

const consent = {
  textVersion: 'own-1-block-1095-365.de',
  purposes: ['verification' as const],
  method: 'kiosk, typed name',
  legalBasis: 'explicit consent',
  through: 'self' as const,
  shown: true as const,
};
const publish = (text: object) =>
  engine.organizations.publishConsentText(engine.organization, { apart: false, ...text }, operator);
async function enroll(
  email: string,
  change: { textVersion?: string; shown?: true | undefined } = {},
): Promise<SubjectId> {
  const { subject } = await engine.subjects.enroll(
    { organization: engine.organization, world: 'live' },
    {
      email,
      embeddings: { 'a-net': new Float32Array(512).fill(1 / Math.sqrt(512)) },
      quality: 0.9,
      mark: 'ab'.repeat(32),
      consent: { ...consent, ...change },
    },
    operator,
  );
  return subject.id;
}
const personOf = (subject: SubjectId, world: 'live' | 'test' = 'live') => ({
  organization: engine.organization,
  world,
  subject,
});

test('the receipt of a consent names text, language, purposes and who answers for them, and holds by the public key alone', async () => {
  await publish({ controller: 'Acme, Oslo', contact: 'privacy@acme.example' });
  const ada = personOf(await enroll('ada@example.com'));
  await publish({ controller: 'Acme, Bergen' });
  const [record] = (await engine.consents.read(ada, operator)).consents;
  const made = () => engine.consentReceipts.receipt(ada, record!.id, operator, 'req_1');
  const receipt = await made();
  expect(receipt).toMatchObject({
    format: 'gatehouse-consent-receipt/1',
    organizationName: 'Acme',
    world: 'live',
    subject: ada.subject,
    consent: record!.id,
    textVersion: 'own-1-block-1095-365.de',
    language: 'de',
    purposes: ['verification'],
    controller: 'Acme, Oslo',
    contact: 'privacy@acme.example',
    withdrawn: [],
  });
  expect(verifySignature(receipt.publicKey, signedBytes(receipt), receipt)).toBe(true);
  for (const change of [{ purposes: [] }, { controller: 'Other' }, { textVersion: 'own-2.de' }])
    expect(verifySignature(receipt.publicKey, signedBytes({ ...receipt, ...change }), receipt)).toBe(false);
  const published = await engine.db
    .selectFrom('audit')
    .select('details')
    .where('action', '=', 'consent.publish')
    .orderBy('seq')
    .execute();
  expect(JSON.parse(published[0]!.details)).toMatchObject({ version: 1, sha256: receipt.textSha256 });

  engine.advance(1000);
  await engine.consents.withdraw(ada, ['verification'], operator);
  expect((await made()).withdrawn).toMatchObject([{ purpose: 'verification' }]);
  const reads = await engine.db
    .selectFrom('audit')
    .select('request')
    .where('action', '=', 'consent.read')
    .where('request', '=', 'req_1')
    .execute();
  expect(reads).toHaveLength(2);
});

test('the receipt has the name under which the consent was given', async () => {
  const consentOf = async (email: string, change: Parameters<typeof enroll>[1]) => {
    const person = personOf(await enroll(email, change));
    const [record] = (await engine.consents.read(person, operator)).consents;
    return async () => (await engine.consentReceipts.receipt(person, record!.id, operator)).organizationName;
  };
  const versions = ['own-1-block-1095-365.de', 'own-1-block-1095-365-n1.de', 'own-1-block-1095-365-n2.de'];
  const named: (() => Promise<string>)[] = [];
  for (const [i, name] of ['Acme', 'Acme Data Brokers', 'Acme again'].entries()) {
    engine.advance(1000);
    if (i > 0) await engine.organizations.set(engine.organization, { name }, operator);
    engine.advance(1000);
    // What was read before is agreed to after; and a text that is not of the box, whose name is that of the time.
    named.push(await consentOf(`${i}@example.com`, { textVersion: versions[0]! }));
    named.push(await consentOf(`${i}.read@example.com`, { textVersion: versions[i]! }));
    named.push(await consentOf(`${i}.own@example.com`, { textVersion: 'v3', shown: undefined }));
  }
  expect(await Promise.all(named.map((name) => name()))).toEqual([
    ...['Acme', 'Acme', 'Acme'],
    ...['Acme', 'Acme Data Brokers', 'Acme Data Brokers'],
    ...['Acme', 'Acme again', 'Acme again'],
  ]);
  await engine.db.updateTable('organization').set({ name: 'Forged', former_names: '{x' }).execute();
  await expect(named[0]!()).rejects.toMatchObject({ code: 'CONFLICT' });
});

test('a consent of another person has no receipt here', async () => {
  const [ada, bea] = [personOf(await enroll('ada@example.com')), personOf(await enroll('bea@example.com'))];
  const [record] = (await engine.consents.read(bea, operator)).consents;
  for (const id of [record!.id, 'con_none'])
    await expect(engine.consentReceipts.receipt(ada, id, operator)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
});

const record = {
  id: 'con_1',
  at: 5,
  textVersion: 'own-1-block-1095-365.en',
  purposes: ['verification' as const],
  method: 'kiosk, typed name',
  legalBasis: 'consent',
  by: 'kiosk:ksk_1',
  through: 'self' as const,
  shown: true as const,
};
const published = [
  { version: 1, sha256: 'one', controller: 'Former' },
  { version: 2, sha256: 'two', controller: 'Present' },
];
const named = (change: object) => {
  const { language, textSha256, controller } = agreementOf({ ...record, ...change }, [], published);
  return { language, textSha256, controller };
};

test.each([
  'own-1-block-1095-365.en',
  'gatehouse-kiosk-4-off-1095-365+own-1.en',
  'gatehouse-live-2-match-365 own-1.en',
  'own-1-block-1095-365-n2.en',
  'gatehouse-kiosk-4-off-1095-365-n2+own-1.en',
  'gatehouse-live-2-match-365-n2 own-1.en',
  'gatehouse-live-2-unique-365 own-1-unique-1-reopen-pictures-1.en',
])('the text %s is what the organization had published then', (textVersion) => {
  expect(named({ textVersion })).toEqual({ language: 'en', textSha256: 'one', controller: 'Former' });
  expect(named({ textVersion, by: 'session:liv_1' }).controller).toBe('Former');
});

test('a text that the box has not shown says nothing of one that was published', () => {
  const nothing = { language: undefined, textSha256: undefined, controller: undefined };
  expect(named({ by: 'key:key_1', through: 'integrator', shown: undefined })).toEqual(nothing);
  expect(named({ by: 'administrator:adm_1', shown: undefined })).toEqual(nothing);
});

test('a text that names no version of the organization says nothing of who answers for it', () => {
  const unnamed = { language: 'en', textSha256: undefined, controller: undefined };
  for (const textVersion of [
    'gatehouse-kiosk-4-off-1095-365.en',
    'own-9-off-1.en',
    'our-own-2.en',
    'own-2x.en',
  ])
    expect(named({ textVersion })).toEqual(unnamed);
  expect(named({ textVersion: 'gatehouse-live-2-none-365 flow own-2.en' })).toEqual(unnamed);
});

test('what was withdrawn before a consent is not withdrawn from it', () => {
  const earlier = [
    { id: 'wdr_1', purpose: 'verification' as const, at: 4, by: 'x', through: 'operator' as const },
  ];
  expect(agreementOf(record, earlier, published).withdrawn).toEqual([]);
});
