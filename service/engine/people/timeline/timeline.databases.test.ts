import { afterEach, beforeEach, expect, test } from 'vitest';
import { onSqlite } from '../../../../test/storage/databases.ts';
import { type Engine, key, operator, startEngine } from '../../../../test/support/engine.ts';
import { openEventStack } from '../../../../test/support/event-stack.ts';
import { analysisOf, direction, near } from '../../../../test/support/faces.ts';
import type { VerificationId, World } from '../../../lib/id.ts';
import { type MomentKind, momentKinds } from '../../audit/index.ts';
import { createHolds } from '../../consent/index.ts';
import { createTimelines, type Timelines } from './timeline.ts';

const DAY = 86_400_000;
const email = 'ada@example.com';
const everything = Object.keys(momentKinds) as MomentKind[];

onSqlite('the timeline', (newLocation) => {
  let engine: Engine;
  let timelines: Timelines;
  beforeEach(async () => {
    engine = await startEngine({ location: await newLocation() });
    timelines = createTimelines(engine);
  });
  afterEach(() => engine.stop());

  const realm = (world: World = 'test') => ({ organization: engine.organization, world });
  const order = (kinds = everything) => ({ kinds, actor: operator, request: 'req_look' });
  const show = (name: string, face: string) =>
    engine.analyzer.show(
      name,
      analysisOf(name, { embeddings: { 'a-net': near(direction(face), 0.97, name) } }),
    );
  async function enroll(world: World = 'test') {
    engine.advance(1000);
    const consent = {
      textVersion: 'v1',
      purposes: ['verification' as const],
      method: 'form',
      legalBasis: 'consent',
      expiresAt: engine.clock.now() + 30 * DAY,
    };
    const picture = show('enrolled', email);
    return (
      await engine.checks.enroll({
        ...realm(world),
        picture,
        email,
        consent,
        actor: key,
        request: 'req_enroll',
      })
    ).subject;
  }
  async function verify(face: string, name: string, world: World = 'test') {
    engine.advance(1000);
    const picture = show(name, face);
    const order = { ...realm(world), email, picture, actor: key, request: `req_${name}` };
    return (await engine.checks.verify(order)).verification as VerificationId;
  }
  const short = ({ kind, says, about }: { kind: string; says?: string; about?: string }) =>
    [kind, says, about].filter(Boolean).join(' ');

  test('of a person: pictures, consent, verdicts, lines of the log, and when they are erased', async () => {
    const subject = await enroll();
    const passed = await verify(email, 'good');
    const failed = await verify('mallory', 'bad');
    const { items, more } = await timelines.ofPerson(realm(), email, order());
    expect(items.map(short)).toEqual([
      'deletion consent-over',
      'verdict NOT_RECOGNIZED',
      'verdict VERIFIED',
      'audit subject.enroll',
      'consent given verification',
      'enrolled',
    ]);
    expect(more).toBe(false);
    expect(items.flatMap(({ object }) => object ?? [])).toEqual([failed, passed]);
    expect(items.find(({ kind }) => kind === 'audit')).toMatchObject({
      request: 'req_enroll',
      by: 'key:key_1',
    });
    expect(items[0]!.at).toBe(engine.clock.now() - 2000 + 30 * DAY);

    await createHolds(engine).place({ ...realm(), subject }, 'lawsuit', operator);
    const again = await timelines.ofPerson(realm(), subject, order());
    expect(again.items.map(short)).toContain('deletion held');
    expect(again.items.map(short)).toContain('hold placed');
    expect(JSON.stringify(again)).not.toContain('lawsuit');
  });

  test('of both people of a review: that it arrived, and the decision', async () => {
    await engine.organizations.set(engine.organization, { uniquenessPolicy: 'warn' }, operator);
    const other = 'ada.lind@example.com';
    const add = (address: string) =>
      engine.checks.enroll({ ...realm(), picture: show(address, email), email: address, actor: key });
    await add(email);
    const { review } = await add(other);
    engine.advance(1000);
    await engine.reviews.decide(realm(), review!, 'not-same-person', {
      is: 'administrator',
      administrator: 'adm_bea',
    });
    for (const person of [email, other]) {
      const { items } = await timelines.ofPerson(realm(), person, order(['review']));
      expect(items).toEqual([
        {
          at: engine.clock.now(),
          kind: 'review',
          says: 'not-same-person',
          object: review,
          by: 'administrator:adm_bea',
        },
        { at: engine.clock.now() - 1000, kind: 'review', says: 'arrived', object: review },
      ]);
    }
  });

  test('that one reader looked again and again is one moment', async () => {
    const subject = await enroll();
    for (let times = 0; times < 3; times++) await timelines.ofPerson(realm(), subject, order());
    const { items } = await timelines.ofPerson(realm(), subject, order());
    expect(items.find(({ says }) => says === 'subject.read')).toMatchObject({ times: 3, by: 'operator:ada' });
  });

  test('leaves out what a reader may not see', async () => {
    const subject = await enroll();
    const seen = await timelines.ofPerson(realm(), subject, order(['verdict', 'enrolled']));
    expect(seen.items.map(short)).toEqual(['enrolled']);
  });

  test('of a verification: request with its id, verdict, lines, and when it is deleted', async () => {
    const subject = await enroll();
    const id = await verify(email, 'good');
    const at = engine.clock.now();
    await engine.pastVerifications.get(realm(), id, operator);
    const { items } = await timelines.ofVerification(realm(), id, order());
    expect(items.map(short)).toEqual([
      'deletion verification',
      'audit verification.read',
      'verdict VERIFIED',
      'request api',
    ]);
    expect(items.at(-1)).toMatchObject({ at, request: 'req_good', by: 'key:key_1' });
    expect(items.find(({ kind }) => kind === 'verdict')).toMatchObject({ object: subject });
  });

  test('has deliveries of the events that name the person or the verification, and no others', async () => {
    await engine.organizations.set(engine.organization, { matchOnly: true }, operator);
    const stack = await openEventStack(engine);
    const { id: endpoint } = await stack.addEndpoint({ events: ['identity.verification.success'] });
    await stack.start();
    const live = realm('live');
    const subject = await enroll('live');
    const id = await verify(email, 'good', 'live');
    await verify(email, 'better', 'live');
    await stack.settled();
    const ofVerification = await timelines.ofVerification(live, id, order());
    const [delivery, ...others] = ofVerification.items.filter(({ kind }) => kind === 'delivery');
    expect(others).toEqual([]);
    expect(delivery).toMatchObject({
      says: 'delivered',
      about: 'identity.verification.success',
      within: endpoint,
    });
    expect(ofVerification.items.map(short)).toContain('deletion deliveries');
    const row = await stack.deliveries.list(live, { endpoint, limit: 9 });
    expect(row.map((one) => one.id)).toContain(delivery!.object);
    const ofPerson = await timelines.ofPerson(live, subject, order());
    expect(ofPerson.items.filter(({ kind }) => kind === 'delivery')).toHaveLength(2);
    await stack.stop();
  });

  test('of another world or organization there is none', async () => {
    await enroll();
    const id = await verify(email, 'good');
    await expect(timelines.ofVerification(realm('live'), id, order())).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(timelines.ofPerson(realm('live'), email, order())).rejects.toMatchObject({
      code: 'SUBJECT_NOT_FOUND',
    });
    const organization = (await engine.organizations.create({ name: 'Other' }, operator)).id;
    const elsewhere = { organization, world: 'test' as const };
    await expect(timelines.ofVerification(elsewhere, id, order())).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    const reads = await engine.db
      .selectFrom('audit')
      .select('action')
      .where('action', 'in', ['verification.read', 'subject.read'])
      .execute();
    expect(reads).toEqual([]);
  });
});
