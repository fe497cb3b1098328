import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { onSqlite } from '../../../../test/storage/databases.ts';
import { consentOfAll, type Engine, operator, startEngine } from '../../../../test/support/engine.ts';
import { openErasure } from '../../../../test/support/erasure.ts';
import { analysisOf, direction, emptyAnalysis, near, portraitOf } from '../../../../test/support/faces.ts';
import type { ReviewId, SubjectId } from '../../../lib/id.ts';
import type { Actor } from '../../audit/index.ts';
import { createHolds } from '../../consent/index.ts';
import { createRetention, createSubjectRecords } from '../../people/index.ts';
import type { ReviewItem } from './review-item.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const bea: Actor = { is: 'administrator', administrator: 'adm_bea' };
const cid: Actor = { is: 'administrator', administrator: 'adm_cid' };
const key: Actor = { is: 'key', key: 'key_1' };
const alice = direction('alice');

let engine: Engine;
const realm = () => ({ organization: engine.organization, world: 'test' }) as const;

/** A picture of alice that a reviewer adds, or of another face. */
async function addKnown(name: string, who = near(alice, 0.97, name)) {
  const picture = engine.analyzer.show(name, analysisOf(name, { embeddings: { 'a-net': who } }));
  const item = await engine.reviews.addKnownPicture(realm(), (await only()).id, picture, bea);
  return { item, portrait: Buffer.from(portraitOf(picture)) };
}
/** A picture of alice, or of another face; sent with this address. */
async function enroll(email: string, name = email, who = near(alice, 0.97, name)) {
  const picture = engine.analyzer.show(name, analysisOf(name, { embeddings: { 'a-net': who } }));
  const { subject, duplicate, review } = await engine.checks.enroll({
    ...realm(),
    picture,
    email,
    actor: key,
  });
  return { subject, duplicate, review, portrait: portraitOf(picture) };
}
const refused = (email: string, name = email) =>
  expect(enroll(email, name)).rejects.toMatchObject({ code: 'DUPLICATE_IDENTITY' });
const policy = (uniquenessPolicy: 'warn' | 'block', more: { twoPersonReview?: boolean } = {}) =>
  engine.organizations.set(engine.organization, { uniquenessPolicy, ...more }, operator);
const open = async (): Promise<ReviewItem[]> =>
  (await engine.reviews.page(realm(), { state: 'open', limit: 10 })).items;
const only = async (): Promise<ReviewItem> => {
  const items = await open();
  expect(items).toHaveLength(1);
  return items[0]!;
};
const lines = async (target: string) =>
  (
    await engine.db
      .selectFrom('audit')
      .select(['action', 'actor', 'details'])
      .where('target', '=', target)
      .orderBy('seq')
      .execute()
  ).map(({ details, ...line }) => ({ ...line, details: JSON.parse(details) }));
const conflict = { code: 'CONFLICT' };

onSqlite('reviews', (newLocation, dialect) => {
  beforeEach(async () => {
    engine = await startEngine({ location: await newLocation() });
  });
  afterEach(() => engine.stop());

  describe('under warn', () => {
    let known: SubjectId;
    let other: SubjectId;
    let portrait: Uint8Array;
    beforeEach(async () => {
      await policy('warn');
      known = (await enroll('alice@example.com')).subject;
      expect(await open()).toEqual([]);
      const second = await enroll('alice.two@example.com');
      expect(second.duplicate).toBe(true);
      ({ subject: other, portrait } = second);
    });

    test('a face that another person has is enrolled, and makes an item with its picture', async () => {
      const item = await only();
      expect(item).toEqual({
        id: expect.stringMatching(/^rev_/),
        kind: 'duplicate',
        policy: 'warn',
        known,
        other,
        enrolled: false,
        state: 'open',
        votes: [],
        likeness: {
          scorer: 'r',
          pictures: 1,
          threshold: expect.any(Number),
          quality: expect.any(Number),
          score: expect.closeTo(0.94, 1),
          rate: expect.any(Number),
          holdsFor: 'average',
          beyondMeasured: true,
        },
        createdAt: engine.clock.now(),
        erasedBy: engine.clock.now() + 30 * DAY,
        pictures: ['new'],
      });
      const picture = await engine.reviews.picture(realm(), item.id, 'new', bea);
      expect(Buffer.from(picture)).toEqual(Buffer.from(portrait));
      await expect(engine.reviews.picture(realm(), item.id, 'known', bea)).rejects.toMatchObject({
        code: 'NOT_FOUND',
        message: expect.stringContaining('not kept after an enrollment'),
      });
      const shown = await engine.reviews.read(realm(), item.id, bea);
      const pictures = [{ quality: 1, createdAt: engine.clock.now() }];
      expect(shown).toMatchObject({
        people: {
          known: { subject: known, email: 'alice@example.com', enrollments: 1, pictures },
          new: { subject: other, email: 'alice.two@example.com', enrollments: 1, pictures },
        },
        gallery: 2,
        needsTwo: false,
      });
      expect((await lines(item.id)).map(({ action, actor }) => [action, actor])).toEqual([
        ['review.open', 'key:key_1'],
        ['review.picture', 'administrator:adm_bea'],
        ['review.read', 'administrator:adm_bea'],
      ]);
    });

    test('an enrollment says in which review the two are compared, also once it is open', async () => {
      const { id } = await only();
      expect(await enroll('alice.two@example.com', 'once more')).toMatchObject({
        duplicate: true,
        review: id,
      });
      expect(await enroll('eve@example.com', 'eve', direction('eve'))).toMatchObject({
        duplicate: false,
        review: undefined,
      });
    });

    test('a new picture of the known person is kept beside the other one, and said to be like both or not', async () => {
      const { item, portrait } = await addKnown('alice again');
      expect(item.pictures.toSorted()).toEqual(['known', 'new']);
      expect(item.likeness.knownPicture).toEqual({ quality: 1, likeKnown: true, likeNew: true });
      const shown = await engine.reviews.picture(realm(), item.id, 'known', cid);
      expect(Buffer.from(shown)).toEqual(portrait);
      const eve = await addKnown('eve', direction('eve'));
      expect(eve.item.likeness.knownPicture).toEqual({ quality: 1, likeKnown: false, likeNew: false });
      expect(Buffer.from(await engine.reviews.picture(realm(), item.id, 'known', cid))).toEqual(eve.portrait);
      const rows = await engine.db
        .selectFrom('review_picture')
        .selectAll()
        .where('side', '=', 'known')
        .execute();
      expect(rows).toMatchObject([{ subject: known }]);
      expect(Buffer.from(rows[0]!.picture_sealed).includes(Buffer.from('portrait of'))).toBe(false);
      expect(await lines(item.id)).toContainEqual({
        action: 'review.add-picture',
        actor: 'administrator:adm_bea',
        details: expect.objectContaining({ side: 'known', subject: known, likeKnown: true }),
      });
    });

    test('a picture without a face adds nothing; nor does one to what is decided, or is another organization’s', async () => {
      const picture = engine.analyzer.show('wall', emptyAnalysis('wall'));
      const { id } = await only();
      await expect(engine.reviews.addKnownPicture(realm(), id, picture, bea)).rejects.toMatchObject({
        code: 'FACE_NOT_FOUND',
      });
      const foreign = (await engine.organizations.create({ name: 'Other' }, operator)).id;
      const face = engine.analyzer.show('alice again', analysisOf('alice again'));
      await expect(
        engine.reviews.addKnownPicture({ organization: foreign, world: 'test' }, id, face, bea),
      ).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await engine.reviews.decide(realm(), id, 'same-person', bea);
      await expect(engine.reviews.addKnownPicture(realm(), id, face, bea)).rejects.toMatchObject(conflict);
      expect(await engine.db.selectFrom('review_picture').select('side').execute()).toEqual([
        { side: 'new' },
      ]);
    });

    test('the added picture is erased with the other one, a day after the decision', async () => {
      const { item } = await addKnown('alice again');
      await engine.reviews.decide(realm(), item.id, 'same-person', bea);
      engine.advance(DAY);
      await engine.reviews.eraseDue();
      expect(await engine.db.selectFrom('review_picture').selectAll().execute()).toEqual([]);
      await expect(engine.reviews.picture(realm(), item.id, 'known', bea)).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
    });

    test('the picture lies sealed under the key of the person it shows', async () => {
      const row = await engine.db.selectFrom('review_picture').selectAll().executeTakeFirstOrThrow();
      expect(row).toMatchObject({ subject: other, side: 'new' });
      expect(Buffer.from(row.picture_sealed).includes(Buffer.from('portrait of'))).toBe(false);
    });

    test('the same two make no second item, whichever is sent again', async () => {
      await enroll('alice.two@example.com', 'once more');
      await enroll('alice@example.com', 'and again');
      await only();
    });

    test('in the other world and in another organization there is no such item', async () => {
      const { id } = await only();
      const foreign = (await engine.organizations.create({ name: 'Other' }, operator)).id;
      for (const place of [
        { organization: foreign, world: 'test' },
        { organization: engine.organization, world: 'live' },
      ] as const) {
        expect((await engine.reviews.page(place, { limit: 10 })).items).toEqual([]);
        for (const ask of [
          () => engine.reviews.read(place, id, bea),
          () => engine.reviews.picture(place, id, 'new', bea),
          () => engine.reviews.decide(place, id, 'same-person', bea),
          () => engine.reviews.undo(place, id, bea),
        ])
          await expect(ask()).rejects.toMatchObject({ code: 'NOT_FOUND' });
      }
    });

    test('two people who are not one are not taken for one again, until that is undone', async () => {
      const { id } = await only();
      const decided = await engine.reviews.decide(realm(), id, 'not-same-person', bea);
      const at = engine.clock.now();
      expect(decided).toMatchObject({
        state: 'decided',
        decided: { by: 'administrator:adm_bea', decision: 'not-same-person', at },
        undoUntil: at + DAY,
        erasedBy: at + DAY,
      });
      await expect(engine.reviews.decide(realm(), id, 'same-person', cid)).rejects.toMatchObject(conflict);
      expect((await enroll('alice.two@example.com', 'once more')).duplicate).toBe(false);
      expect((await enroll('alice@example.com', 'and again')).duplicate).toBe(false);
      engine.advance(DAY - 1);
      expect(await engine.reviews.undo(realm(), id, cid)).toMatchObject({ state: 'open', votes: [] });
      await expect(engine.reviews.undo(realm(), id, cid)).rejects.toMatchObject(conflict);
      expect((await enroll('alice.two@example.com', 'a third time')).duplicate).toBe(true);
      expect((await lines(id)).map(({ action }) => action)).toEqual([
        'review.open',
        'review.decide',
        'review.undo',
      ]);
    });

    test('a third person with the face is still found', async () => {
      await engine.reviews.decide(realm(), (await only()).id, 'not-same-person', bea);
      expect((await enroll('alice.three@example.com')).duplicate).toBe(true);
    });

    test('the picture is erased a day after the decision, and the decision stands', async () => {
      const { id } = await only();
      await engine.reviews.decide(realm(), id, 'same-person', bea);
      engine.advance(DAY - 1);
      expect(await engine.reviews.eraseDue()).toBe(0);
      engine.advance(1);
      expect(await engine.reviews.eraseDue()).toBe(1);
      expect(await engine.reviews.eraseDue()).toBe(0);
      await expect(engine.reviews.picture(realm(), id, 'new', bea)).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
      await expect(engine.reviews.undo(realm(), id, bea)).rejects.toMatchObject(conflict);
      const { items } = await engine.reviews.page(realm(), { state: 'decided', limit: 10 });
      expect(items).toMatchObject([{ id, pictures: [], decided: { decision: 'same-person' } }]);
      expect(items[0]).not.toHaveProperty('undoUntil');
    });

    test('without a decision it is erased after 30 days, and cannot be decided any more', async () => {
      const { id } = await only();
      engine.advance(30 * DAY - 1);
      expect(await engine.reviews.eraseDue()).toBe(0);
      engine.advance(1);
      expect(await engine.reviews.eraseDue()).toBe(1);
      expect(await open()).toEqual([]);
      await expect(engine.reviews.decide(realm(), id, 'same-person', bea)).rejects.toMatchObject(conflict);
    });

    test('of a person under a legal hold it is kept until the hold is released', async () => {
      const holds = createHolds(engine);
      await holds.place({ ...realm(), subject: other }, 'lawsuit 7', operator);
      engine.advance(31 * DAY);
      expect(await engine.reviews.eraseDue()).toBe(0);
      await holds.release({ ...realm(), subject: other }, undefined, operator);
      expect(await engine.reviews.eraseDue()).toBe(1);
    });

    test('two administrators have to say the same where the organization asks for it', async () => {
      await policy('warn', { twoPersonReview: true });
      const { id } = await only();
      const decide = (decision: 'same-person' | 'not-same-person', who: Actor) =>
        engine.reviews.decide(realm(), id, decision, who);
      expect(await decide('same-person', bea)).toMatchObject({
        state: 'open',
        votes: [{ decision: 'same-person' }],
      });
      expect(await decide('same-person', bea)).toMatchObject({ state: 'open' });
      expect(await decide('not-same-person', cid)).toMatchObject({ state: 'open', votes: [{}, {}] });
      await expect(decide('same-person', operator)).rejects.toMatchObject(conflict);
      expect(await decide('not-same-person', bea)).toMatchObject({
        state: 'decided',
        decided: { by: 'administrator:adm_bea', decision: 'not-same-person' },
      });
      expect((await lines(id)).map(({ action }) => action)).toEqual([
        ...['review.open', 'review.vote', 'review.vote', 'review.vote', 'review.vote', 'review.decide'],
      ]);
      expect(await engine.reviews.undo(realm(), id, bea)).toMatchObject({ state: 'open', votes: [] });
    });

    test.each(['known', 'other'] as const)(
      'erasing the %s person takes the item, the picture and the pair along, and the proof is clean',
      async (who) => {
        const { id } = await only();
        await addKnown('alice again');
        await engine.reviews.decide(realm(), id, 'not-same-person', bea);
        const erasure = await openErasure(engine, { dialect });
        const subject = who === 'known' ? known : other;
        const { proof } = await erasure.erase(realm(), subject, {
          reason: 'request',
          actor: operator,
          prove: true,
        });
        expect(proof).toMatchObject({ found: [], sealedValues: { opened: 0 }, tables: { found: [] } });
        expect(proof!.needles).toMatchObject({ portrait: expect.any(Number) });
        for (const table of ['review_item', 'review_picture', 'review_vote', 'distinct_people'] as const)
          expect(await engine.db.selectFrom(table).selectAll().execute()).toEqual([]);
      },
    );

    test('the record of each person has the review, with the own picture and without the other person', async () => {
      const added = await addKnown('alice again');
      await engine.reviews.decide(realm(), (await only()).id, 'not-same-person', bea);
      const read = (person: string) =>
        createSubjectRecords(engine).read(realm(), {
          person,
          withTemplates: false,
          withInternal: false,
          actor: operator,
        });
      const own = await read('alice.two@example.com');
      expect(own.reviews).toMatchObject([
        {
          role: 'new',
          policy: 'warn',
          state: 'decided',
          decision: 'not-same-person',
          picture: Buffer.from(portrait).toString('base64'),
        },
      ]);
      expect(own.notTheSame).toMatchObject([{ markedBy: 'administrator:adm_bea' }]);
      expect(JSON.stringify([own.reviews, own.notTheSame])).not.toContain(known);
      const [seen] = (await read('alice@example.com')).reviews as object[];
      expect(seen).toMatchObject({ role: 'known', picture: added.portrait.toString('base64') });
      expect(seen).not.toHaveProperty('knownPicture');
    });

    test('a sweep deletes what is over after the term of verifications, and nothing that is open', async () => {
      const retention = createRetention({
        ...engine,
        notes: engine.keys,
        erase: async () => {
          throw new Error('no person is due');
        },
        pruneAudit: async () => ({ lines: 0 }),
      });
      await engine.organizations.setRetention(engine.organization, { verificationDays: 10 }, operator);
      const sweep = async () =>
        (await retention.sweep(engine.organization, { actor: operator, confirm: 0 })).report.rows.reviews;
      engine.advance(11 * DAY);
      expect(await sweep()).toBe(0);
      await engine.reviews.decide(realm(), (await only()).id, 'same-person', bea);
      expect(await sweep()).toBe(1);
      expect(await engine.db.selectFrom('review_picture').selectAll().execute()).toEqual([]);
    });
  });

  describe('under block', () => {
    let known: SubjectId;
    beforeEach(async () => {
      await policy('block');
      known = (await enroll('alice@example.com')).subject;
    });
    const find = (email: string) => engine.subjects.find(realm(), email);

    test('a refused face waits; once it is another person it is enrolled, and never taken for the first again', async () => {
      await refused('twin@example.com');
      const item = await only();
      expect(item).toMatchObject({ policy: 'block', known, enrolled: false, pictures: ['new'] });
      expect(item).not.toHaveProperty('other');
      expect((await engine.reviews.read(realm(), item.id, bea)).people.new).toEqual({
        email: 'twin@example.com',
        enrollments: 0,
        pictures: [],
      });
      const decided = await engine.reviews.decide(realm(), item.id, 'not-same-person', bea);
      const twin = (await find('twin@example.com'))!;
      expect(decided).toMatchObject({ state: 'decided', enrolled: true, other: twin.id });
      expect(decided).not.toHaveProperty('undoUntil');
      expect(await engine.subjects.enrollments(realm(), twin.id)).toHaveLength(1);
      expect((await enroll('twin@example.com', 'once more')).subject).toBe(twin.id);
      await expect(engine.reviews.undo(realm(), item.id, bea)).rejects.toMatchObject({
        ...conflict,
        message: expect.stringContaining(twin.id),
      });
      const line = (await lines(twin.id)).find(({ action }) => action === 'subject.enroll');
      expect(line).toMatchObject({
        actor: 'administrator:adm_bea',
        details: { review: item.id, duplicateOf: known },
      });
    });

    test('the refusal names the review, and a picture of the known person is compared with what waits', async () => {
      await refused('twin@example.com');
      const { id } = await only();
      const again = engine.checks.enroll({
        ...realm(),
        email: 'twin@example.com',
        actor: key,
        picture: engine.analyzer.show(
          't',
          analysisOf('t', { embeddings: { 'a-net': near(alice, 0.97, 't') } }),
        ),
      });
      await expect(again).rejects.toMatchObject({ extra: { review: id } });
      const { item } = await addKnown('alice again');
      expect(item.likeness.knownPicture).toEqual({ quality: 1, likeKnown: true, likeNew: true });
    });

    test('what is the same person stays refused, which can be undone and decided otherwise', async () => {
      await refused('alias@example.com');
      const { id } = await only();
      await engine.reviews.decide(realm(), id, 'same-person', bea);
      expect(await find('alias@example.com')).toBeUndefined();
      await engine.reviews.undo(realm(), id, bea);
      await engine.reviews.decide(realm(), id, 'enroll-anyway', bea);
      const alias = await find('alias@example.com');
      expect(alias).toMatchObject({ email: 'alias@example.com' });
      expect(alias?.id).not.toBe(known);
      // Whether they are one stays open.
      await refused('alias@example.com', 'once more');
    });

    test('its consent comes with it', async () => {
      const consent = { ...consentOfAll, textVersion: 'v7' };
      const picture = engine.analyzer.show(
        'twin',
        analysisOf('twin', { embeddings: { 'a-net': near(alice, 0.97, 'twin') } }),
      );
      const command = { ...realm(), picture, email: 'twin@example.com', name: 'Twin', consent, actor: key };
      await expect(engine.checks.enroll(command)).rejects.toMatchObject({ code: 'DUPLICATE_IDENTITY' });
      await engine.reviews.decide(realm(), (await only()).id, 'not-same-person', bea);
      expect(await find('twin@example.com')).toMatchObject({ name: 'Twin' });
      const rows = await engine.db.selectFrom('consent').select('text_version').execute();
      expect(rows).toEqual([{ text_version: 'v7' }]);
    });

    test('what waits is not enrolled once the address is taken or the models are others', async () => {
      await refused('twin@example.com');
      const { id } = await only();
      const input = { email: 'twin@example.com', embeddings: { 'a-net': direction('eve') }, quality: 1 };
      await engine.subjects.enroll(realm(), input, operator);
      await expect(engine.reviews.decide(realm(), id, 'not-same-person', bea)).rejects.toMatchObject(
        conflict,
      );
      expect(await only()).toMatchObject({ id, state: 'open' });
      expect(await engine.reviews.decide(realm(), id, 'same-person', bea)).toMatchObject({
        state: 'decided',
      });
    });

    test('the address and the face that wait are sealed, and erased with the person they may show', async () => {
      await refused('twin@example.com');
      const row = await engine.db.selectFrom('review_item').selectAll().executeTakeFirstOrThrow();
      expect(Buffer.from(row.order_sealed!).includes(Buffer.from('twin@example.com'))).toBe(false);
      const erasure = await openErasure(engine, { dialect });
      const { proof } = await erasure.erase(realm(), known, {
        reason: 'request',
        actor: operator,
        prove: true,
      });
      expect(proof).toMatchObject({ found: [], sealedValues: { opened: 0 } });
      expect(proof!.sealedValues.tried).toBeGreaterThanOrEqual(4);
      expect(await engine.db.selectFrom('review_item').selectAll().execute()).toEqual([]);
    });

    test('what waited is gone a day after it was refused for good', async () => {
      await refused('twin@example.com');
      await engine.reviews.decide(realm(), (await only()).id, 'same-person', bea);
      engine.advance(DAY);
      await engine.reviews.eraseDue();
      const row = await engine.db.selectFrom('review_item').selectAll().executeTakeFirstOrThrow();
      expect(row).toMatchObject({ order_sealed: null, email_hash: null, erased_at: engine.clock.now() });
      expect(await engine.db.selectFrom('review_picture').selectAll().execute()).toEqual([]);
    });

    test('many addresses with one face make many items, the same one makes one', async () => {
      await refused('twin@example.com');
      await refused('twin@example.com', 'once more');
      await refused('other@example.com');
      expect(await open()).toHaveLength(2);
      expect(await engine.reviews.countOpen(realm())).toBe(2);
      const first = await engine.reviews.page(realm(), { limit: 1 });
      const rest = await engine.reviews.page(realm(), { limit: 1, before: first.next as ReviewId });
      expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual((await open()).map(({ id }) => id));
      expect(rest.next).toBeUndefined();
    });
  });

  test('without a policy nothing is compared, and no picture is asked for', async () => {
    await enroll('alice@example.com');
    await enroll('alice.two@example.com');
    expect((await engine.reviews.page(realm(), { limit: 10 })).items).toEqual([]);
  });
});
