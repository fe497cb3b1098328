import { afterEach, beforeEach, describe as describeBoth, expect, it } from 'vitest';
import { mostlyOnSqlite } from '../../../test/storage/databases.ts';
import { type Engine, key, operator, scorerR, startEngine } from '../../../test/support/engine.ts';
import { openErasure } from '../../../test/support/erasure.ts';
import { direction, meanOf, near } from '../../../test/support/faces.ts';
import type { SubjectId } from '../../lib/id.ts';
import type { Actor } from '../audit/index.ts';
import { insertDistinct } from '../people/index.ts';
import type { Judged, UniquenessRequest } from './judge.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const bea: Actor = { is: 'administrator', administrator: 'adm_bea' };

mostlyOnSqlite('uniqueness', (newLocation, dialect, { test, describe }) => {
  let engine: Engine;
  const realm = () => ({ organization: engine.organization, world: 'test' }) as const;
  beforeEach(async () => {
    engine = await startEngine({ location: await newLocation() });
  });
  afterEach(() => engine.stop());

  let sessions = 0;
  const order = (vector: Float32Array, over: Partial<UniquenessRequest> = {}): UniquenessRequest => ({
    realm: realm(),
    scope: 'survey',
    policy: 'block',
    embeddings: { 'a-net': vector },
    actor: key,
    plan: { scorers: [scorerR] },
    pixelHash: 'p',
    quality: 0.9,
    session: `sess_${++sessions}`,
    ...over,
  });
  const judge = (vector: Float32Array, over: Partial<UniquenessRequest> = {}): Promise<Judged> =>
    engine.uniqueness.judge(order(vector, over), async (_, judged) => judged);
  const face = (name: string, cosine = 0.97, picture = 'again') =>
    near(direction(name), cosine, `${name} ${picture}`);

  test('a human is new once, and known from then on, with one id', async () => {
    const first = await judge(face('alice'), { policy: 'warn' });
    expect(first).toEqual({
      outcome: 'new',
      action: 'accept',
      member: expect.stringMatching(/^mem_/),
      subject: expect.stringMatching(/^sub_/),
      humanId: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(await judge(face('alice', 0.95, 'second'), { policy: 'warn' })).toEqual({
      outcome: 'known',
      action: 'flag',
      member: first.member,
      subject: first.subject,
      humanId: first.humanId,
      duplicateOf: first.subject,
    });
    expect(await judge(face('bob'))).toMatchObject({ outcome: 'new', action: 'accept' });
    expect((await engine.uniqueness.scopes.page(realm(), { limit: 10 })).scopes).toMatchObject([
      { name: 'survey', state: 'active', epoch: 1, members: 2 },
    ]);
  });

  it('two sessions of one face at one moment: one is new', async () => {
    const both = await Promise.all([
      judge(face('alice', 0.97, 'one'), { policy: 'warn' }),
      judge(face('alice', 0.97, 'two'), { policy: 'warn' }),
    ]);
    expect(both.map(({ outcome }) => outcome).toSorted()).toEqual(['known', 'new']);
    expect(new Set(both.map(({ humanId }) => humanId)).size).toBe(1);
  });

  test('what throws in the transaction leaves no member', async () => {
    const lost = engine.uniqueness.judge(order(face('alice')), async () => {
      throw new Error('the decision was not stored');
    });
    await expect(lost).rejects.toThrow('the decision was not stored');
    expect(await engine.db.selectFrom('uniqueness_member').selectAll().execute()).toEqual([]);
    expect(await judge(face('alice', 0.97, 'two'))).toMatchObject({ outcome: 'new' });
  });

  test('two regions know nothing of each other, and their ids of one human have nothing in common', async () => {
    const one = await judge(face('alice'), { scope: 'survey 1' });
    const two = await judge(face('alice', 0.97, 'two'), { scope: 'survey 2' });
    expect([one.outcome, two.outcome]).toEqual(['new', 'new']);
    expect(one.humanId).not.toBe(two.humanId);
    const rows = await engine.db.selectFrom('uniqueness_member').selectAll().execute();
    const shared = (['id', 'scope', 'subject', 'account', 'reference_hash'] as const).filter(
      (column) => rows[0]![column] !== null && rows[0]![column] === rows[1]![column],
    );
    expect(shared).toEqual([]);
  });

  test('no verification finds a member, and no list of people shows one', async () => {
    await judge(face('alice'), { scope: '' });
    expect(engine.subjects.people(realm())).toBe(0);
    expect((await engine.subjects.page(realm(), { limit: 10 }, operator)).people).toEqual([]);
    const again = engine.openSubjects();
    await again.loadGalleries();
    expect(again.people(realm())).toBe(0);
    await again.closeSearch();
  });

  test('after a restart members are known as before', async () => {
    const { humanId } = await judge(face('alice'), { policy: 'warn' });
    await engine.subjects.loadGalleries();
    expect(await judge(face('alice', 0.96, 'later'), { policy: 'warn' })).toMatchObject({
      outcome: 'known',
      humanId,
    });
  });

  test('who comes again under the same reference is no duplicate', async () => {
    const first = await judge(face('alice'), { reference: 'user-1' });
    const { member, subject, humanId } = first;
    expect(await judge(face('alice', 0.97, 'two'), { reference: 'user-1' })).toEqual({
      outcome: 'known',
      action: 'accept',
      member,
      subject,
      humanId,
    });
    expect(await judge(face('alice', 0.97, 'three'), { reference: 'user-2' })).toMatchObject({
      outcome: 'known',
      action: 'wait',
    });
    expect(await judge(face('bob'), { reference: 'user-1' })).toMatchObject({ outcome: 'new' });
  });

  test('a face that matches two members is noted, unless they were marked as distinct', async () => {
    const blend = (picture: string) => near(meanOf(face('alice'), face('bob')), 0.99, picture);
    const [alice, bob] = [await judge(face('alice')), await judge(face('bob'))];
    expect([alice, bob, await judge(face('alice', 0.97, 'two'), { policy: 'warn' })]).not.toContainEqual(
      expect.objectContaining({ alike: expect.anything() }),
    );
    for (const policy of ['off', 'warn', 'block'] as const)
      expect(await judge(blend(policy), { policy })).toMatchObject({ alike: 2 });
    const rows = await engine.db.selectFrom('uniqueness_member').select('subject').execute();
    const pair = rows.map(({ subject }) => subject as SubjectId);
    await engine.inTransaction((tx) =>
      insertDistinct(tx, pair[0]!, pair[1]!, { at: engine.clock.now(), by: 'operator:ada' }),
    );
    expect(await judge(blend('later'), { policy: 'warn' })).not.toHaveProperty('alike');
  });

  test('without a policy each gets an id and none is flagged', async () => {
    const { humanId } = await judge(face('alice'), { policy: 'off' });
    expect(await judge(face('alice', 0.97, 'two'), { policy: 'off' })).toMatchObject({
      outcome: 'known',
      action: 'accept',
      humanId,
    });
  });

  describe('enrolled people in the scope of the organization', () => {
    let alice: SubjectId;
    beforeEach(async () => {
      const input = { email: 'alice@example.com', embeddings: { 'a-net': direction('alice') }, quality: 1 };
      alice = (await engine.subjects.enroll(realm(), input, operator)).subject.id;
    });
    const inOrganization = (over: Partial<UniquenessRequest> = {}) => ({ scope: '', ...over });

    test('count: a stranger with such a face is held back, in a region not', async () => {
      expect(await judge(face('alice'), inOrganization())).toMatchObject({
        outcome: 'known',
        action: 'wait',
        duplicateOf: alice,
      });
      expect(await judge(face('alice', 0.97, 'two'))).toMatchObject({ outcome: 'new' });
    });

    test('are no duplicates of themselves, and the same human at every visit', async () => {
      const first = await judge(face('alice'), inOrganization({ self: alice }));
      expect(first).toMatchObject({ outcome: 'new', action: 'accept' });
      const { humanId } = first;
      expect(await judge(face('alice', 0.1, 'unlike'), inOrganization({ self: alice }))).toMatchObject({
        outcome: 'known',
        action: 'accept',
        humanId,
      });
      expect(await judge(face('alice', 0.97, 'two'), inOrganization({ policy: 'warn' }))).toMatchObject({
        outcome: 'known',
        action: 'flag',
        humanId,
      });
    });

    test('whose erasure reopens their place, with the next sweep', async () => {
      await judge(face('alice'), inOrganization({ self: alice }));
      const erasure = await openErasure(engine, { dialect });
      await erasure.erase(realm(), alice, { reason: 'request', actor: operator });
      const swept = await engine.uniqueness.sweep((...one) => erasure.erase(...one));
      expect(swept).toEqual({ ended: 0, erased: 1 });
      expect(await judge(face('alice', 0.97, 'two'), inOrganization())).toMatchObject({ outcome: 'new' });
    });

    test('of scopes that are made at once none is beyond the most there may be', async () => {
      const { scopes } = engine.uniqueness;
      await scopes.configure(realm(), 'first', {}, bea);
      const first = await engine.db.selectFrom('uniqueness_scope').selectAll().executeTakeFirstOrThrow();
      for (let at = 1; at < 9_998; at += 499) {
        const rows = Array.from({ length: Math.min(499, 9_998 - at) }, (_, i) => ({
          ...first,
          id: `scp_${at + i}`,
          name: `${at + i}`,
        }));
        await engine.db.insertInto('uniqueness_scope').values(rows).execute();
      }
      const made = await Promise.allSettled(
        Array.from({ length: 8 }, (_, i) => scopes.configure(realm(), `at once ${i}`, {}, bea)),
      );
      expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
      expect(made.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []))).toEqual(
        Array(6).fill('CONFLICT'),
      );
    });

    test('a scope that is begun again after its end needs another one, and keeps who joins', async () => {
      const { scopes } = engine.uniqueness;
      const endsAt = engine.clock.now() + DAY;
      await scopes.configure(realm(), '', { onErasure: 'hold', endsAt }, bea);
      engine.advance(2 * DAY);
      const sweep = () => engine.uniqueness.sweep(async () => {});
      expect(await sweep()).toMatchObject({ ended: 1 });
      for (const change of [{}, { endsAt }])
        await expect(scopes.configure(realm(), '', change, bea)).rejects.toMatchObject({
          code: 'INVALID_REQUEST',
        });
      const later = engine.clock.now() + 3 * DAY;
      expect(await scopes.configure(realm(), '', { endsAt: later }, bea)).toMatchObject({
        state: 'active',
        epoch: 2,
        endsAt: later,
      });
      engine.advance(4 * DAY);
      expect(await sweep()).toMatchObject({ ended: 1 });
      const again = await scopes.configure(realm(), '', { onErasure: 'reopen', retentionDays: 30 }, bea);
      expect(again).toMatchObject({ state: 'active', epoch: 3 });
      expect(again.endsAt).toBeUndefined();
      expect(await judge(face('carol'), inOrganization())).toMatchObject({ action: 'accept' });
      expect(await sweep()).toEqual({ ended: 0, erased: 0 });
    });

    test('whose place a scope holds that says so, to its end', async () => {
      const endsAt = engine.clock.now() + 30 * DAY;
      await engine.uniqueness.scopes.configure(realm(), '', { onErasure: 'hold', endsAt }, bea);
      const { humanId } = await judge(face('alice'), inOrganization({ self: alice }));
      const erasure = await openErasure(engine, { dialect });
      await erasure.erase(realm(), alice, { reason: 'request', actor: operator });
      expect(await engine.uniqueness.sweep((...one) => erasure.erase(...one))).toEqual({
        ended: 0,
        erased: 0,
      });
      const [member] = await engine.db.selectFrom('uniqueness_member').selectAll().execute();
      expect(member).toMatchObject({ account: null, reference_hash: null });
      await expect(
        erasure.erase(realm(), member!.subject, { reason: 'request', actor: operator }),
      ).rejects.toMatchObject({ code: 'LEGAL_HOLD' });
      expect(await judge(face('alice', 0.97, 'two'), inOrganization({ policy: 'warn' }))).toMatchObject({
        outcome: 'known',
        humanId,
      });
      engine.advance(30 * DAY);
      expect(await engine.uniqueness.sweep((...one) => erasure.erase(...one))).toEqual({
        ended: 1,
        erased: 1,
      });
      expect(await engine.db.selectFrom('uniqueness_member').selectAll().execute()).toEqual([]);
      await expect(judge(face('alice'), inOrganization())).rejects.toMatchObject({ code: 'CONFLICT' });
    });
  });

  describeBoth('a newcomer who is like a member', () => {
    const item = async () => (await engine.reviews.page(realm(), { limit: 1 })).items[0]!;
    const decide = async (decision: 'same-person' | 'not-same-person' | 'enroll-anyway') =>
      engine.reviews.decide(realm(), (await item()).id, decision, bea);
    /** Twins: alike beyond the false-flag rate of a small gallery. */
    const twin = (picture: string) => near(face('alice'), 0.75, `twin ${picture}`);
    let first: Judged;
    beforeEach(async () => {
      first = await judge(face('alice'), { reference: 'alice' });
    });

    test('waits for a reviewer, who lets them in: remembered for the pair', async () => {
      const session = 'sess_twin';
      const wait = await judge(twin('a'), { session, reference: 'twin', portrait: Buffer.from('jpeg') });
      const { review, duplicateOf } = wait;
      expect(wait).toEqual({ outcome: 'known', action: 'wait', duplicateOf, review: expect.any(String) });
      expect(await item()).toMatchObject({
        id: review,
        kind: 'uniqueness',
        policy: 'block',
        known: duplicateOf,
        pictures: ['new'],
      });
      await decide('not-same-person');
      const judged = expect.objectContaining({ outcome: 'new', action: 'accept' });
      expect(engine.newcomers).toEqual([{ realm: realm(), session, judged }]);
      const { humanId } = engine.newcomers[0]!.judged;
      expect(humanId).not.toBe(first.humanId);
      const { other } = await item();
      expect((await engine.subjects.distinctFrom(other!)).map(({ subject }) => subject)).toEqual([
        duplicateOf,
      ]);
      // Both are like both now; each comes again as themselves.
      for (const [vector, reference, id] of [
        [twin('a'), 'twin', humanId],
        [face('alice'), 'alice', first.humanId],
      ] as const)
        expect(await judge(vector, { reference })).toMatchObject({ action: 'accept', humanId: id });
      await expect(engine.reviews.undo(realm(), review!, bea)).rejects.toMatchObject({ code: 'CONFLICT' });
    });

    test.each(['session', 'scope'] as const)(
      'waits in its own %s: what a writer of the database makes of the wait admits no person',
      async (column) => {
        await judge(face('carol'), { scope: 'another' });
        const { scopes } = await engine.uniqueness.scopes.page(realm(), { limit: 5 });
        const others = {
          session: 'sess_of_another',
          scope: scopes.find(({ name }) => name === 'another')!.id,
        };
        await judge(twin('a'), { session: 'sess_twin' });
        await engine.db.updateTable('uniqueness_wait').set(column, others[column]).execute();
        await expect(decide('not-same-person')).rejects.toMatchObject({ code: 'CONFLICT' });
        expect(engine.newcomers).toEqual([]);
      },
    );

    test('waits for a reviewer, who knows them: a duplicate, and no member', async () => {
      await judge(twin('a'), { session: 'sess_twin' });
      await decide('same-person');
      expect(engine.newcomers).toMatchObject([
        { session: 'sess_twin', judged: { outcome: 'known', action: 'duplicate' } },
      ]);
      expect(await engine.db.selectFrom('uniqueness_member').selectAll().execute()).toHaveLength(1);
      await expect(engine.reviews.undo(realm(), (await item()).id, bea)).rejects.toMatchObject({
        code: 'CONFLICT',
      });
    });

    test('in the grey band waits too, and under warn is let in and compared', async () => {
      const grey = (picture: string) => near(face('alice'), 0.56, `grey ${picture}`);
      expect(await judge(grey('a'))).toMatchObject({ outcome: 'grey', action: 'wait' });
      expect(await judge(grey('b'), { policy: 'warn' })).toMatchObject({
        outcome: 'grey',
        action: 'flag',
        member: expect.any(String),
        review: expect.any(String),
      });
      expect(await item()).toMatchObject({ kind: 'uniqueness', policy: 'warn', other: expect.any(String) });
    });

    test('and sends a second session meanwhile is a member once', async () => {
      await judge(twin('a'), { session: 'sess_1' });
      await judge(twin('a'), { session: 'sess_2' });
      await decide('not-same-person');
      const second = (await engine.reviews.page(realm(), { limit: 2 })).items[1]!;
      await engine.reviews.decide(realm(), second.id, 'not-same-person', bea);
      // The face is that of the new member by now, which a reviewer says too.
      expect(engine.newcomers).toHaveLength(1);
      await decide('same-person');
      expect(engine.newcomers.map(({ session, judged }) => [session, judged.action])).toEqual([
        ['sess_2', 'accept'],
        ['sess_1', 'duplicate'],
      ]);
      expect(await engine.db.selectFrom('uniqueness_member').selectAll().execute()).toHaveLength(2);
    });

    describeBoth('and like a second one', () => {
      const session = 'sess_between';
      const between = () => meanOf(face('alice'), face('bob'));
      const open = async () => (await engine.reviews.page(realm(), { state: 'open', limit: 9 })).items;
      const marked = async (person: SubjectId) =>
        (await engine.subjects.distinctFrom(person)).map(({ subject }) => subject).toSorted();
      beforeEach(async () => {
        await judge(face('bob'), { reference: 'bob' });
        await judge(between(), { session, reference: 'between', portrait: Buffer.from('jpeg') });
      });

      test('is compared with each before the session is decided', async () => {
        const before = await item();
        await decide('not-same-person');
        expect(engine.newcomers).toEqual([]);
        const second = await item();
        expect(await open()).toEqual([second]);
        expect(second).toMatchObject({ kind: 'uniqueness', policy: 'block', pictures: ['new'] });
        expect(second.known).not.toBe(before.known);
        expect((await engine.reviews.picture(realm(), second.id, 'new', bea)).toString()).toBe('jpeg');
        await decide('not-same-person');
        expect(engine.newcomers).toMatchObject([{ session, judged: { outcome: 'new', action: 'accept' } }]);
        const { other } = await item();
        expect(await marked(other!)).toEqual([before.known, second.known].toSorted());
        const { humanId } = engine.newcomers[0]!.judged;
        expect(await judge(between(), { reference: 'between' })).toMatchObject({ action: 'accept', humanId });
      });

      test('the first decision stands while the session waits for the second, and says so', async () => {
        const { id } = await item();
        await decide('not-same-person');
        expect(engine.newcomers).toEqual([]);
        const stands = { code: 'CONFLICT', message: expect.stringContaining('decision stands') };
        await expect(engine.reviews.undo(realm(), id, bea)).rejects.toMatchObject({
          ...stands,
          message: expect.stringContaining('waits for the review of a further likeness'),
        });
        await expect(engine.reviews.decide(realm(), id, 'same-person', bea)).rejects.toMatchObject(stands);
        expect(await engine.reviews.read(realm(), id, bea)).not.toHaveProperty('undoUntil');
      });

      test('is a duplicate where a reviewer knows the second one', async () => {
        await decide('not-same-person');
        await decide('same-person');
        expect(engine.newcomers).toMatchObject([{ session, judged: { action: 'duplicate' } }]);
        expect(await open()).toEqual([]);
      });

      test('has no mark for a pair that stays open', async () => {
        const first = await item();
        await decide('enroll-anyway');
        const second = await item();
        await decide('not-same-person');
        expect(await marked((await item()).other!)).toEqual([second.known]);
        expect(await marked(first.known)).toEqual([]);
      });

      test('has no mark for a person who was erased meanwhile', async () => {
        const first = await item();
        await decide('not-same-person');
        const erasure = await openErasure(engine, { dialect });
        await erasure.erase(realm(), first.known, { reason: 'request', actor: operator });
        await decide('not-same-person');
        const { known, other } = await item();
        expect(engine.newcomers).toMatchObject([{ session, judged: { action: 'accept' } }]);
        expect(await marked(other!)).toEqual([known]);
      });

      test('waits no longer than the 72 hours of the first review', async () => {
        engine.advance(71 * HOUR);
        await decide('not-same-person');
        engine.advance(HOUR);
        expect(await engine.uniqueness.expireDue()).toBe(1);
        expect(engine.newcomers).toMatchObject([{ session, undecided: true }]);
        expect(await open()).toEqual([]);
        await expect(decide('not-same-person')).rejects.toMatchObject({ code: 'CONFLICT' });
      });

      it('of two reviewers who decide at once one is refused, and one further review is opened', async () => {
        const { id } = await item();
        const votes = await Promise.allSettled(
          [bea, operator].map((by) => engine.reviews.decide(realm(), id, 'not-same-person', by)),
        );
        expect(votes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
        expect(await open()).toHaveLength(1);
      });
    });

    test.each([
      ['sure', 0.75],
      ['in the grey band', 0.58],
    ])('and like an enrolled person (%s) is compared with them too', async (_, cosine) => {
      await judge(face('alice'), { scope: '', reference: 'alice' });
      const third = near(face('alice'), 0.75, 'third');
      const input = { embeddings: { 'a-net': near(third, cosine, 'enrolled') }, quality: 1 };
      await engine.subjects.enroll(realm(), { email: 'eve@example.com', ...input }, operator);
      await judge(third, { scope: '', session: 'sess_third' });
      const before = await item();
      await decide('not-same-person');
      expect(engine.newcomers).toEqual([]);
      expect((await item()).known).not.toBe(before.known);
      await decide('not-same-person');
      expect(engine.newcomers).toMatchObject([{ session: 'sess_third', judged: { action: 'accept' } }]);
    });

    test('is a duplicate after 72 hours without a decision', async () => {
      await judge(twin('a'), { session: 'sess_twin', portrait: Buffer.from('jpeg') });
      engine.advance(72 * HOUR - 1);
      expect(await engine.uniqueness.expireDue()).toBe(0);
      engine.advance(1);
      expect(await engine.uniqueness.expireDue()).toBe(1);
      expect(engine.newcomers).toMatchObject([
        { session: 'sess_twin', judged: { action: 'duplicate' }, undecided: true },
      ]);
      expect(await item()).toMatchObject({ state: 'expired', pictures: [] });
      await expect(decide('enroll-anyway')).rejects.toMatchObject({ code: 'CONFLICT' });
      expect(engine.newcomers).toHaveLength(1);
    });

    test('whose session ends waits no more', async () => {
      await judge(twin('a'), { session: 'sess_twin' });
      await engine.inTransaction((tx) => engine.uniqueness.withdraw(tx, 'sess_twin'));
      await expect(decide('enroll-anyway')).rejects.toMatchObject({ code: 'CONFLICT' });
      engine.advance(72 * HOUR);
      expect(await engine.uniqueness.expireDue()).toBe(0);
      expect(engine.newcomers).toEqual([]);
    });
  });

  describe('a scope', () => {
    const only = async () => (await engine.uniqueness.scopes.page(realm(), { limit: 1 })).scopes[0]!;
    const keys = () => engine.sealer.scopeKeys.names(engine.organization);

    test('says from which score on a face is held for that of a member', async () => {
      const of = async (name: string) =>
        (await engine.uniqueness.scopes.page(realm(), { limit: 5, name })).scopes[0]!;
      for (const one of ['alice', 'bob']) await judge(face(one));
      const { members, waiting, thresholds } = await of('survey');
      expect({ members, waiting, thresholds }).toEqual({
        members: 2,
        waiting: 0,
        thresholds: {
          people: 2,
          scorer: 'r',
          holdsFor: 'average',
          // Per comparison 1 - sqrt(1 - rate): 0.00501 and 0.02532.
          flagged: {
            threshold: expect.closeTo(0.63, 3),
            fnmr: expect.closeTo(0.022, 3),
            extrapolated: false,
          },
          reviewed: {
            threshold: expect.closeTo(0.56, 3),
            fnmr: expect.closeTo(0.006, 3),
            extrapolated: false,
          },
        },
      });
      const input = { email: 'carl@example.com', embeddings: { 'a-net': direction('carl') }, quality: 1 };
      await engine.subjects.enroll(realm(), input, operator);
      await engine.uniqueness.scopes.configure(realm(), '', {}, bea);
      expect(await of('')).toMatchObject({ members: 0, thresholds: { people: 1 } });
      expect(await of('survey')).toMatchObject({ thresholds: { people: 2 } });
      await judge(face('alice', 0.97, 'waits'));
      expect(await of('survey')).toMatchObject({ members: 2, waiting: 1 });
      const [review] = (await engine.reviews.page(realm(), { limit: 5, kind: 'uniqueness' })).items;
      expect(review!.likeness.threshold).toBe(thresholds!.reviewed.threshold);
      expect((await engine.reviews.page(realm(), { limit: 5, kind: 'duplicate' })).items).toEqual([]);
      const { id } = await of('survey');
      const ended = await engine.uniqueness.scopes.end(realm(), id, 'survey', bea);
      expect([ended.thresholds, await of('no such')]).toEqual([undefined, undefined]);
    });

    test('is rotated: everyone counts anew with another id, the key is gone and members are erased', async () => {
      const first = await judge(face('alice'));
      const { id, name } = await only();
      await expect(engine.uniqueness.scopes.rotate(realm(), id, 'another', bea)).rejects.toMatchObject({
        code: 'CONFIRMATION_REQUIRED',
      });
      expect(await engine.uniqueness.scopes.rotate(realm(), id, name, bea)).toMatchObject({
        epoch: 2,
        members: 0,
        state: 'active',
      });
      expect(keys()).toEqual([`${id}/2`]);
      const second = await judge(face('alice', 0.97, 'two'));
      expect(second).toMatchObject({ outcome: 'new' });
      expect(second.humanId).not.toBe(first.humanId);
      const erasure = await openErasure(engine, { dialect });
      await engine.uniqueness.sweep((...one) => erasure.erase(...one));
      expect(await engine.subjects.count(realm())).toBe(1);
    });

    test('ends: its key is destroyed and no person comes any more', async () => {
      await judge(face('alice'));
      const { id } = await only();
      await engine.uniqueness.scopes.end(realm(), id, 'survey', bea);
      expect(keys()).toEqual([]);
      await expect(judge(face('bob'))).rejects.toMatchObject({ code: 'CONFLICT' });
      await expect(engine.uniqueness.termsOf(realm(), 'survey')).rejects.toMatchObject({ code: 'CONFLICT' });
      expect(await engine.uniqueness.scopes.configure(realm(), 'survey', {}, bea)).toMatchObject({
        state: 'active',
        epoch: 2,
      });
      expect(await judge(face('bob'))).toMatchObject({ outcome: 'new' });
    });

    test('whose key a crash left behind loses it with the next sweep', async () => {
      await judge(face('alice'));
      const { id } = await only();
      await engine.sealer.scopeKeys.make(engine.organization, `${id}/0`);
      await engine.uniqueness.sweep(async () => {});
      expect(keys()).toEqual([`${id}/1`]);
    });

    test('forgets who has not come for its term', async () => {
      await engine.uniqueness.scopes.configure(realm(), 'survey', { retentionDays: 30 }, bea);
      await judge(face('alice'), { reference: 'alice' });
      await judge(face('bob'));
      engine.advance(20 * DAY);
      await judge(face('alice', 0.97, 'two'), { reference: 'alice' });
      engine.advance(10 * DAY);
      const erasure = await openErasure(engine, { dialect });
      expect(await engine.uniqueness.sweep((...one) => erasure.erase(...one))).toEqual({
        ended: 0,
        erased: 1,
      });
      expect((await only()).members).toBe(1);
    });

    test('keeps the promise that its members read', async () => {
      const configure = (change: object) =>
        engine.uniqueness.scopes.configure(realm(), 'survey', change, bea);
      const endsAt = engine.clock.now() + DAY;
      await expect(configure({ onErasure: 'hold' })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
      await expect(configure({ falseFlagRate: 0.5 })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
      await expect(configure({ falseFlagRate: 0.1 })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
      await configure({ endsAt });
      await judge(face('alice'));
      await expect(configure({ onErasure: 'hold' })).rejects.toMatchObject({ code: 'CONFLICT' });
      const { id } = await only();
      await engine.uniqueness.scopes.rotate(realm(), id, 'survey', bea);
      await configure({ onErasure: 'hold' });
      await judge(face('alice'));
      await expect(configure({ endsAt: endsAt + DAY })).rejects.toMatchObject({ code: 'CONFLICT' });
      expect(await configure({ onErasure: 'reopen', retentionDays: 10 })).toMatchObject({
        retentionDays: 10,
      });
    });

    test('of another organization or world is not there', async () => {
      await judge(face('alice'));
      const { id } = await only();
      const other = (await engine.organizations.create({ name: 'Other' }, operator)).id;
      for (const foreign of [
        { organization: other, world: 'test' },
        { organization: engine.organization, world: 'live' },
      ] as const)
        await expect(engine.uniqueness.scopes.end(foreign, id, 'survey', bea)).rejects.toMatchObject({
          code: 'NOT_FOUND',
        });
    });
  });

  test('the salt of a session is the same whenever it is asked, and another for each', async () => {
    const salts = await Promise.all(
      ['sess_1', 'sess_1', 'sess_2'].map((one) => engine.uniqueness.sessionSalt(engine.organization, one)),
    );
    expect(salts[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(salts[0]).toBe(salts[1]);
    expect(salts[0]).not.toBe(salts[2]);
  });

  test('every change stands in the audit log, and nothing of it is personal', async () => {
    await judge(face('alice'), { reference: 'alice@example.com' });
    const { id } = (await engine.uniqueness.scopes.page(realm(), { limit: 1 })).scopes[0]!;
    await engine.uniqueness.scopes.rotate(realm(), id, 'survey', bea);
    await engine.uniqueness.scopes.end(realm(), id, 'survey', bea);
    const lines = await engine.db.selectFrom('audit').selectAll().orderBy('id').execute();
    const own = lines.filter(({ action }) => action.startsWith('uniqueness.'));
    expect(own.map(({ action }) => action)).toEqual([
      ...['uniqueness.set-up', 'uniqueness.join', 'uniqueness.rotate', 'uniqueness.end'],
    ]);
    expect(JSON.stringify(own)).not.toContain('alice');
  });
});
