import { afterEach, expect, it } from 'vitest';
import { mostlyOnSqlite } from '../../../../test/storage/databases.ts';
import { type Engine, key, operator, startEngine } from '../../../../test/support/engine.ts';
import { analysisOf, direction, near } from '../../../../test/support/faces.ts';
import type { World } from '../../../lib/id.ts';
import type { VerifyCommand } from '../../verification/index.ts';
import { createRefusedPictures, type RefusedPictures } from './refused-pictures.ts';

const ada = direction('ada');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

mostlyOnSqlite('refused pictures', (newLocation, _, { test }) => {
  let engine: Engine;
  afterEach(() => engine.stop());

  async function start() {
    engine = await startEngine({ location: await newLocation() });
    await engine.installPad();
    await engine.limits.set(engine.organization, { perUser: 100_000 }, operator);
  }
  /** A picture of this person, or of a stranger. */
  const show = (name: string, live: number, person = ada) =>
    engine.analyzer.show(name, analysisOf(name, { live, embeddings: { 'a-net': near(person, 0.95, name) } }));
  const enroll = (world: World = 'live', name = `enrolled ${world}`) =>
    engine.checks.enroll({
      organization: engine.organization,
      world,
      picture: show(name, 0.99),
      email: 'ada@example.com',
      actor: operator,
    });
  /** As a new process has it: nothing is remembered. */
  const restarted = (over: Parameters<Engine['openChecks']>[0] = {}) =>
    engine.openChecks({ ...over, refusedPictures: createRefusedPictures(engine) });
  const verify = (picture: Uint8Array, more: Partial<VerifyCommand> = {}) =>
    engine.checks
      .verify({
        organization: engine.organization,
        world: 'live',
        picture,
        address: '192.0.2.7',
        actor: key,
        ...more,
      })
      .then(
        ({ verified }) => (verified ? 'verified' : 'refused'),
        ({ code, extra }) =>
          extra?.retryAfterSeconds === undefined ? code : `${code} ${extra.retryAfterSeconds}`,
      );
  let made = 0;
  /** A new photograph of a person who is not enrolled. */
  const attack = (more: Partial<VerifyCommand> = {}) =>
    verify(show(`attack ${++made}`, 0.01, direction('unenrolled')), more);

  test('thirty a minute of one key and address, then 429 with the time to wait; other addresses go on', async () => {
    await start();
    await enroll();
    const answers = [];
    for (let i = 0; i < 31; i++) {
      answers.push(await attack());
      engine.advance(1000);
    }
    expect(answers).toEqual([...Array(30).fill('CHECK_FAILED'), 'BURST_LIMIT_EXCEEDED 30']);
    // One photograph locks out no other caller: not at another address, not with another key, not an operator.
    expect(await verify(show('p1', 0.9), { address: '192.0.2.8' })).toBe('verified');
    expect(await verify(show('p2', 0.9), { actor: { is: 'key', key: 'key_2' } })).toBe('verified');
    expect(await verify(show('p3', 0.9), { actor: operator })).toBe('verified');
    expect(await verify(show('p4', 0.9))).toBe('BURST_LIMIT_EXCEEDED 29');
    engine.advance(29_000);
    expect(await verify(show('p4', 0.9))).toBe('verified');
  });

  test('one IPv6 host is one source, whatever addresses of its network it takes', async () => {
    await start();
    await enroll();
    for (let i = 0; i < 30; i++) await attack({ address: `2001:db8:1:2::${i}` });
    expect(await attack({ address: '2001:db8:1:2:ffff::1' })).toBe('BURST_LIMIT_EXCEEDED 60');
    expect(await verify(show('neighbour', 0.9), { address: '2001:db8:1:3::1' })).toBe('verified');
  });

  test('refusals dated by a clock that ran ahead do not count once it is set right', async () => {
    await start();
    for (let i = 0; i < 30; i++) await attack();
    engine.advance(-HOUR);
    expect(await attack()).toBe('CHECK_FAILED');
  });

  test('refusals count again once a clock that ran ahead is set right', async () => {
    await start();
    for (let i = 0; i < 30; i++) await attack();
    engine.advance(87_600 * HOUR);
    expect(await attack()).toBe('CHECK_FAILED');
    engine.advance(-87_600 * HOUR);
    expect(await attack()).toBe('BURST_LIMIT_EXCEEDED 60');
  });

  test('the same pixels again count as refusals', async () => {
    await start();
    const picture = show('photo', 0.01);
    for (let i = 0; i < 30; i++) expect(await verify(picture)).toBe('CHECK_FAILED');
    expect(await verify(show('fresh', 0.99))).toBe('BURST_LIMIT_EXCEEDED 60');
  });

  test.each(['verified', 'enrolled'] as const)(
    'no person is %s by a picture that was analyzed while others of its source used up the limit',
    async (task) => {
      await start();
      await enroll();
      let attacks = 30;
      const checks = engine.openChecks({
        analyzer: {
          async analyze(picture, request) {
            while (attacks-- > 0) await attack();
            return engine.analyzer.analyze(picture, request);
          },
        },
      });
      const { organization } = engine;
      const command = { organization, world: 'live', address: '192.0.2.7', actor: key } as const;
      const picture = show('passes', 0.99);
      const email = 'ada@example.com';
      const done =
        task === 'verified'
          ? checks.verify({ ...command, picture })
          : checks.enroll({ ...command, picture, email });
      await expect(done).rejects.toMatchObject({ code: 'BURST_LIMIT_EXCEEDED' });
      expect(await engine.db.selectFrom('template').select('id').execute()).toHaveLength(1);
      const verified = engine.db.selectFrom('verification').select('id').where('verified', '=', 1);
      expect(await verified.execute()).toEqual([]);
    },
  );

  it('of many at once, no more than the limit are answered', async () => {
    await start();
    const answers = await Promise.all(Array.from({ length: 40 }, () => attack()));
    expect(answers.filter((one) => one === 'CHECK_FAILED')).toHaveLength(30);
    expect(answers.filter((one) => one === 'BURST_LIMIT_EXCEEDED 60')).toHaveLength(10);
  });

  test('three hundred a day, also over a restart; what is older than a day is gone', async () => {
    await start();
    expect(await attack()).toBe('CHECK_FAILED');
    const first = await engine.db.selectFrom('refused_picture').selectAll().executeTakeFirstOrThrow();
    // Others like it, three seconds apart.
    const others = Array.from({ length: 299 }, (_, i) => ({
      ...first,
      id: `ver_${i}`,
      picture_hash: `picture ${i}`,
      created_at: first.created_at + 3000 * (i + 1),
    }));
    await engine.db.insertInto('refused_picture').values(others).execute();
    engine.advance(299 * 3000);
    engine.advance(MINUTE);
    const wait = `BURST_LIMIT_EXCEEDED ${(24 * HOUR - 299 * 3000 - MINUTE) / 1000}`;
    expect(await attack()).toBe(wait);
    const again = restarted();
    await expect(
      again.verify({
        organization: engine.organization,
        world: 'live',
        picture: show('after', 0.01),
        address: '192.0.2.7',
        actor: key,
      }),
    ).rejects.toMatchObject({ code: 'BURST_LIMIT_EXCEEDED' });
    engine.advance(25 * HOUR);
    expect(await attack()).toBe('CHECK_FAILED');
    await createRefusedPictures(engine).sweep();
    expect(await engine.db.selectFrom('refused_picture').selectAll().execute()).toHaveLength(1);
  });

  test('a key’s successor has what its predecessor used up', async () => {
    await start();
    const row = {
      name: 'k',
      prefix: 'gh',
      world: 'live',
      hint: 'aaaa',
      scopes: '[]',
      origins: '[]',
      browser: 0,
    };
    const times = { created_at: 1, expires_at: null, revoked_at: null, last_used_at: null };
    for (const id of ['key_1', 'key_2']) {
      const { organization } = engine;
      await engine.db
        .insertInto('api_key')
        .values({
          ...row,
          ...times,
          organization,
          id,
          secret_hash: id,
          lineage: 'key_1',
          last_used_address: null,
        })
        .execute();
    }
    for (let i = 0; i < 30; i++) await attack();
    expect(await attack({ actor: { is: 'key', key: 'key_2' } })).toBe('BURST_LIMIT_EXCEEDED 60');
  });

  test('the same pixels are refused for a day without being looked at, also by a new process', async () => {
    await start();
    await enroll();
    const picture = show('photo', 0.01);
    expect(await verify(picture)).toBe('CHECK_FAILED');
    const before = await engine.db.selectFrom('verification').select('id').execute();
    // The models would let it pass now.
    show('photo', 0.99);
    const asked: (readonly string[] | undefined)[] = [];
    const watched = restarted();
    for (const checks of [engine.checks, watched]) {
      const error = await checks
        .verify({
          organization: engine.organization,
          world: 'live',
          picture,
          actor: key,
          address: '198.51.100.1',
        })
        .catch((refusal: unknown) => refusal);
      expect(error).toMatchObject({
        code: 'CHECK_FAILED',
        extra: {
          reason: 'This picture was refused before: take a new one with the camera.',
          checkResults: [{ check: 'liveness', pass: false, score: 0 }],
        },
      });
    }
    const analyzer = {
      analyze: (bytes: Uint8Array, request: Parameters<Engine['analyzer']['analyze']>[1]) => {
        asked.push(request.stopAt);
        return engine.analyzer.analyze(bytes, request);
      },
    };
    const third = restarted({ analyzer });
    const verifyThird = (name: string, live: number) =>
      third
        .verify({ organization: engine.organization, world: 'live', picture: show(name, live), actor: key })
        .catch(() => undefined);
    await verifyThird('another', 0.01);
    await verifyThird('a third', 0.99);
    const { pixelHash } = analysisOf('another');
    expect(asked).toEqual([undefined, [pixelHash]]);
    // Another key's caller never saw the refusal.
    expect(await verify(picture, { actor: { is: 'key', key: 'key_9' } })).toBe('verified');
    expect((await engine.db.selectFrom('verification').select('id').execute()).length).toBe(
      before.length + 3,
    );
    engine.advance(24 * HOUR);
    expect(await verify(picture)).toBe('verified');
  });

  test('pixels are refused to the last millisecond of a day, by this process and by a new one, and not after', async () => {
    await start();
    await enroll();
    const photos = ['asked before', 'asked after', 'asked before, new process'].map((name) => {
      const picture = show(name, 0.01);
      return { picture, live: () => show(name, 0.99) };
    });
    for (const { picture } of photos) expect(await verify(picture)).toBe('CHECK_FAILED');
    for (const photo of photos) photo.live();
    engine.advance(12 * HOUR);
    // Each addition deletes old rows.
    expect(await attack()).toBe('CHECK_FAILED');
    engine.advance(12 * HOUR - 1);
    expect(await verify(photos[0]!.picture)).toBe('CHECK_FAILED');
    const { organization } = engine;
    const command = { organization, world: 'live', address: '192.0.2.7', actor: key } as const;
    await expect(restarted().verify({ ...command, picture: photos[2]!.picture })).rejects.toMatchObject({
      code: 'CHECK_FAILED',
    });
    engine.advance(1);
    expect(await verify(photos[1]!.picture)).toBe('verified');
  });

  test('a process remembers the last 300 pictures of a key that were refused', async () => {
    await start();
    const guards = createRefusedPictures(engine);
    const realm = { organization: engine.organization, world: 'live' as const };
    const admit = (i: number) => guards.admit(realm, { actor: key, address: `192.0.2.${i % 200}` });
    for (let i = 0; i < 301; i++) {
      engine.advance(1000);
      const guard = await admit(i);
      await engine.inTransaction((tx) => guard.add(tx, `pixels ${i}`));
    }
    const { stopAt } = await admit(0);
    expect(stopAt).toEqual(Array.from({ length: 300 }, (_, i) => `pixels ${i + 1}`));
  });

  test('a picture that another node refused counts, and is refused here', async () => {
    await start();
    const realm = { organization: engine.organization, world: 'live' as const };
    const admit = (at: RefusedPictures) => at.admit(realm, { actor: key, address: '192.0.2.7' });
    const [here, there] = [createRefusedPictures(engine), createRefusedPictures(engine)];
    const before = await admit(here);
    expect(await before.refusedBefore('pixels 0')).toBe(false);
    for (let i = 0; i < 29; i++) {
      const guard = await admit(there);
      await engine.inTransaction((tx) => guard.add(tx, `pixels ${i}`));
    }
    expect(await before.refusedBefore('pixels 0')).toBe(true);
    for (const guard of [() => before.admitAgain(), () => admit(here), () => admit(there)])
      await expect(guard()).rejects.toMatchObject({ code: 'BURST_LIMIT_EXCEEDED' });
  });

  test('failures count for the person that the picture matched, without an e-mail too', async () => {
    await start();
    await enroll();
    const photograph = (i: number) => verify(show(`photograph ${i}`, 0.01));
    const answers = [];
    for (let i = 0; i < 11; i++) {
      engine.advance(3000);
      answers.push(await photograph(i));
    }
    expect(answers).toEqual([...Array(10).fill('CHECK_FAILED'), 'USER_FLOOD_DETECTED 27']);
    expect(await verify(show('ada', 0.9), { email: 'ada@example.com' })).toBe('USER_FLOOD_DETECTED 27');
    // A stranger matches no person and delays none.
    expect(await attack()).toBe('CHECK_FAILED');
    engine.advance(27_000);
    expect(await verify(show('ada herself', 0.9))).toBe('verified');
    expect(await engine.db.selectFrom('claim').selectAll().execute()).toEqual([]);
  });

  test('a picture that was enrolled verifies no person in the live world, and counts as an attack', async () => {
    await start();
    for (const world of ['live', 'test'] as const) await enroll(world);
    const enrolled = show('enrolled live', 0.99);
    const error = await engine.checks
      .verify({ organization: engine.organization, world: 'live', picture: enrolled, actor: key })
      .catch((refusal: unknown) => refusal);
    const reason = 'This picture was enrolled before: take a new one with the camera.';
    expect(error).toMatchObject({ code: 'REPLAYED_PICTURE', message: reason, extra: { reason } });
    expect(await verify(enrolled)).toBe('CHECK_FAILED');
    const email = 'ada@example.com';
    expect(await verify(show('new', 0.99), { email, frames: [show('enrolled live', 0.99)] })).toBe(
      'REPLAYED_PICTURE',
    );
    expect(await engine.db.selectFrom('claim').select(['world', 'failures']).execute()).toEqual([
      { world: 'live', failures: 2 },
    ]);
    // Enrolled by an earlier release, which kept the hash of the pixels as they were sent.
    const { pixelHash: sentHash } = analysisOf('enrolled live');
    const again = engine.analyzer.show('again', {
      ...analysisOf('again', { live: 0.99, embeddings: { 'a-net': near(ada, 0.95, 'again') } }),
      sentHash,
    });
    expect(await verify(again)).toBe('REPLAYED_PICTURE');
    expect(await verify(show('newer', 0.99), { email })).toBe('verified');
    expect(await verify(show('enrolled test', 0.99), { world: 'test' })).toBe('verified');
    // Neither the pixels nor their plain hash stand in the row, and the row goes with the person.
    const [row] = await engine.db.selectFrom('template').select('picture_hash').execute();
    expect(row!.picture_hash).toMatch(/^[0-9a-f]{64}$|^[\w-]{20,}$/);
    expect(row!.picture_hash).not.toBe(analysisOf('enrolled live').pixelHash);
  });
});
