import { afterEach, beforeEach, expect, test } from 'vitest';
import { consentOfAll, type Engine, operator, startEngine } from '../../../test/support/engine.ts';
import { direction } from '../../../test/support/faces.ts';
import type { SubjectId } from '../../lib/id.ts';
import { purposes } from './consent.ts';
import { Agreement, createAgreements } from './consent-receipt.ts';
import { consentStatusOf, consentStatusText } from './consent-status.ts';
import { type Consents, createConsents } from './consents.ts';

const PEOPLE = 5_001;
/** What one statement inserts: SQLite takes 32,766 values. */
const AT_ONCE = 2_000;

let engine: Engine;
beforeEach(async () => {
  engine = await startEngine();
});
afterEach(() => engine.stop());

/** As the next process opens it: it knows what it reads. */
async function restart(): Promise<Consents> {
  const consents = createConsents(engine);
  await consents.load();
  return consents;
}

test('of 5,001 withdrawals every one withholds after a restart, the last too', async () => {
  const withheld = consentStatusText(consentStatusOf([], [{ at: 1, purpose: 'identification' }]));
  const rows = Array.from({ length: PEOPLE }, (_, i) => ({
    id: `sub_${String(i).padStart(5, '0')}`,
    organization: engine.organization,
    world: 'live',
    email_hash: `hash ${i}`,
    email_sealed: null,
    name_sealed: null,
    created_at: 1,
    updated_at: 1,
    withheld,
  }));
  for (let i = 0; i < PEOPLE; i += AT_ONCE)
    await engine.db
      .insertInto('subject')
      .values(rows.slice(i, i + AT_ONCE))
      .execute();
  const legalBasis = { is: 'attested', purposes: ['verification', 'identification'] } as const;
  const consents = await restart();
  const used = rows.filter(({ id }) => !consents.withholds(legalBasis, id as SubjectId, 'identification'));
  expect(used.map(({ id }) => id)).toEqual([]);
  expect(consents.withholds(legalBasis, rows.at(-1)!.id as SubjectId, 'verification')).toBe(false);
});

test('a status that cannot be read withholds that person alone, until a consent is recorded', async () => {
  const realm = { organization: engine.organization, world: 'live' } as const;
  const enroll = (email: string) =>
    engine.subjects.enroll(
      realm,
      { email, quality: 0.9, embeddings: { 'a-net': direction(email) } },
      operator,
    );
  const [ada, bea] = [await enroll('ada@example.com'), await enroll('bea@example.com')];
  const { id: subject } = ada.subject;
  const write = (withheld: string) =>
    engine.db.updateTable('subject').set({ withheld }).where('id', '=', subject).execute();
  await write('[\\');
  const legalBasis = { is: 'attested', purposes: ['verification'] } as const;
  const consents = await restart();
  const withholds = (one: SubjectId) => consents.withholds(legalBasis, one, 'verification');
  expect([subject, bea.subject.id].map(withholds)).toEqual([true, false]);
  expect(await engine.recordIntegrity.check()).toMatchObject([
    {
      check: 'json',
      table: 'subject',
      id: subject,
      says: expect.stringContaining(`consent record ${subject}`),
    },
  ]);
  await consents.give({ ...realm, subject }, consentOfAll, operator);
  expect(withholds(subject)).toBe(false);
  expect(await engine.recordIntegrity.check()).toEqual([]);
});

test.each([
  ['no JSON', '["verification'],
  ['a word of none', '["verificatkon"]'],
  ['no list', '{}'],
])(
  'a consent whose purposes are %s is withdrawn use by use, and erases no one before the last',
  async (_, damaged) => {
    const realm = { organization: engine.organization, world: 'live' } as const;
    const { subject } = await engine.subjects.enroll(
      realm,
      { email: 'ada@example.com', quality: 0.9, embeddings: { 'a-net': direction('ada') } },
      operator,
    );
    const person = { ...realm, subject: subject.id };
    const consents = await restart();
    await consents.give(person, consentOfAll, operator);
    await engine.db.updateTable('consent').set({ purposes: damaged }).execute();
    expect(await consents.withdraw(person, ['verification'], operator)).toMatchObject({
      withdrawn: ['verification'],
      withheld: [...purposes],
      ended: false,
      consents: [{ purposes: [] }],
    });
    const [fault] = await engine.recordIntegrity.check();
    expect(fault).toMatchObject({
      table: 'consent',
      says: expect.stringContaining('gatehouse audit accept consent con_'),
    });
    const agreements = await createAgreements(engine)(engine.organization, engine.db, subject.id);
    expect(agreements.map((one) => Agreement.parse(one).purposes)).toEqual([[]]);
    const rest = ['identification', 'deduplication'] as const;
    expect(await consents.withdraw(person, rest, operator)).toMatchObject({ withdrawn: rest, ended: true });
  },
);
