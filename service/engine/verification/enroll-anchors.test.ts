import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Engine, key, operator, startEngine } from '../../../test/support/engine.ts';
import { analysisOf, direction, near } from '../../../test/support/faces.ts';
import type { Actor } from '../audit/index.ts';
import type { EnrollCommand } from './verdict.ts';

const HOUR = 3_600_000;
const email = 'alice@example.com';

let engine: Engine;
beforeEach(async () => {
  engine = await startEngine();
});
afterEach(() => engine.stop());

/** A picture whose embedding is this one. */
const show = (name: string, vector: Float32Array, live?: number) =>
  engine.analyzer.show(
    name,
    analysisOf(name, { embeddings: { 'a-net': vector }, ...(live === undefined ? {} : { live }) }),
  );
/** `enrolled`, or the code of the refusal. */
const enroll = (picture: Uint8Array, more: Partial<EnrollCommand> = {}) =>
  engine.checks
    .enroll({ organization: engine.organization, world: 'test', picture, email, actor: key, ...more })
    .then(
      () => 'enrolled',
      ({ code }) => code as string,
    );
const realm = (world: 'live' | 'test' = 'test') => ({ organization: engine.organization, world });
const pictures = async (world: 'live' | 'test' = 'test') =>
  engine.subjects.pictures((await engine.subjects.get(realm(world), email)).id);
const lines = async (outcome: string) =>
  (
    await engine.db
      .selectFrom('audit')
      .select('details')
      .where('action', '=', 'subject.enroll')
      .where('outcome', '=', outcome)
      .orderBy('id')
      .execute()
  ).map(({ details }) => JSON.parse(details));

const alice = direction('alice');
/** Between two directions: 0 is the first. */
const between = (a: Float32Array, b: Float32Array, share: number) => {
  const sum = a.map((value, i) => (1 - share) * value + share * b[i]!);
  const length = Math.hypot(...sum);
  return sum.map((value) => value / length);
};

describe('a further picture', () => {
  test('of the person is added from a false-match rate of 1 % on, which a verification would refuse', async () => {
    await enroll(show('p0', alice));
    expect(await enroll(show('p1', near(alice, 0.61, 'p1')))).toBe('enrolled');
    expect(await enroll(show('p2', near(alice, 0.59, 'p2')))).toBe('TEMPLATE_MISMATCH');
    const { verified } = await engine.checks.verify({
      ...realm(),
      picture: show('probe', near(alice, 0.61, 'probe')),
      email,
      actor: key,
    });
    expect(verified).toBe(false);
  });

  test('has to match an anchor: like the others alone is not enough', async () => {
    const mallory = direction('mallory');
    await enroll(show('p0', alice));
    // Two pictures half way, put there by other means; the third matches both of them and not the anchor.
    for (const name of ['m0', 'm1'])
      await engine.subjects.enroll(
        realm(),
        { email, embeddings: { 'a-net': between(alice, mallory, 0.55) }, quality: 1, mark: name },
        operator,
      );
    expect(await enroll(show('m2', between(alice, mallory, 0.75)))).toBe('TEMPLATE_MISMATCH');
    const confirmed = (await pictures())[1]!;
    await engine.subjects.confirm(
      realm(),
      { subject: email, enrollment: confirmed.enrollment, confirmed: true },
      operator,
    );
    expect(await enroll(show('m3', between(alice, mallory, 0.75)))).toBe('enrolled');
  });

  test('has to match most pictures: one anchor alone is not enough', async () => {
    const twin = near(alice, 0.65, 'twin');
    await enroll(show('p0', alice));
    for (const name of ['p1', 'p2']) await enroll(show(name, near(alice, 0.97, name)));
    await enroll(show('odd', direction('odd')), { actor: operator, overrideMismatch: true });
    // Like the confirmed odd one only, then like three of four.
    expect(await enroll(show('o1', near(direction('odd'), 0.97, 'o1')))).toBe('TEMPLATE_MISMATCH');
    expect(await enroll(show('t1', twin))).toBe('enrolled');
  });

  test('that an operator insists on or confirms is an anchor; a key’s word is none', async () => {
    const claims = { overrideMismatch: true, confirmed: true, overrideLiveness: true };
    await enroll(show('p0', alice), claims);
    expect(await enroll(show('m0', direction('mallory')), claims)).toBe('TEMPLATE_MISMATCH');
    await enroll(show('p1', near(alice, 0.97, 'p1')), claims);
    await enroll(show('p2', near(alice, 0.97, 'p2')), { actor: operator });
    await enroll(show('p3', near(alice, 0.97, 'p3')), { actor: operator, confirmed: true });
    await enroll(show('p4', direction('older')), { actor: operator, overrideMismatch: true });
    expect((await pictures()).map(({ anchor }) => anchor)).toEqual([true, false, false, true, true]);
    expect(
      (await lines('done')).map(({ confirmed, overrideMismatch }) => [confirmed, overrideMismatch]),
    ).toEqual([
      [undefined, undefined],
      [undefined, undefined],
      [undefined, undefined],
      [true, undefined],
      [true, true],
    ]);
  });
});

test('keys enroll five pictures of a person in 24 hours, whichever key; operators as many as they like', async () => {
  const more = async (name: string, by: Partial<EnrollCommand> = {}) =>
    enroll(show(name, near(alice, 0.97, name)), by);
  for (let i = 0; i < 5; i++) expect(await more(`p${i}`)).toBe('enrolled');
  engine.advance(23 * HOUR);
  expect(await more('p5', { actor: { is: 'key', key: 'key_2' } })).toBe('USER_FLOOD_DETECTED');
  expect(await more('p6', { actor: operator })).toBe('enrolled');
  expect(await enroll(show('bob', direction('bob')), { email: 'bob@example.com' })).toBe('enrolled');
  engine.advance(HOUR);
  expect(await more('p7')).toBe('enrolled');
  expect(await pictures()).toHaveLength(7);
});

test('a blurred or dark file is refused as the camera refuses it, unless a person insists; a key enrolls it', async () => {
  const faults = [{ sharpness: 4 }, { luminance: 0.12 }, { underExposure: 0.4 }];
  for (const [i, quality] of faults.entries()) {
    const unclear = (name: string) =>
      engine.analyzer.show(
        name,
        analysisOf(name, { embeddings: { 'a-net': near(alice, 0.97, name) }, quality }),
      );
    const administrator: Actor = { is: 'administrator', administrator: 'adm_1' };
    expect(await enroll(unclear(`o${i}`), { actor: operator })).toBe('FACE_QUALITY_REFUSED');
    expect(await enroll(unclear(`a${i}`), { actor: administrator })).toBe('FACE_QUALITY_REFUSED');
    expect(await enroll(unclear(`k${i}`))).toBe('enrolled');
    expect(await enroll(unclear(`i${i}`), { actor: operator, overrideQuality: true })).toBe('enrolled');
  }
  const insisted = (await lines('done')).filter(({ overrideQuality }) => overrideQuality);
  expect(insisted).toHaveLength(faults.length);
});

describe('in the live world', () => {
  const live = (name: string, score: number, more: Partial<EnrollCommand> = {}) =>
    enroll(show(name, near(alice, 0.97, name), score), { world: 'live', ...more });

  test('an enrollment needs presentation attack detection as a verification does', async () => {
    expect(await live('p0', 0.99)).toBe('PAD_NOT_INSTALLED');
    expect(await live('p1', 0.99, { actor: operator })).toBe('PAD_NOT_INSTALLED');
    await engine.organizations.set(engine.organization, { matchOnly: true }, operator);
    expect(await live('p2', 0.99)).toBe('enrolled');
  });

  test('a picture without liveness is refused without figures, audited, published, and counted at the address', async () => {
    await engine.installPad();
    expect(await live('p0', 0.99)).toBe('enrolled');
    const picture = show('screen', near(alice, 0.97, 'screen'), 0.001);
    const attempt = engine.checks.enroll({ ...realm('live'), picture, email, actor: key });
    const { extra, code, message } = await attempt.catch((problem) => problem);
    expect({ code, message, results: extra.checkResults }).toEqual({
      code: 'CHECK_FAILED',
      message: 'The profile default refuses this: liveness.',
      results: [
        { check: 'liveness', pass: false, score: 0, weight: expect.any(Number), reason: extra.reason },
      ],
    });
    const { id: subject } = await engine.subjects.get(realm('live'), email);
    expect(await lines('refused')).toEqual([
      { code: 'CHECK_FAILED', world: 'live', check: 'liveness', subject },
    ]);
    const claims = await engine.db.selectFrom('claim').select('failures').execute();
    expect(claims).toEqual([{ failures: 1 }]);
    expect(await pictures('live')).toHaveLength(1);
    for (let i = 0; i < 9; i++) await live(`s${i}`, 0.001);
    expect(await live('s10', 0.001)).toBe('USER_FLOOD_DETECTED');
  });

  test('one key and network address has thirty refusals a minute, verifications among them, at whichever e-mail', async () => {
    await engine.installPad();
    const address = '192.0.2.7';
    const answers: string[] = [];
    for (let i = 0; i < 31; i++)
      answers.push(await live(`s${i}`, 0.001, { email: `p${i}@example.com`, address }));
    expect(answers).toEqual([...Array(30).fill('CHECK_FAILED'), 'BURST_LIMIT_EXCEEDED']);
    const verify = (picture: Uint8Array) =>
      engine.checks.verify({ ...realm('live'), picture, address, actor: key }).catch(({ code }) => code);
    expect(await verify(show('v', alice, 0.99))).toBe('BURST_LIMIT_EXCEEDED');
    // Others, and an operator, enroll meanwhile.
    expect(await live('o0', 0.99, { email: 'other@example.com', address: '192.0.2.8' })).toBe('enrolled');
    expect(await live('o1', 0.001, { address, actor: operator })).toBe('CHECK_FAILED');
    engine.advance(60_000);
    expect(await verify(show('v', direction('unenrolled'), 0.001))).toBe('CHECK_FAILED');
    expect(await engine.db.selectFrom('refused_picture').selectAll().execute()).toHaveLength(31);
  });

  test('the same pixels are refused unseen for a day, whether a verification or an enrollment was refused first', async () => {
    await engine.installPad();
    const once = async (name: string) => {
      const picture = show(name, direction('eve'), 0.001);
      return {
        enroll: () => enroll(picture, { world: 'live', email: 'eve@example.com' }),
        verify: () =>
          engine.checks.verify({ ...realm('live'), picture, actor: key }).catch(({ code }) => code),
        // What is judged now would pass.
        live: () => show(name, direction('eve'), 0.99),
      };
    };
    const one = await once('one');
    expect(await one.enroll()).toBe('CHECK_FAILED');
    one.live();
    expect([await one.enroll(), await one.verify()]).toEqual(['CHECK_FAILED', 'CHECK_FAILED']);
    const two = await once('two');
    expect(await two.verify()).toBe('CHECK_FAILED');
    two.live();
    expect(await two.enroll()).toBe('CHECK_FAILED');
    engine.advance(25 * HOUR);
    expect(await two.enroll()).toBe('enrolled');
  });

  test('an operator may enroll a paper picture, audited', async () => {
    await engine.installPad();
    expect(await live('scan', 0.001, { actor: operator })).toBe('CHECK_FAILED');
    expect(await live('scan', 0.001, { actor: operator, overrideLiveness: true })).toBe('enrolled');
    expect((await lines('done')).map(({ overrideLiveness }) => overrideLiveness)).toEqual([true]);
  });
});
