import { expect, test } from 'vitest';
import { onSqlite } from '../../../../test/storage/databases.ts';
import { createAuthenticator } from '../../../../test/support/authenticator.ts';
import { operator } from '../../../../test/support/engine.ts';
import { desk, password, refusal, site, startStaff } from '../../../../test/support/staff.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

onSqlite('the deadline for a second factor', (newLocation) => {
  test('seven days by password alone; then a password opens nothing without a code, and a code only enrollment', async () => {
    const staff = await startStaff({ location: await newLocation() });
    const { administrators, ada } = staff;
    expect(ada.factorDueAt).toBe(ada.createdAt + 7 * DAY);
    staff.advance(7 * DAY - 1);
    await staff.open();
    staff.advance(1);
    const answer = await administrators.signIn({ email: ada.email, password, ...desk });
    expect(answer).toEqual({
      is: 'enrollment-required',
      ticket: expect.stringMatching(/^tmp_sess_[\w-]{43}$/),
    });
    const ticket = await staff.begin();
    expect(await refusal(administrators.openEnrollment(ticket, '', desk))).toBe('SIGN_IN_REFUSED');
    expect(await refusal(administrators.finishWithRecoveryCode(ticket, 'x', desk))).toBe('SIGN_IN_REFUSED');
    expect(await refusal(administrators.passkeyRequestOptions({ ticket }, site))).toBe('SIGN_IN_REFUSED');

    const { code } = await administrators.reset(ada.id, { factors: true }, operator);
    expect(code).toMatch(/^[0-9a-z]{4}(-[0-9a-z]{4}){3}$/);
    // Resetting ends what had begun.
    expect(await refusal(administrators.openEnrollment(ticket, code, desk))).toBe('SIGN_IN_REFUSED');
    expect(
      await refusal(administrators.setPasswordWithCode(ada.email, code, 'another long phrase', desk)),
    ).toBe('SIGN_IN_REFUSED');
    const next = await staff.begin();
    const opened = await administrators.openEnrollment(next, code, desk);
    expect(opened.session.limitedTo).toBe('enrollment');
    expect(opened.session.factorAt).toBeUndefined();
    const own = { is: 'administrator', administrator: ada.id } as const;
    expect(
      await refusal(administrators.changePassword(opened.session.id, password, 'another long phrase', own)),
    ).toBe('SECOND_FACTOR_REQUIRED');
    expect(await refusal(administrators.newRecoveryCodes(ada.id, own))).toBe('CONFLICT');
    expect(await refusal(administrators.openEnrollment(await staff.begin(), code, desk))).toBe(
      'SIGN_IN_REFUSED',
    );

    const passkey = await staff.addPasskey(opened);
    const now = await administrators.sessionOf(opened.secret);
    expect(now?.session.limitedTo).toBeUndefined();
    expect(now?.session.administrator.factorDueAt).toBeUndefined();
    await staff.enter(passkey);
    await staff.stop();
  });

  test('once it has passed, a clock that is set back does not open the door again', async () => {
    const staff = await startStaff({ location: await newLocation() });
    const { administrators } = staff;
    const bob = await staff.make('Bob', 'operator');
    staff.advance(8 * DAY);
    // Seen by the service itself, or by a sign-in.
    await administrators.tidy();
    staff.advance(-8 * DAY);
    for (const email of [staff.ada.email, bob.email])
      expect((await administrators.signIn({ email, password, ...desk })).is).toBe('enrollment-required');
    await staff.stop();
  });

  test('a one-time code lasts a day, is used once, and a new one takes its place', async () => {
    const staff = await startStaff({ location: await newLocation() });
    const { administrators, organization } = staff;
    const made = await administrators.create(
      { organization, email: 'carol@example.com', name: 'Carol', role: 'auditor' },
      operator,
    );
    const { id, email } = made.administrator;
    expect(await refusal(administrators.signIn({ email, password: '', ...desk }))).toBe('SIGN_IN_REFUSED');
    const set = (code: string, typed = password) =>
      refusal(administrators.setPasswordWithCode(email, code, typed, desk));
    expect(await set(made.code!, 'carol@example.com')).toBe('PASSWORD_TOO_WEAK');
    expect(await set(made.code!, 'AcmeAcmeAcme99')).toBe('PASSWORD_TOO_WEAK');
    expect(await set(made.code!.toUpperCase().replaceAll('-', ' '))).toBe('none');
    expect(await set(made.code!)).toBe('SIGN_IN_REFUSED');
    expect(await refusal(staff.open(email))).toBe('none');

    const first = (await administrators.reset(id, { password: true }, operator)).code;
    const second = (await administrators.reset(id, { password: true, factors: true }, operator)).code;
    expect(await set(first)).toBe('SIGN_IN_REFUSED');
    staff.advance(DAY - 1);
    expect(await set(second)).toBe('none');
    const ticket = await staff.begin(email);
    staff.advance(1);
    expect(await refusal(administrators.openEnrollment(ticket, second, desk))).toBe('SIGN_IN_REFUSED');
    const codes = JSON.stringify(await staff.db.selectFrom('one_time_code').selectAll().execute());
    for (const code of [first, second]) expect(codes).not.toContain(code);
    await staff.stop();
  });

  test('a reset of the factors leaves no password-only way, within the seven days too', async () => {
    const staff = await startStaff({ location: await newLocation() });
    const { administrators, ada } = staff;
    const opened = await staff.open();
    const passkey = await staff.addPasskey(opened);
    const own = { is: 'administrator', administrator: ada.id } as const;
    await administrators.newRecoveryCodes(ada.id, own);
    await administrators.reset(ada.id, { factors: true }, operator);
    expect(await administrators.sessionOf(opened.secret)).toBeUndefined();
    expect(await administrators.get(ada.organization, ada.id)).toMatchObject({
      passkeys: 0,
      recoveryCodes: 0,
    });
    expect((await administrators.signIn({ email: ada.email, password, ...desk })).is).toBe(
      'enrollment-required',
    );
    await expect(staff.enter(passkey)).rejects.toMatchObject({ code: 'SIGN_IN_REFUSED' });
    await staff.stop();
  });

  test('what a backup brings back is ended at the first start after a restore', async () => {
    const staff = await startStaff({ location: await newLocation() });
    const { administrators, ada } = staff;
    const passkey = createAuthenticator();
    const opened = await staff.open();
    await staff.addPasskey(opened, passkey);
    const ticket = await staff.begin();
    await administrators.endAll();
    expect(await administrators.sessionOf(opened.secret)).toBeUndefined();
    expect(await refusal(administrators.passkeyRequestOptions({ ticket }, site))).toBe('SIGN_IN_REFUSED');
    await staff.enter(passkey, ada.email);
    await staff.stop();
  });
});
