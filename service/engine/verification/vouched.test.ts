import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, key, operator, startEngine } from '../../../test/support/engine.ts';
import { verifyWith } from '../../../test/support/verify-alice.ts';
import type { Actor } from '../audit/index.ts';
import { builtInProfiles, type ProfileDefinition } from '../matching/index.ts';
import type { VerifyCommand } from './verdict.ts';

const email = 'alice@example.com';
const kiosk: Actor = { is: 'kiosk', kiosk: 'ksk_1', administrator: 'adm_ada' };
let engine: Engine;
const { show, enrollAlice, verify, stored } = verifyWith(() => engine, 'live');

const setProfile = (slug: string, undecided: 'review' | 'refuse', more: Partial<ProfileDefinition> = {}) => {
  const { definition } = builtInProfiles.find((one) => one.slug === 'default')!;
  const challenge = { steps: ['turn-left', 'blink'], count: 2, undecided };
  const own = { ...definition, maturity: 'custom', challenge, ...more } as ProfileDefinition;
  return engine.checks.setProfile(engine.organization, slug, own, operator);
};
beforeEach(async () => {
  engine = await startEngine();
  await engine.installPad();
  await enrollAlice('live');
  await setProfile('desk', 'review', { capture: 'kiosk' });
});
afterEach(() => engine.stop());

/** What the PAD net reads; the profile passes from .5 on. */
const at = (live: number, cosine = 0.9) => show(`${live} ${cosine}`, cosine, { live });
const ask = (picture: Uint8Array, more: Partial<VerifyCommand> = {}) =>
  verify(picture, { email, profile: 'desk', actor: kiosk, ...more });
const refusalOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    ({ code, extra }) => [code, extra.undecided ?? false],
  );

test('a clerk may vouch where liveness alone is against it and not sure; the answer rests on the match alone, and the record says who', async () => {
  expect(await refusalOf(ask(at(0.3)))).toEqual(['CHECK_FAILED', true]);
  const verdict = await ask(at(0.3), { vouched: true });
  expect(verdict).toMatchObject({ verified: true, subject: { email }, assurance: 'match-only' });
  expect(verdict.checkResults.find(({ check }) => check === 'liveness')).toMatchObject({
    pass: true,
    weight: 0,
    skipped: 'It was not sure. The operator of the kiosk looked at the person and vouched with the PIN.',
  });
  expect((await stored()).map(({ verified, assurance }) => [verified, assurance])).toEqual([
    [0, 'passive'],
    [1, 'match-only'],
  ]);
  const lines = await engine.db
    .selectFrom('audit')
    .select(['actor', 'details'])
    .where('action', '=', 'verification.decide')
    .orderBy('seq')
    .execute();
  expect(lines.map(({ actor, details }) => [actor, JSON.parse(details).vouched])).toEqual([
    [expect.stringContaining('adm_ada'), undefined],
    [expect.stringContaining('adm_ada'), true],
  ]);
});

test('a clerk is asked too where liveness does not refuse by itself, but no other answer is left', async () => {
  const { definition } = builtInProfiles.find(({ slug }) => slug === 'default')!;
  const checks = { ...definition.checks, liveness: { ...definition.checks.liveness, hardFail: false } };
  await setProfile('soft', 'review', { checks, minimumComposite: 0.9 });
  expect(await ask(at(0.3), { profile: 'soft' })).toMatchObject({ verified: false, undecided: true });
  const vouched = await ask(at(0.3), { profile: 'soft', vouched: true });
  expect(vouched).toMatchObject({ verified: true, assurance: 'match-only' });
  for (const verdict of [
    vouched,
    await ask(at(0.3), { profile: 'soft', actor: key }),
    await ask(at(0.3, 0.3), { profile: 'soft' }),
  ])
    expect(verdict).not.toHaveProperty('undecided');
});

test.each([
  ['liveness is sure', () => at(0.2), {}],
  ['the face is another one', () => at(0.3, 0.3), {}],
  ['the profile asks no person', () => at(0.3), { profile: 'remote' }],
  ['the caller is no kiosk', () => at(0.3), { profile: 'both', actor: key }],
])('a clerk is not asked and cannot vouch where %s', async (_, picture, more) => {
  await setProfile('remote', 'refuse');
  await setProfile('both', 'review');
  for (const vouched of [false, true]) {
    const refused = await refusalOf(ask(picture(), { ...more, vouched }));
    expect(refused).toEqual(['CHECK_FAILED', false]);
  }
});
