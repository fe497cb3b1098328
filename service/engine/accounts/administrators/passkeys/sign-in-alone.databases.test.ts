import { expect, test } from 'vitest';
import { onSqlite } from '../../../../../test/storage/databases.ts';
import { createAuthenticator } from '../../../../../test/support/authenticator.ts';
import { desk, refusal, site, startStaff } from '../../../../../test/support/staff.ts';

const MINUTE = 60_000;

onSqlite('sign-in by passkey alone', (newLocation) => {
  async function start(counts = true) {
    const staff = await startStaff({ location: await newLocation() });
    const passkey = await staff.addPasskey(await staff.open(), createAuthenticator({ counts }));
    const { administrators } = staff;
    const options = (from = desk) => administrators.signInOptions(site, from);
    const signIn = (credential: unknown, from = desk) =>
      administrators.signInWithPasskey(credential, site, from);
    return { staff, passkey, options, signIn };
  }

  test('opens a session with a fresh second factor, and the log says how', async () => {
    const { staff, passkey, options, signIn } = await start();
    const asked = await options();
    expect(asked).toMatchObject({ rpId: site.rpId, userVerification: 'required' });
    expect(asked.allowCredentials ?? []).toEqual([]);
    const { session } = await signIn(passkey.get(asked));
    expect(session).toMatchObject({ administrator: { id: staff.ada.id }, factorAt: session.createdAt });
    expect(session.limitedTo).toBeUndefined();
    expect((await staff.lines()).at(-1)).toMatchObject({
      action: 'administrator.sign-in',
      outcome: 'done',
      details: expect.stringContaining('passkey-alone'),
    });
    await staff.stop();
  });

  test('a challenge is for one answer, five minutes, its source and its site', async () => {
    const { staff, passkey, options, signIn } = await start(false);
    const used = passkey.get(await options());
    await signIn(used);
    expect(await refusal(signIn(used))).toBe('PASSKEY_REFUSED');

    const late = passkey.get(await options());
    staff.advance(5 * MINUTE);
    expect(await refusal(signIn(late))).toBe('PASSKEY_REFUSED');

    const elsewhere = passkey.get(await options());
    expect(await refusal(signIn(elsewhere, { ...desk, source: '203.0.113.9' }))).toBe('PASSKEY_REFUSED');
    const forged = { ...(await options()), challenge: Buffer.alloc(64).toString('base64url') };
    expect(await refusal(signIn(passkey.get(forged)))).toBe('PASSKEY_REFUSED');
    const ownTicket = await staff.administrators.passkeyRequestOptions({ ticket: await staff.begin() }, site);
    expect(await refusal(signIn(passkey.get(ownTicket)))).toBe('PASSKEY_REFUSED');
    await staff.stop();
  });

  test('takes a person who was verified, an account that the authenticator keeps, and a passkey that is known', async () => {
    const { staff, passkey, options, signIn } = await start();
    const asked = async () => options();
    expect(await refusal(signIn(passkey.get(await asked(), { verified: false })))).toBe('PASSKEY_REFUSED');
    expect(await refusal(signIn(passkey.get(await asked(), { userHandle: '' })))).toBe('PASSKEY_REFUSED');
    expect(await refusal(signIn(passkey.get(await asked(), { origin: 'https://evil.example' })))).toBe(
      'PASSKEY_REFUSED',
    );
    expect(await refusal(signIn(createAuthenticator().get(await asked())))).toBe('PASSKEY_REFUSED');
    expect(await refusal(signIn({ id: 'x' }))).toBe('PASSKEY_REFUSED');
    const { organization } = staff.ada;
    const grace = await staff.make('Grace Hopper', 'owner', { applianceOwner: true });
    await staff.administrators.change(organization, staff.ada.id, { disabled: true }, {
      is: 'administrator',
      administrator: grace.id,
    } as const);
    expect(await refusal(signIn(passkey.get(await asked())))).toBe('PASSKEY_REFUSED');
    await staff.stop();
  });

  test('failures count at the account, and delay the next attempt', async () => {
    const { staff, passkey, options, signIn } = await start();
    const other = { source: '203.0.113.9', device: 'Firefox' };
    const codes: string[] = [];
    for (let i = 0; i < 7; i++)
      codes.push(await refusal(signIn(passkey.get(await options(other), { verified: false }), other)));
    expect(codes.slice(0, 5)).toEqual(Array(5).fill('PASSKEY_REFUSED'));
    expect(codes.at(-1)).toBe('SIGN_IN_DELAYED');
    expect(await refusal(signIn(passkey.get(await options(other)), other))).toBe('SIGN_IN_DELAYED');
    await staff.stop();
  });

  test('signing out everywhere ends every session and sign-in of the account, or of the organization', async () => {
    const { staff, passkey, options, signIn } = await start(false);
    const { administrators, ada } = staff;
    const own = { is: 'administrator', administrator: ada.id } as const;
    const [one, two] = [
      await signIn(passkey.get(await options())),
      await signIn(passkey.get(await options())),
    ];
    const grace = await staff.make('Grace Hopper', 'operator');
    const hers = await staff.open(grace.email);
    const ticket = await staff.begin();
    expect(await administrators.endSessions(ada.id, own)).toBeGreaterThanOrEqual(2);
    expect(await administrators.sessionOf(one.secret)).toBeUndefined();
    expect(await administrators.sessionOf(two.secret)).toBeUndefined();
    expect(await administrators.sessionOf(hers.secret)).toBeDefined();
    expect(await refusal(administrators.passkeyRequestOptions({ ticket }, site))).toBe('SIGN_IN_REFUSED');
    expect((await staff.lines()).at(-1)).toMatchObject({ action: 'administrator.end-sessions' });

    const again = await signIn(passkey.get(await options()));
    expect(await administrators.endSessionsOf(ada.organization, own)).toBe(2);
    expect(await administrators.sessionOf(again.secret)).toBeUndefined();
    expect(await administrators.sessionOf(hers.secret)).toBeUndefined();
    expect((await staff.lines()).at(-1)).toMatchObject({ action: 'administrator.end-all' });
    await staff.stop();
  });
});
