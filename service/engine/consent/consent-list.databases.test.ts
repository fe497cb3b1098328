import { afterEach, beforeEach, expect, test } from 'vitest';
import { onBothDatabases } from '../../../test/storage/databases.ts';
import { type Engine, operator, startEngine } from '../../../test/support/engine.ts';
import type { SubjectId } from '../../lib/id.ts';

let engine: Engine;
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
const picture = {
  embeddings: { 'a-net': new Float32Array(512).fill(1 / Math.sqrt(512)) },
  quality: 0.9,
  consent,
};
async function enroll(email: string): Promise<SubjectId> {
  const { subject } = await engine.subjects.enroll(
    { organization: engine.organization, world: 'live' },
    {
      email,
      ...picture,
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

const form = { textVersion: 'own-2', method: 'signed form', legalBasis: 'consent' };

onBothDatabases('the list of consents', (newLocation) => {
  beforeEach(async () => {
    engine = await startEngine({ location: await newLocation() });
  });
  afterEach(() => engine.stop());

  test('is filtered, has the text of each, and is audited', async () => {
    await publish({ controller: 'Acme, Oslo' });
    const ada = personOf(await enroll('ada@example.com'));
    const bea = personOf(await enroll('bea@example.com'));
    // Of a uniqueness scope: not a person who is enrolled.
    const realm = { organization: engine.organization, world: 'live' } as const;
    await engine.subjects.join(realm, { ...picture, memberOf: 'a scope' }, operator);
    await engine.consents.give(
      bea,
      { ...form, purposes: ['identification'], expiresAt: 5_000 + engine.clock.now() },
      operator,
    );
    engine.advance(1000);
    await engine.consents.withdraw(ada, ['verification'], operator);
    const listed = async (filter: object, world: 'live' | 'test' = 'live') => {
      const realm = { organization: engine.organization, world };
      const found = await engine.consentReceipts.page(realm, { limit: 10, ...filter }, operator, 'req_2');
      return found.map(
        ({ person, textVersion }) => `${person === ada.subject ? 'ada' : 'bea'} ${textVersion}`,
      );
    };
    const shown = 'own-1-block-1095-365.de';
    expect(await listed({})).toEqual(['bea own-2', `bea ${shown}`, `ada ${shown}`]);
    expect(await listed({}, 'test')).toEqual([]);
    expect(await listed({ subject: bea.subject })).toEqual(['bea own-2', `bea ${shown}`]);
    expect(await listed({ state: 'withdrawn' })).toEqual([`ada ${shown}`]);
    expect(await listed({ state: 'valid' })).toEqual(['bea own-2', `bea ${shown}`]);
    expect(await listed({ purpose: 'identification' })).toEqual(['bea own-2']);
    expect(await listed({ through: 'operator' })).toEqual(['bea own-2']);
    expect(await listed({ textVersion: 'own-1' })).toEqual([`bea ${shown}`, `ada ${shown}`]);
    expect(await listed({ textVersion: 'own_' })).toEqual([]);
    expect(await listed({ from: engine.clock.now() })).toEqual([]);
    engine.advance(10_000);
    expect(await listed({ state: 'expired' })).toEqual(['bea own-2']);
    const [first, second] = await engine.consentReceipts.page(ada, { limit: 2 }, operator);
    expect(first).toMatchObject({ state: 'expired', by: 'operator:ada' });
    expect(first).not.toHaveProperty('textSha256');
    expect(second).toMatchObject({ controller: 'Acme, Oslo', language: 'de', shown: true, state: 'valid' });
    const next = await engine.consentReceipts.page(ada, { limit: 2, before: second!.id }, operator);
    expect(next).toMatchObject([
      { person: ada.subject, state: 'withdrawn', withdrawn: [{ purpose: 'verification' }] },
    ]);
    const reads = await engine.db
      .selectFrom('audit')
      .select(['target', 'request'])
      .where('action', '=', 'consent.list')
      .where('target', '=', bea.subject)
      .execute();
    expect(reads).toEqual([{ target: bea.subject, request: 'req_2' }]);
  });
});
