import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { mostlyOnSqlite } from '../../../../test/storage/databases.ts';
import { operator } from '../../../../test/support/engine.ts';
import { password, refusal, type Staff, startStaff } from '../../../../test/support/staff.ts';
import type { KioskCaller } from '../access/caller.ts';
import type { Administrator } from '../administrators/administrator.ts';
import { signedText } from './kiosk.ts';
import type { Kiosks } from './kiosks.ts';

const minute = 60_000;
const pin = '480263';
let staff: Staff;
let kiosks: Kiosks;
let cara: Administrator;
let device: { privateKey: KeyObject; publicKey: string };

function makeDevice() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey, publicKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64url') };
}
const realm = () => ({ organization: staff.organization, world: 'live' as const });
const begin = () => kiosks.beginPairing(realm(), 'Lisbon 2', operator);
async function pair() {
  const { id, code } = await begin();
  kiosks.claim(code, device.publicKey);
  return kiosks.confirmPairing(staff.organization, id, operator);
}
const signature = (kiosk: string, challenge: string, key = device.privateKey) =>
  sign('sha256', Buffer.from(signedText(kiosk, challenge)), { key, dsaEncoding: 'ieee-p1363' }).toString(
    'base64url',
  );
async function openSession(kiosk: string) {
  const challenge = kiosks.challenge(kiosk);
  return (await kiosks.openSession(kiosk, challenge, signature(kiosk, challenge))).token;
}
const linesOf = async (action: string) =>
  (await staff.lines())
    .filter((line) => line.action === action)
    .map(({ actor, target, outcome }) => ({ actor, target, outcome }));
async function enter(): Promise<{ caller: KioskCaller; token: string }> {
  const token = await openSession((await pair()).id);
  return { caller: (await kiosks.byToken(token))!, token };
}

mostlyOnSqlite('kiosks', (newLocation, _, { test }) => {
  beforeEach(async () => {
    staff = await startStaff({ location: await newLocation() });
    ({ kiosks } = staff);
    device = makeDevice();
    cara = await staff.make('Cara Diaz', 'operator');
  });
  afterEach(() => staff.stop());

  test('a pairing that is confirmed twice at once makes one kiosk', async () => {
    const { id, code } = await begin();
    kiosks.claim(code, device.publicKey);
    const confirm = () => refusal(kiosks.confirmPairing(staff.organization, id, operator));
    expect((await Promise.all([confirm(), confirm()])).toSorted()).toEqual(['NOT_FOUND', 'none']);
    expect((await kiosks.list(staff.organization)).length).toBe(1);
  });

  test('with an organization that is erased its kiosks end, and none is paired with it any more', async () => {
    const { token } = await enter();
    const { id, code } = await begin();
    kiosks.claim(code, makeDevice().publicKey);
    await staff.db
      .updateTable('organization')
      .set({ erased_at: staff.clock.now() })
      .where('id', '=', staff.organization)
      .execute();
    await kiosks.revokeAll(staff.organization, operator);
    expect(await kiosks.byToken(token)).toBeUndefined();
    const { id: kiosk } = (await kiosks.list(staff.organization))[0]!;
    await expect(openSession(kiosk)).rejects.toMatchObject({ code: 'SIGN_IN_REFUSED' });
    for (const pairing of [begin(), kiosks.confirmPairing(staff.organization, id, operator)])
      await expect(pairing).rejects.toMatchObject({ code: 'CONFLICT', message: /was erased on/ });
  });

  test('from the code on the screen to a confirmed device, which the audit log names', async () => {
    const { id, code, state } = await begin();
    expect([code, state]).toEqual([
      expect.stringMatching(/^[0-9A-HJKMNP-TV-Z]{8}$/),
      { is: 'waiting', triesLeft: 5 },
    ]);
    await expect(kiosks.confirmPairing(staff.organization, id, operator)).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    const typed = `${code.slice(0, 4).toLowerCase()}-${code.slice(4)}`;
    const { claim, fingerprint } = kiosks.claim(typed, device.publicKey);
    expect(kiosks.outcome(claim)).toEqual({ is: 'waiting' });
    expect(kiosks.pairing(staff.organization, id).state).toEqual({ is: 'claimed', fingerprint });
    const kiosk = await kiosks.confirmPairing(staff.organization, id, operator);
    expect(kiosks.outcome(claim)).toEqual({ is: 'paired', kiosk: kiosk.id });
    expect(kiosk).toMatchObject({ name: 'Lisbon 2', fingerprint, pinLocked: false });
    expect((await staff.lines()).map(({ action }) => action)).toEqual(
      expect.arrayContaining(['kiosk.code', 'kiosk.pair']),
    );
  });

  test('of the sessions that a device opens the newest sixteen last', async () => {
    const { id } = await pair();
    const tokens: string[] = [];
    for (let opened = 0; opened < 18; opened++) tokens.push(await openSession(id));
    const known = await Promise.all(tokens.map(async (token) => (await kiosks.byToken(token)) !== undefined));
    expect(known).toEqual(tokens.map((_, at) => at >= 2));
  });

  test('wrong codes count against the code that begins alike, and not against the others', async () => {
    const [first, second] = [await begin(), await begin()];
    const wrong = `${first.code.slice(0, 4)}${second.code.slice(4)}`;
    for (let i = 0; i < 6; i++) {
      expect(() => kiosks.claim(wrong, device.publicKey)).toThrow(/wrong/);
      expect(() => kiosks.claim('ZZZZZZZZ', device.publicKey)).toThrow(/wrong/);
    }
    expect(kiosks.pairing(staff.organization, first.id).state).toEqual({ is: 'waiting', triesLeft: 0 });
    expect(kiosks.pairing(staff.organization, second.id).state).toEqual({ is: 'waiting', triesLeft: 5 });
    expect(() => kiosks.claim(first.code, device.publicKey)).toThrow(/wrong/);
    kiosks.claim(second.code, device.publicKey);
  });

  test('one organization has twenty codes at a time', async () => {
    for (let i = 0; i < 20; i++) await begin();
    expect(await refusal(begin())).toBe('OVERLOADED');
    staff.advance(5 * minute);
    await begin();
  });

  test('five wrong codes, five minutes, or a second device: the code is of no use', async () => {
    const first = await begin();
    const wrong = `${first.code.slice(0, 4)}UUUU`;
    for (let i = 0; i < 5; i++) expect(() => kiosks.claim(wrong, device.publicKey)).toThrow(/wrong/);
    expect(() => kiosks.claim(first.code, device.publicKey)).toThrow(/wrong/);
    const second = await begin();
    staff.advance(5 * minute);
    expect(() => kiosks.claim(second.code, device.publicKey)).toThrow(/wrong/);
    const third = await begin();
    kiosks.claim(third.code, device.publicKey);
    expect(() => kiosks.claim(third.code, makeDevice().publicKey)).toThrow(/wrong/);
    kiosks.cancelPairing(staff.organization, third.id);
    expect(await refusal(kiosks.confirmPairing(staff.organization, third.id, operator))).toBe('NOT_FOUND');
  });

  test.each([
    ['no key', 'abc'],
    ['a key of another curve', generateKeyPairSync('ec', { namedCurve: 'P-384' })],
    ['a key of another kind', generateKeyPairSync('ed25519')],
  ])('%s pairs nothing', async (_name, key) => {
    const { code } = await begin();
    const text =
      typeof key === 'string'
        ? key
        : key.publicKey.export({ format: 'der', type: 'spki' }).toString('base64url');
    expect(() => kiosks.claim(code, text)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
  });

  test('a signature opens one session; used again, of another key or too late it opens none', async () => {
    const { id } = await pair();
    const challenge = kiosks.challenge(id);
    const signed = signature(id, challenge);
    const { token } = await kiosks.openSession(id, challenge, signed);
    expect(await kiosks.byToken(token)).toMatchObject({ is: 'kiosk', kiosk: id, world: 'live' });
    expect(await refusal(kiosks.openSession(id, challenge, signed))).toBe('SIGN_IN_REFUSED');
    expect(await refusal(kiosks.openSession(id, kiosks.challenge(id), signed))).toBe('SIGN_IN_REFUSED');
    const among = kiosks.challenge(id);
    for (let i = 0; i < 2_000; i++) kiosks.challenge(`ksk_${i}`);
    await kiosks.openSession(id, among, signature(id, among));
    const foreign = kiosks.challenge('ksk_unknown');
    expect(await refusal(kiosks.openSession(id, foreign, signature(id, foreign)))).toBe('SIGN_IN_REFUSED');
    const longer = kiosks.challenge(id).replace(/^\d+/, (until) => String(Number(until) + 1));
    expect(await refusal(kiosks.openSession(id, longer, signature(id, longer)))).toBe('SIGN_IN_REFUSED');
    const other = kiosks.challenge(id);
    expect(await refusal(kiosks.openSession(id, other, signature(id, other, makeDevice().privateKey)))).toBe(
      'SIGN_IN_REFUSED',
    );
    const late = kiosks.challenge(id);
    staff.advance(minute);
    expect(await refusal(kiosks.openSession(id, late, signature(id, late)))).toBe('SIGN_IN_REFUSED');
    const unknown = kiosks.challenge('ksk_unknown');
    expect(await refusal(kiosks.openSession('ksk_unknown', unknown, signature('ksk_unknown', unknown)))).toBe(
      'SIGN_IN_REFUSED',
    );
    staff.advance(15 * minute);
    expect(await kiosks.byToken(token)).toBeUndefined();
  });

  test('a revoked kiosk is out at once, and so is one whose row was changed by hand', async () => {
    const { caller, token } = await enter();
    await kiosks.revoke(staff.organization, caller.kiosk, operator);
    await kiosks.revoke(staff.organization, caller.kiosk, operator);
    expect(await linesOf('kiosk.revoke')).toEqual([
      { actor: 'operator:ada', target: caller.kiosk, outcome: 'done' },
    ]);
    expect(await kiosks.byToken(token)).toBeUndefined();
    expect(await refusal(openSession(caller.kiosk))).toBe('SIGN_IN_REFUSED');
    await staff.db.updateTable('kiosk').set({ revoked_at: null }).execute();
    expect(await refusal(openSession(caller.kiosk))).toBe('SIGN_IN_REFUSED');
  });

  test('an operator signs in by PIN, and leaves by it; no console session is left behind', async () => {
    const { caller, token } = await enter();
    await kiosks.setPin(cara.id, staff.organization, pin);
    expect(await kiosks.signIn(caller, 'CARA@example.com', pin)).toMatchObject({
      name: 'Cara Diaz',
    });
    expect(await kiosks.byToken(token)).toMatchObject({ operator: cara.id });
    expect(await refusal(kiosks.leave(caller, '480264'))).toBe('SIGN_IN_REFUSED');
    expect(await kiosks.byToken(token)).toMatchObject({ operator: cara.id });
    kiosks.confirmLeft((await kiosks.leave(caller, pin)).token);
    expect(await kiosks.byToken(token)).toBeUndefined();
    const again = (await kiosks.byToken(await openSession(caller.kiosk)))!;
    expect(again.operator).toBeUndefined();
    expect(await staff.administrators.listSessions(cara.id)).toEqual([]);
  });

  test('a right PIN of a caller that does not wait any more does nothing', async () => {
    const { caller } = await enter();
    await kiosks.setPin(cara.id, staff.organization, pin);
    const gone = { ...caller, signal: AbortSignal.abort() };
    expect(await refusal(kiosks.signIn(gone, cara.email, pin))).toBe('TIMEOUT');
    expect((await kiosks.get(caller)).operator).toBeUndefined();
    await kiosks.signIn(caller, cara.email, pin);
    expect(await refusal(kiosks.leave(gone, pin))).toBe('TIMEOUT');
    expect(await refusal(kiosks.confirmOperator(gone, pin))).toBe('TIMEOUT');
    expect((await kiosks.get(caller)).operator).toMatchObject({ name: 'Cara Diaz' });
  });

  test('without an operator, after the shift or a restart, it is left by the address and the PIN of an operator alone', async () => {
    const { caller } = await enter();
    await kiosks.setPin(cara.id, staff.organization, pin);
    const vera = await staff.make('Vera Auditor', 'auditor');
    await kiosks.setPin(vera.id, staff.organization, pin);
    await kiosks.signIn(caller, cara.email, pin);
    staff.advance(12 * 60 * minute);
    expect(await refusal(kiosks.leave(caller, pin))).toBe('SIGN_IN_REFUSED');
    expect(await refusal(kiosks.leave(caller, pin, vera.email))).toBe('SIGN_IN_REFUSED');
    expect(await refusal(kiosks.leave(caller, '480264', cara.email))).toBe('SIGN_IN_REFUSED');
    kiosks.confirmLeft((await kiosks.leave(caller, pin, cara.email)).token);
  });

  test('while an operator is signed in, another one leaves it by address and PIN, and the audit log names who', async () => {
    const { caller } = await enter();
    const dora = await staff.make('Dora Operator', 'operator');
    await kiosks.setPin(cara.id, staff.organization, pin);
    await kiosks.setPin(dora.id, staff.organization, '902613');
    await kiosks.signIn(caller, cara.email, pin);
    expect(await refusal(kiosks.leave(caller, '902613'))).toBe('SIGN_IN_REFUSED');
    await kiosks.leave(caller, '902613', dora.email);
    const [last] = (await staff.lines()).filter(({ action }) => action === 'kiosk.operator').slice(-1);
    expect(last).toMatchObject({ actor: `kiosk:${caller.kiosk}/${dora.id}`, outcome: 'done' });
  });

  test('locked by five wrong PINs, it is not left, with the right PIN either, until it is unlocked', async () => {
    const { caller } = await enter();
    await kiosks.setPin(cara.id, staff.organization, pin);
    await kiosks.signIn(caller, cara.email, pin);
    for (let guess = 0; guess < 5; guess++)
      expect(await refusal(kiosks.leave(caller, `90261${guess}`, 'unknown@example.com'))).toBe(
        'SIGN_IN_REFUSED',
      );
    expect(await refusal(kiosks.leave(caller, pin))).toBe('SIGN_IN_REFUSED');
    expect(await refusal(kiosks.leave(caller, pin, cara.email))).toBe('SIGN_IN_REFUSED');
    await kiosks.unlock(staff.organization, caller.kiosk, operator);
    await kiosks.leave(caller, pin, cara.email);
  });

  it('five wrong PINs end the session; the right one is refused then, until the kiosk is unlocked', async () => {
    const { caller } = await enter();
    await kiosks.setPin(cara.id, staff.organization, pin);
    await kiosks.signIn(caller, cara.email, pin);
    const guesses = Array.from({ length: 8 }, (_, i) =>
      refusal(kiosks.signIn(caller, i % 2 ? cara.email : 'unknown@example.com', `48026${i + 4}`.slice(0, 6))),
    );
    expect(new Set(await Promise.all(guesses))).toEqual(new Set(['SIGN_IN_REFUSED']));
    const token = await openSession(caller.kiosk);
    const fresh = (await kiosks.byToken(token))!;
    expect(fresh.operator).toBeUndefined();
    expect(await refusal(kiosks.signIn(fresh, cara.email, pin))).toBe('SIGN_IN_REFUSED');
    expect((await kiosks.get(fresh)).kiosk.pinLocked).toBe(true);
    expect(await kiosks.unlock(staff.organization, caller.kiosk, operator)).toMatchObject({
      pinLocked: false,
    });
    await kiosks.signIn(fresh, cara.email, pin);
    expect(await linesOf('kiosk.unlock')).toEqual([
      { actor: 'operator:ada', target: caller.kiosk, outcome: 'done' },
    ]);
  });

  test('five wrong PINs at whatever kiosks lock the PIN of that operator, also where another operator signs in between, until it is set anew', async () => {
    const dora = await staff.make('Dora Operator', 'operator');
    await kiosks.setPin(cara.id, staff.organization, pin);
    await kiosks.setPin(dora.id, staff.organization, pin);
    const callers = [(await enter()).caller, (await enter()).caller];
    for (let guess = 0; guess < 5; guess++) {
      const caller = callers[guess % 2]!;
      expect(await refusal(kiosks.signIn(caller, cara.email, `90261${guess}`))).toBe('SIGN_IN_REFUSED');
      await kiosks.signIn(caller, dora.email, pin);
    }
    for (const caller of callers) {
      expect(await refusal(kiosks.signIn(caller, cara.email, pin))).toBe('SIGN_IN_REFUSED');
      await kiosks.signIn(caller, dora.email, pin);
    }
    await kiosks.setPin(cara.id, staff.organization, pin);
    await kiosks.signIn(callers[0]!, cara.email, pin);
  });

  test('an account without a PIN opens nothing, and its password is no PIN', async () => {
    const { caller } = await enter();
    expect(await refusal(kiosks.signIn(caller, cara.email, password))).toBe('SIGN_IN_REFUSED');
    expect((await kiosks.byToken(await openSession(caller.kiosk)))?.operator).toBeUndefined();
  });

  test('another PIN, and none, end the shift that began with the one of before', async () => {
    await kiosks.setPin(cara.id, staff.organization, pin);
    for (const next of ['480264', undefined]) {
      const { caller, token } = await enter();
      await kiosks.setPin(cara.id, staff.organization, pin);
      await kiosks.signIn(caller, cara.email, pin);
      expect(await kiosks.byToken(token)).toMatchObject({ operator: cara.id });
      await kiosks.setPin(cara.id, staff.organization, next);
      expect(await kiosks.byToken(token)).toBeUndefined();
      expect(await refusal(kiosks.signIn(caller, cara.email, pin))).toBe('SIGN_IN_REFUSED');
    }
  });

  test('an account that may not operate does not, with the right PIN either; a disabled one is out at once', async () => {
    const { caller, token } = await enter();
    const vera = await staff.make('Vera Auditor', 'auditor');
    await kiosks.setPin(vera.id, staff.organization, pin);
    expect(await refusal(kiosks.signIn(caller, vera.email, pin))).toBe('SIGN_IN_REFUSED');
    await kiosks.setPin(cara.id, staff.organization, pin);
    await kiosks.signIn(caller, cara.email, pin);
    await staff.administrators.change(staff.organization, cara.id, { disabled: true }, operator);
    expect((await kiosks.byToken(token))?.operator).toBeUndefined();
  });

  test('a shift ends after twelve hours, and with a restart', async () => {
    const { caller } = await enter();
    await kiosks.setPin(cara.id, staff.organization, pin);
    await kiosks.signIn(caller, cara.email, pin);
    staff.advance(12 * 60 * minute);
    expect((await kiosks.byToken(await openSession(caller.kiosk)))?.operator).toBeUndefined();
  });

  test.each(['1234', '111111', '123456', '987654', 'abcdef', '1234567890123'])(
    '%s is no PIN',
    async (weak) => {
      expect(await refusal(kiosks.setPin(cara.id, staff.organization, weak))).toBe('PASSWORD_TOO_WEAK');
    },
  );

  test('a PIN put into the database by hand opens nothing', async () => {
    const { caller } = await enter();
    await kiosks.setPin(staff.ada.id, staff.organization, pin);
    await staff.db.updateTable('operator_pin').set({ administrator: cara.id }).execute();
    expect(await refusal(kiosks.signIn(caller, cara.email, pin))).toBe('SIGN_IN_REFUSED');
  });
});
