import { expect, it } from 'vitest';
import { mostlyOnSqlite } from '../../../../../test/storage/databases.ts';
import { type Algorithm, createAuthenticator } from '../../../../../test/support/authenticator.ts';
import { desk, password, refusal, site, startStaff } from '../../../../../test/support/staff.ts';

const MINUTE = 60_000;

mostlyOnSqlite('passkeys', (newLocation, _, { test }) => {
  test.each<Algorithm>([-7, -257, -8])(
    'algorithm %i: enroll, sign out, sign in, prove again',
    async (algorithm) => {
      const staff = await startStaff({ location: await newLocation() });
      const { administrators, ada, advance } = staff;
      const first = await staff.open();
      const own = { is: 'administrator', administrator: ada.id } as const;
      expect(await administrators.passkeyCreationOptions(first.session.id, site)).toMatchObject({
        rp: { id: site.rpId, name: 'Gatehouse' },
        user: { name: 'ada@example.com', displayName: 'Ada Lovelace' },
        pubKeyCredParams: [
          { alg: -7, type: 'public-key' },
          { alg: -257, type: 'public-key' },
          { alg: -8, type: 'public-key' },
        ],
        authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
        excludeCredentials: [],
      });
      const passkey = await staff.addPasskey(first, createAuthenticator({ algorithm }));
      expect(await administrators.listPasskeys(ada.id)).toEqual([
        { id: passkey.id, name: 'Key', createdAt: first.session.createdAt },
      ]);
      await administrators.signOut(first.session.id, own);

      const ticket = await staff.begin();
      const options = await administrators.passkeyRequestOptions({ ticket }, site);
      expect(options).toMatchObject({
        rpId: site.rpId,
        allowCredentials: [{ id: passkey.id, type: 'public-key' }],
        userVerification: 'required',
      });
      const opened = await administrators.finishWithPasskey(ticket, passkey.get(options), site, desk);
      expect(opened.session.factorAt).toBe(opened.session.createdAt);
      expect(opened.secret).not.toBe(first.secret);

      advance(10 * MINUTE);
      const again = await administrators.passkeyRequestOptions({ session: opened.session.id }, site);
      const proven = await administrators.proveAgain(opened.session.id, passkey.get(again), site);
      expect(proven.factorAt).toBe(opened.session.createdAt + 10 * MINUTE);
      expect((await administrators.sessionOf(opened.secret))?.session.factorAt).toBe(proven.factorAt);
      const lines = await staff.lines();
      expect(lines.map(({ action }) => action).slice(-5)).toEqual([
        'administrator.sign-in',
        'passkey.add',
        'administrator.sign-out',
        'administrator.sign-in',
        'administrator.prove',
      ]);
      expect(JSON.stringify(lines)).not.toContain(opened.secret);
      await staff.stop();
    },
  );

  it('a challenge is answered once, within five minutes, for the ticket that asked, and a ticket is used once', async () => {
    const staff = await startStaff({ location: await newLocation() });
    const { administrators, advance } = staff;
    const passkey = await staff.addPasskey(await staff.open(), createAuthenticator({ counts: false }));
    const finish = (ticket: string, credential: unknown, from = desk) =>
      refusal(administrators.finishWithPasskey(ticket, credential, site, from));

    const ticket = await staff.begin();
    expect(await finish(ticket, passkey.get({ challenge: 'AAAA', rpId: site.rpId }))).toBe('PASSKEY_REFUSED');
    const options = await administrators.passkeyRequestOptions({ ticket }, site);
    const credential = passkey.get(options);
    expect(await finish(ticket, credential, { ...desk, source: '10.0.0.2' })).toBe('SIGN_IN_REFUSED');
    expect(await finish(ticket, passkey.get(options, { verified: false }))).toBe('PASSKEY_REFUSED');
    // Used up by the answer that was refused.
    expect(await finish(ticket, credential)).toBe('PASSKEY_REFUSED');

    const other = await staff.begin();
    await administrators.passkeyRequestOptions({ ticket: other }, site);
    const own = passkey.get(await administrators.passkeyRequestOptions({ ticket }, site));
    expect(await finish(other, own)).toBe('PASSKEY_REFUSED');
    expect(await finish(ticket, own)).toBe('none');
    expect(await finish(ticket, own)).toBe('SIGN_IN_REFUSED');
    expect(await refusal(administrators.passkeyRequestOptions({ ticket }, site))).toBe('SIGN_IN_REFUSED');

    const late = await staff.begin();
    const answer = passkey.get(await administrators.passkeyRequestOptions({ ticket: late }, site));
    advance(5 * MINUTE);
    expect(await finish(late, answer)).toBe('SIGN_IN_REFUSED');
    const two = await Promise.all([staff.begin(), staff.begin()]);
    const both = await Promise.all(
      two.map(async (one) =>
        finish(one, passkey.get(await administrators.passkeyRequestOptions({ ticket: one }, site))),
      ),
    );
    expect(both).toEqual(['none', 'none']);
    await staff.stop();
  });

  test('a counter that does not grow is refused: the passkey was copied', async () => {
    const staff = await startStaff({ location: await newLocation() });
    const { administrators } = staff;
    const passkey = await staff.addPasskey(await staff.open());
    await staff.enter(passkey);
    for (const counter of [0, 1, 2]) {
      const ticket = await staff.begin();
      const options = await administrators.passkeyRequestOptions({ ticket }, site);
      const credential = passkey.get(options, { counter });
      expect(await refusal(administrators.finishWithPasskey(ticket, credential, site, desk))).toBe(
        'PASSKEY_REFUSED',
      );
    }
    await staff.enter(passkey);
    await staff.stop();
  });

  it('the last factor stays, however many there were', async () => {
    const staff = await startStaff({ location: await newLocation() });
    const { administrators, ada } = staff;
    const own = { is: 'administrator', administrator: ada.id } as const;
    const opened = await staff.open();
    const first = await staff.addPasskey(opened);
    const second = await staff.addPasskey(opened);
    expect((await administrators.newRecoveryCodes(ada.id, own)).length).toBe(10);
    const removed = await Promise.all(
      [first, second].map(({ id }) => refusal(administrators.removePasskey(ada.id, id, own))),
    );
    expect(removed.toSorted()).toEqual(['LAST_FACTOR', 'none']);
    expect(await refusal(administrators.removePasskey(ada.id, 'nothing', own))).toBe('NOT_FOUND');
    const [left] = await administrators.listPasskeys(ada.id);
    const renamed = await administrators.renamePasskey(ada.id, left!.id, '  Blue key ', own);
    expect(renamed).toEqual({ ...left, name: 'Blue key' });
    expect(await administrators.listPasskeys(ada.id)).toEqual([renamed]);
    expect(await refusal(administrators.renamePasskey(ada.id, 'nothing', 'x', own))).toBe('NOT_FOUND');
    expect(await administrators.listPasskeys(ada.id)).toHaveLength(1);
    await staff.stop();
  });

  test('one passkey is of one account, and works under the name it was made for', async () => {
    const staff = await startStaff({ location: await newLocation() });
    const { administrators, ada } = staff;
    const bob = await staff.make('Bob', 'auditor');
    const passkey = await staff.addPasskey(await staff.open());
    const bobs = await staff.open(bob.email);
    const actor = { is: 'administrator', administrator: bob.id } as const;
    const options = await administrators.passkeyCreationOptions(bobs.session.id, site);
    expect(
      await refusal(administrators.addPasskey(bobs.session.id, passkey.create(options), '', site, actor)),
    ).toBe('PASSKEY_REFUSED');

    const ticket = await staff.begin(ada.email);
    for (const rpId of ['other.home.arpa', '192.0.2.1', '[2001:db8::1]', ''])
      expect(await refusal(administrators.passkeyRequestOptions({ ticket }, { ...site, rpId }))).toBe(
        'PASSKEY_REFUSED',
      );
    await staff.stop();
  });

  test('a first passkey ends sessions that a password alone opened, and frees a limited one', async () => {
    const staff = await startStaff({ location: await newLocation() });
    const stranger = await staff.open(undefined, { source: '10.9.9.9', device: 'curl' });
    const own = await staff.open();
    await staff.addPasskey(own);
    expect(await staff.administrators.sessionOf(stranger.secret)).toBeUndefined();
    expect((await staff.administrators.sessionOf(own.secret))?.session).toMatchObject({
      id: own.session.id,
      factorAt: staff.clock.now(),
    });
    await staff.stop();
  });

  test('rows that were written past the service are no factors, and one that is deleted opens nothing', async () => {
    const staff = await startStaff({ location: await newLocation() });
    const { administrators, ada, db } = staff;
    const passkey = await staff.addPasskey(await staff.open());
    const mallory = createAuthenticator();
    const [row] = await db.selectFrom('passkey').selectAll().execute();
    await db
      .insertInto('passkey')
      .values({ ...row!, id: mallory.id })
      .execute();
    expect((await administrators.listPasskeys(ada.id)).map(({ id }) => id)).toEqual([passkey.id]);
    await db.deleteFrom('passkey').execute();
    expect(await administrators.signIn({ email: ada.email, password, ...desk })).toMatchObject({
      is: 'enrollment-required',
    });
    await staff.stop();
  });
});
