import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, key, operator, scorerR, startEngine } from '../../../test/support/engine.ts';
import { analysisOf, direction, near } from '../../../test/support/faces.ts';
import type { SubjectId } from '../../lib/id.ts';
import type { VerifyCommand } from '../verification/index.ts';
import { matchRateForGallery } from './error-rate.ts';
import { alikePeople } from './matching.ts';

let engine: Engine;
beforeEach(async () => {
  engine = await startEngine();
});
afterEach(() => engine.stop());

const alice = direction('alice');
const realm = () => ({ organization: engine.organization, world: 'test' as const });
const enroll = async (email: string, vector: Float32Array): Promise<SubjectId> => {
  const input = { email, embeddings: { 'a-net': vector }, quality: 1 };
  return (await engine.subjects.enroll(realm(), input, operator)).subject.id;
};
const show = (name: string, cosine: number) =>
  engine.analyzer.show(name, analysisOf(name, { embeddings: { 'a-net': near(alice, cosine, name) } }));

test('the threshold of a search among 200 people is that of 200, not of the 64 nearest, nor of the 10 who may be found', async () => {
  const ada = await enroll('alice@example.com', alice);
  const others: SubjectId[] = [];
  for (let i = 1; i < 200; i++) others.push(await enroll(`p${i}@example.com`, direction(`person ${i}`)));
  const { definition } = await engine.checks.getProfile(engine.organization, 'default');
  const match = { falseMatchRate: 1e-2, falseIdentificationRate: 0.01 };
  await engine.checks.setProfile(engine.organization, 'large', { ...definition, match }, operator);
  const findable = new Set([ada, ...others.slice(0, 9)]);
  const withholds = (_: unknown, subject: SubjectId) => !findable.has(subject);
  const matchRate = matchRateForGallery(0.01, 200);
  for (const checks of [engine.checks, engine.openChecks({ consents: { ...engine.consents, withholds } })]) {
    const search = (cosine: number) =>
      checks.verify({ ...realm(), picture: show(`at ${cosine}`, cosine), actor: key, profile: 'large' });
    // 0.7804 is the threshold of 64 people, 0.7 that of 10.
    expect(await search(0.81)).toMatchObject({
      verified: false,
      identification: { gallerySize: 200, matchRate, threshold: expect.closeTo(0.815, 3) },
    });
    expect(await search(0.82)).toMatchObject({
      verified: true,
      subject: { id: ada },
      identification: { gallerySize: 200, matchRate, threshold: expect.closeTo(0.815, 3) },
    });
  }
});

test('candidates of a search are the nearest by the embedder in use, which is not the first of the manifest', async () => {
  await engine.stop();
  const terms = [{ model: 'b-net', weight: 1, offset: 0 }];
  engine = await startEngine({ scorers: [{ ...scorerR, terms }] });
  await engine.models.enable('b-net', { acceptLicenceDoubt: true }, operator);
  expect(engine.models.current()).toMatchObject({ embedders: ['a-net', 'b-net'], galleries: ['b-net'] });
  const both = (email: string, a: Float32Array, b: Float32Array) =>
    engine.subjects.enroll(realm(), { email, embeddings: { 'a-net': a, 'b-net': b }, quality: 1 }, operator);
  // By the first embedder all others is nearer: more people than are looked at closely.
  for (let i = 0; i < 70; i++)
    await both(`p${i}@example.com`, near(alice, 0.9, `p${i}`), direction(`person ${i}`));
  const { subject } = await both('alice@example.com', direction('elsewhere'), alice);
  const embeddings = { 'a-net': alice, 'b-net': near(alice, 0.95, 'probe') };
  const picture = engine.analyzer.show('probe', analysisOf('probe', { embeddings }));
  expect(await engine.checks.verify({ ...realm(), picture, actor: key })).toMatchObject({
    verified: true,
    subject: { id: subject.id },
  });
});

test('1:1 with an unknown address does the same work as with a known one', async () => {
  await enroll('alice@example.com', alice);
  let done: string[] = [];
  /** The same, and every call of it is noted. */
  function note<T extends object>(name: string, whole: T): T {
    return new Proxy(whole, {
      get(target, property) {
        const member = Reflect.get(target, property);
        if (typeof member !== 'function') return member;
        return (...given: unknown[]) => {
          done.push(`${name}.${String(property)}`);
          return member.apply(target, given);
        };
      },
    });
  }
  const checks = engine.openChecks({
    analyzer: note('analyzer', engine.analyzer),
    subjects: note('subjects', engine.subjects),
    sealer: note('sealer', engine.sealer),
    audit: note('audit', engine.audit),
    events: note('events', engine.events),
  });
  async function workFor(command: Pick<VerifyCommand, 'email'>) {
    done = [];
    const picture = show('stranger', 0.3);
    const { verified } = await checks.verify({ ...realm(), picture, actor: key, ...command });
    return { verified, done };
  }
  const known = await workFor({ email: 'alice@example.com' });
  expect(known.verified).toBe(false);
  expect(known.done).toEqual(
    expect.arrayContaining(['analyzer.analyze', 'subjects.enrollments', 'audit.add', 'events.add']),
  );
  expect(await workFor({ email: 'unknown@example.com' })).toEqual(known);
});

const [ada, bea, eve] = ['sub_ada', 'sub_bea', 'sub_eve'] as SubjectId[] as [SubjectId, SubjectId, SubjectId];

function marked(...pairs: [SubjectId, SubjectId][]) {
  const asked: SubjectId[] = [];
  const distinctFrom = async (one: SubjectId) => {
    asked.push(one);
    return pairs
      .filter((pair) => pair.includes(one))
      .map(([a, b]) => ({ subject: a === one ? b : a, markedAt: 0, markedBy: 'operator:ada' }));
  };
  return { asked, subjects: { distinctFrom } };
}

test('one person, or none, is not alike to another, and nothing is read', async () => {
  const { asked, subjects } = marked();
  expect([await alikePeople(subjects, []), await alikePeople(subjects, [ada])]).toEqual([0, 0]);
  expect(asked).toEqual([]);
});

test('people who were marked as distinct do not count, unless a third one is beside them', async () => {
  expect(await alikePeople(marked().subjects, [ada, bea])).toBe(2);
  const { subjects } = marked([ada, bea]);
  expect(await alikePeople(subjects, [ada, bea])).toBe(0);
  expect(await alikePeople(subjects, [ada, bea, eve])).toBe(3);
  expect(await alikePeople(marked([ada, bea], [eve, ada]).subjects, [ada, bea, eve])).toBe(2);
});
