import { verify } from '@node-rs/argon2';
import { expect, onTestFinished, test } from 'vitest';
import { onSqlite } from '../../../../test/storage/databases.ts';
import { operator } from '../../../../test/support/engine.ts';
import { password, refusal, startStaff } from '../../../../test/support/staff.ts';
import type { AdministratorId } from '../../../lib/id.ts';
import { insertAccount, selectAccount } from './administrator-store.ts';

/** No password is judged until `release`. */
function holdJudging() {
  const { promise, resolve } = Promise.withResolvers<void>();
  onTestFinished(() => resolve());
  const compare: typeof verify = (...of) => promise.then(() => verify(...of));
  return { compare, release: resolve };
}

const at = (source: string) => ({ source, device: 'Firefox' });
const HOUR = 3_600_000;

onSqlite('sign-in', (newLocation) => {
  test('a password opens a session that ends when it is idle, over, or signed out', async () => {
    const staff = await startStaff({ location: await newLocation() });
    const { administrators, ada, advance } = staff;
    const answer = await administrators.signIn({
      email: ' ADA@example.com',
      password,
      ...at('10.0.0.1'),
    });
    if (answer.is !== 'signed-in') throw new Error(answer.is);
    const { session, secret, csrf } = answer;
    expect(session).toMatchObject({
      administrator: { id: ada.id, role: 'owner', email: 'ada@example.com', lastSignInAt: session.createdAt },
      ...at('10.0.0.1'),
      idleUntil: session.createdAt + HOUR / 2,
      expiresAt: session.createdAt + 12 * HOUR,
    });
    expect(administrators.checkCsrf(session.id, csrf)).toBe(true);
    expect(administrators.checkCsrf(session.id, `${csrf}x`)).toBe(false);
    expect(administrators.checkCsrf(session.id, undefined)).toBe(false);
    expect(
      JSON.stringify(await staff.db.selectFrom('administrator_session').selectAll().execute()),
    ).not.toContain(secret);
    for (let i = 0; i < 24; i++) {
      expect((await administrators.sessionOf(secret))?.session.id).toBe(session.id);
      advance(HOUR / 2 - 1);
    }
    // Never idle, and twelve hours are over.
    advance(24);
    expect(await administrators.sessionOf(secret)).toBeUndefined();
    await staff.stop();
  });

  test('the turn of a sign-in is the same with an account and without', async () => {
    const { compare, release } = holdJudging();
    const hashing = { compare, waiting: 7 };
    const { administrators, ada, stop } = await startStaff({ location: await newLocation(), hashing });
    const signIn = (email: string) =>
      refusal(administrators.signIn({ email, password: 'not hers at all', ...at('10.0.0.1') }));
    const refused: string[] = [];
    const strangers = Array.from({ length: 10 }, (_, i) =>
      signIn(`stranger${i}@example.com`).then((code) => refused.push(code)),
    );
    // Two are judged, seven wait.
    await expect.poll(() => refused).toEqual(['OVERLOADED']);
    // With a turn of its own another would give way to it.
    expect(await signIn(ada.email)).toBe('OVERLOADED');
    release();
    await Promise.all(strangers);
    await stop();
  });

  test('sign-ins from many sources hold up none from where the account signed in before', async () => {
    const { compare, release } = holdJudging();
    let isHeld = false;
    const { administrators, ada, open, stop } = await startStaff({
      location: await newLocation(),
      hashing: { compare: (...of) => (isHeld ? compare(...of) : verify(...of)) },
    });
    await open();
    isHeld = true;
    const ended: string[] = [];
    const strangers = Array.from({ length: 90 }, (_, i) =>
      refusal(
        administrators.signIn({ email: `stranger${i}@example.com`, password: 'a', ...at(`10.1.0.${i}`) }),
      ).then((code) => ended.push(code)),
    );
    // Two are judged, 64 wait.
    await expect.poll(() => ended).toEqual(Array(24).fill('OVERLOADED'));
    const mine = refusal(open(ada.email)).then((code) => ended.push(code));
    await expect.poll(() => ended).toEqual(Array(25).fill('OVERLOADED'));
    release();
    await Promise.all([mine, ...strangers]);
    expect(ended.slice(25, 30)).toContain('none');
    expect(ended.filter((code) => code === 'SIGN_IN_REFUSED')).toHaveLength(65);
    await stop();
  });

  test('both spellings of an international domain sign in, also where an earlier version stored the other', async () => {
    const staff = await startStaff({ location: await newLocation() });
    const { administrators, db, integrity, inTransaction } = staff;
    const signIn = async (email: string) => {
      const answer = await administrators.signIn({ email, password, ...at('10.0.0.1') });
      return answer.is === 'signed-in' ? answer.session.administrator.email : answer.is;
    };
    const known = (await selectAccount(db, integrity, staff.ada.id))!;
    const old = { ...known, id: 'adm_old' as AdministratorId, email: 'eve@bücher.example' };
    await inTransaction((tx) => insertAccount(tx, integrity, old));
    for (const written of ['eve@bücher.example', 'Eve@XN--BCHER-KVA.example'])
      expect(await signIn(written)).toBe('eve@bücher.example');
    await expect(
      administrators.create(
        {
          organization: staff.organization,
          role: 'auditor',
          name: 'Eve',
          password,
          email: 'eve@xn--bcher-kva.example',
        },
        operator,
      ),
    ).rejects.toMatchObject({ code: 'CONFLICT' });
    const made = await administrators.create(
      {
        organization: staff.organization,
        role: 'auditor',
        name: 'Bob',
        password,
        email: 'Bob@bücher.example',
      },
      operator,
    );
    expect(made.administrator.email).toBe('bob@xn--bcher-kva.example');
    expect(await signIn('bob@bücher.example')).toBe('bob@xn--bcher-kva.example');
    await staff.stop();
  });

  test('the same answer for a wrong password, an unknown address and a disabled account', async () => {
    const staff = await startStaff({ location: await newLocation() });
    const { administrators } = staff;
    const answers = [];
    for (const [email, typed] of [
      ['ada@example.com', 'wet gravel under pine'],
      ['unknown@example.com', password],
      ['', ''],
      ['ada@example.com', 'x'.repeat(100_000)],
    ] as const)
      answers.push(
        await administrators
          .signIn({ email, password: typed, ...at('10.0.0.1') })
          .catch(({ code, message }) => `${code} ${message}`),
      );
    expect(new Set(answers)).toEqual(
      new Set(['SIGN_IN_REFUSED The e-mail address, the password or the code is wrong.']),
    );
    const lines = await staff.lines();
    expect(lines.filter(({ outcome }) => outcome === 'refused').map(({ target }) => target)).toEqual([
      staff.ada.id,
      null,
      null,
      staff.ada.id,
    ]);
    expect(JSON.stringify(lines)).not.toMatch(/example\.com/);
    await staff.stop();
  });
});
