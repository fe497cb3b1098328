import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeKeyText } from '../../service/engine/accounts/access/api-key.ts';
import { createAccess } from '../../service/engine/accounts/index.ts';
import { pageConsent } from '../../service/engine/live/index.ts';
import { createGalleries } from '../../service/inference/gallery/galleries.ts';
import type { OrganizationId, SubjectId, World } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { onSqlite } from '../storage/databases.ts';
import { key as apiKey, type Engine, operator, sha256, startEngine } from '../support/engine.ts';
import { analysisOf, direction } from '../support/faces.ts';
import { frameNamed, liveSessionsOver, scriptedChallenges } from '../support/live-sessions.ts';

// The attacker is an administrator of the database: he reads and writes every row, and has no key.

onSqlite('a writer of the database without keys', (newLocation) => {
  let engine: Engine;
  let access: ReturnType<typeof createAccess>;
  beforeEach(async () => {
    engine = await startEngine({ location: await newLocation() });
    access = createAccess({ ...engine, log: silentLog });
  });
  afterEach(async () => {
    await access.settled();
    await engine.stop();
  });

  const realm = (world: World = 'live') => ({ organization: engine.organization, world });
  async function enroll(email: string, world: World = 'live'): Promise<SubjectId> {
    const { subject } = await engine.subjects.enroll(
      realm(world),
      { email, name: email, embeddings: { 'a-net': direction(email) }, quality: 0.9 },
      operator,
    );
    return subject.id;
  }
  const run = (statement: ReturnType<typeof sql>) => statement.execute(engine.db);
  const templatesOf = async (subject: SubjectId, world: World = 'live') =>
    (await engine.subjects.enrollments(realm(world), subject)).flatMap(({ templates }) => templates);

  describe('people', () => {
    test('who leads an address to another person gets neither that person nor the address', async () => {
      const alice = await enroll('alice@example.com');
      const eve = await enroll('eve@example.com');
      const { email_hash } = await engine.db
        .selectFrom('subject')
        .select('email_hash')
        .where('id', '=', alice)
        .executeTakeFirstOrThrow();
      await run(sql`update subject set email_hash = 'gone' where id = ${alice}`);
      await run(sql`update subject set email_hash = ${email_hash} where id = ${eve}`);
      await expect(engine.subjects.find(realm(), 'alice@example.com')).rejects.toThrow(
        `The row of ${eve} was changed`,
      );
      // Nor without the sealed address that shows the change.
      await run(sql`update subject set email_sealed = null where id = ${eve}`);
      await expect(engine.subjects.find(realm(), 'alice@example.com')).rejects.toThrow('was changed');
    });

    test('who moves a person and the templates from the test world to the live one has moved nothing that opens', async () => {
      const subject = await enroll('trial@example.com', 'test');
      expect(await templatesOf(subject, 'test')).toHaveLength(1);
      await run(sql`update subject set world = 'live' where id = ${subject}`);
      await run(sql`update template set world = 'live' where subject = ${subject}`);
      expect(await templatesOf(subject)).toEqual([]);
      await expect(engine.subjects.find(realm(), 'trial@example.com')).rejects.toThrow('cannot be read');
      const galleries = createGalleries({ log: silentLog });
      const started = engine.openSubjects(galleries);
      await started.loadGalleries();
      expect(await started.nearest(realm(), 'a-net', direction('trial@example.com'), 4)).toEqual([]);
      await galleries.close();
    });

    test('what was sealed before worlds were named opens, and names its world once it was read', async () => {
      const subject = await enroll('old@example.com');
      const former = (field: string) => ({ organization: engine.organization, subject, field, version: 1 });
      const [row] = await engine.db
        .selectFrom('template')
        .selectAll()
        .where('subject', '=', subject)
        .execute();
      const field = `template.vector/${row!.id}${row!.transform === 0 ? '' : `@${row!.transform}`}`;
      const plain = await engine.sealer.open({ ...former(field), world: 'live' }, row!.vector_sealed);
      const email = await engine.sealer.seal(former('subject.email'), Buffer.from('old@example.com'));
      await engine.db.updateTable('subject').set({ email_sealed: email }).where('id', '=', subject).execute();
      await engine.db
        .updateTable('template')
        .set({ vector_sealed: await engine.sealer.seal(former(field), plain) })
        .where('subject', '=', subject)
        .execute();

      expect(await engine.subjects.find(realm(), 'old@example.com')).toMatchObject({ id: subject });
      expect(await templatesOf(subject)).toHaveLength(1);
      await run(sql`update template set world = 'test' where subject = ${subject}`);
      await run(sql`update subject set world = 'test' where id = ${subject}`);
      expect(await templatesOf(subject, 'test')).toEqual([]);
      await expect(engine.subjects.find(realm('test'), 'old@example.com')).rejects.toThrow('cannot be read');
    });
  });

  describe('live sessions', () => {
    const challenges = scriptedChallenges();
    const consent = pageConsent({ name: 'Acme' }, 'none');
    const path = { flash: true, motion: true };
    let frames = 0;
    let sessions: ReturnType<typeof liveSessionsOver>;
    beforeEach(() => {
      Object.assign(challenges.script, { passed: true });
      sessions = liveSessionsOver(engine, { challenges });
    });

    const create = (match: 'none' | { email: string } = 'none') =>
      sessions.create({
        flow: 'api',
        realm: realm('test'),
        actor: apiKey,
        match,
        expiresAt: engine.clock.now() + 600_000,
        page: { consent },
        opened: { consent, path, device: {} },
      });
    async function attempt(token: string, who = 'ada'): Promise<void> {
      const link = await sessions.connect(token);
      await link.start();
      for (let i = 0; i < challenges.script.steps; i++) {
        const bytes = frameNamed(`frame ${++frames}`);
        const shown = analysisOf(`${frames}`, { embeddings: { 'a-net': direction(who) }, live: 0.99 });
        engine.analyzer.show(new TextDecoder().decode(bytes), shown);
        engine.advance(100);
        await link.submitFrame(bytes, engine.clock.now());
      }
      await sessions.finalizeByToken(token).catch(() => {});
      link.close();
    }
    const gone = { code: 'MISSING_AUTH' };

    test('a rejection that he turns into an approval is answered to none', async () => {
      challenges.script.passed = false;
      const { id, token } = await create();
      for (let i = 0; i < 3; i++) await attempt(token);
      expect(await sessions.finalizeByToken(token)).toMatchObject({ decision: 'rejected' });
      await run(sql`update live_session set decision = 'approved' where id = ${id}`);
      await expect(sessions.finalizeByToken(token)).rejects.toMatchObject(gone);
      await expect(sessions.finalize(realm('test'), id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      expect(await sessions.find(realm('test'), id)).toBeUndefined();
      expect(await sessions.page(realm('test'), { limit: 5 })).toEqual([]);
    });

    test.each([
      ['the person it asks for', sql`update live_session set matching = 'none'`],
      ['its profile', sql`update live_session set profile = 'phantom'`],
      ['its attempts', sql`update live_session set attempts = 2`],
      ['what the person chose', sql`update live_session set motion = 0`],
      ['its end', sql`update live_session set expires_at = expires_at + 1`],
      ['its world', sql`update live_session set world = 'live'`],
      ['its HMAC', sql`update live_session set mac = null`],
      ['its capability', sql`update live_session set token_hash = ${sha256('own')}`],
    ])('a session of which he changed %s is none any more', async (what, change) => {
      const { token } = await create({ email: 'alice@example.com' });
      await run(change);
      const held = what === 'its capability' ? 'own' : token;
      await expect(sessions.state(held)).rejects.toMatchObject(gone);
      await expect(sessions.connect(held)).rejects.toMatchObject(gone);
    });

    test('without what was ordered it is refused: any enrolled person would do', async () => {
      await enroll('eve@example.com', 'test');
      const { id, token } = await create({ email: 'alice@example.com' });
      await run(sql`update live_session set order_sealed = null, email_hash = null`);
      await attempt(token, 'eve@example.com');
      expect(await sessions.find(realm('test'), id)).toMatchObject({
        decision: 'rejected',
        reasons: ['PERSON_ERASED'],
      });
    });

    test('nor where he gives it a person, by whose key what was ordered does not open', async () => {
      await enroll('eve@example.com', 'test');
      const { id, token } = await create({ email: 'alice@example.com' });
      await run(sql`update live_session set subject = 'sub_other'`);
      await attempt(token, 'eve@example.com');
      expect(await sessions.find(realm('test'), id)).toMatchObject({
        decision: 'rejected',
        reasons: ['PERSON_ERASED'],
      });
    });
  });

  describe('API keys', () => {
    const make = async (more: object = {}) =>
      access.createKey(
        { organization: engine.organization, world: 'test', scopes: ['presence'], ...more },
        operator,
      );
    const use = (credential: string, scope: 'identity:verify' | 'presence' = 'presence') =>
      access.authenticate({ credential, scope, address: '10.0.0.9' });
    const refused = { code: 'INVALID_API_KEY' };

    test('a row that he inserts is no key', async () => {
      const { id } = await make();
      const own = makeKeyText('gh', 'live', (into) => void into.set(randomBytes(into.length)));
      const row = await engine.db
        .selectFrom('api_key')
        .selectAll()
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      await engine.db
        .insertInto('api_key')
        .values({ ...row, id: 'key_own', lineage: 'key_own', secret_hash: sha256(own), world: 'live' })
        .execute();
      await expect(use(own)).rejects.toMatchObject(refused);
      await engine.db
        .updateTable('api_key')
        .set({ mac: null } as never)
        .where('id', '=', 'key_own')
        .execute()
        .catch(() => {});
      await expect(use(own)).rejects.toMatchObject(refused);
    });

    test.each([
      ['its scopes', sql`update api_key set scopes = '["presence","identity"]'`],
      ['its world', sql`update api_key set world = 'live'`],
      ['its networks', sql`update api_key set cidrs = '[]'`],
      ['its profiles', sql`update api_key set profiles = '["desk"]'`],
      ['its end', sql`update api_key set expires_at = null`],
      ['its secret', sql`update api_key set secret_hash = ${sha256('gh_test_0000')}`],
      ['its lineage', sql`update api_key set lineage = 'key_other'`],
    ])('a key of which he changed %s is refused', async (what, change) => {
      const { key } = await make({ cidrs: ['10.0.0.0/16'], expiresAt: engine.clock.now() + 1e9 });
      await use(key);
      await run(change);
      await expect(use(what === 'its secret' ? 'gh_test_0000' : key)).rejects.toMatchObject(refused);
    });

    test('a revoked key stays revoked', async () => {
      const { id, key } = await make();
      await access.revokeKey(engine.organization, id, operator);
      await run(sql`update api_key set revoked_at = null`);
      await expect(use(key)).rejects.toMatchObject(refused);
    });

    test('nothing that an operator does to an altered key makes it valid', async () => {
      const { id, key } = await make({ scopes: ['presence', 'sessions'] });
      await run(sql`update api_key set scopes = '["presence","sessions","admin"]'`);
      const narrow = access.restrictKey(engine.organization, id, { scopes: ['presence'] }, operator);
      await expect(narrow).rejects.toMatchObject({ code: 'CONFLICT' });
      await expect(access.rotateKey(engine.organization, id, 0, operator)).rejects.toMatchObject({
        code: 'CONFLICT',
      });
      expect(await access.listKeys(engine.organization)).toMatchObject([{ id, altered: true }]);
      await access.revokeKey(engine.organization, id, operator);
      await run(sql`update api_key set revoked_at = null`);
      await expect(use(key)).rejects.toMatchObject(refused);
    });

    test('a row without a MAC is refused, and named at the start', async () => {
      const { id, key } = await make();
      await run(sql`update api_key set mac = null, scopes = '["admin"]' where id = ${id}`);
      expect(await access.alteredKeys()).toEqual([id]);
      await expect(use(key)).rejects.toMatchObject(refused);
    });

    test('what operators do leaves keys valid', async () => {
      const { id, key } = await make({ scopes: ['presence', 'sessions'] });
      await access.restrictKey(engine.organization, id, { cidrs: ['10.0.0.0/8'] }, operator);
      await engine.limits.set(engine.organization as OrganizationId, { burst: 5 }, operator, id);
      const { key: next } = await access.rotateKey(engine.organization, id, 60_000, operator);
      await use(key);
      await use(next);
    });
  });
});
