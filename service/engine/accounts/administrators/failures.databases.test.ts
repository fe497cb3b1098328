import { expect, it } from 'vitest';
import { mostlyOnSqlite } from '../../../../test/storage/databases.ts';
import { password, refusal, type Staff, startStaff } from '../../../../test/support/staff.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const home = { source: '10.0.0.1' };
const elsewhere = { source: '10.6.6.6' };

type Sources = { source: string };

function ways(staff: Staff) {
  const { administrators, advance } = staff;
  const sign = (from: Sources, email: string, typed: string) =>
    administrators.signIn({ email, password: typed, ...from }).then(
      ({ is }) => is as string,
      ({ code, extra }) =>
        extra.retryAfterSeconds === undefined ? (code as string) : `${code} ${extra.retryAfterSeconds}`,
    );
  return {
    guess: (from: Sources, email = 'ada@example.com') => sign(from, email, 'not the password'),
    right: (from: Sources, email = 'ada@example.com') => sign(from, email, password),
    /** Lets every wait pass. */
    async fail(from: Sources, times: number, email?: string) {
      for (let i = 0; i < times; i++) {
        advance(15 * MINUTE);
        const answer = await sign(from, email ?? 'ada@example.com', 'not the password');
        if (answer !== 'SIGN_IN_REFUSED') return answer;
      }
      return 'SIGN_IN_REFUSED';
    },
  };
}

mostlyOnSqlite('failed sign-ins', (newLocation, _, { test }) => {
  test('after five the waits double up to a quarter of an hour, for the right password too', async () => {
    const staff = await startStaff({ location: await newLocation() });
    const { guess, right } = ways(staff);
    for (let i = 0; i < 5; i++) expect(await guess(home)).toBe('SIGN_IN_REFUSED');
    for (const seconds of [15, 30, 60, 120, 240, 480, 900, 900]) {
      expect(await guess(home)).toBe(`SIGN_IN_DELAYED ${seconds}`);
      expect(await right(home)).toBe(`SIGN_IN_DELAYED ${seconds}`);
      staff.advance(seconds * 1000 - 1);
      expect(await right(home)).toBe('SIGN_IN_DELAYED 1');
      staff.advance(1);
      expect(await guess(home)).toBe('SIGN_IN_REFUSED');
    }
    staff.advance(15 * MINUTE);
    expect(await right(home)).toBe('signed-in');
    // Forgotten from here.
    expect(await guess(home)).toBe('SIGN_IN_REFUSED');
    await staff.stop();
  });

  test('an address that no account has is answered alike, up to the lock', async () => {
    const staff = await startStaff({ location: await newLocation() });
    const { guess, fail } = ways(staff);
    const answers: Record<string, string[]> = {};
    for (const email of ['ada@example.com', 'unknown@example.com']) {
      const own: string[] = [];
      // Sources differ, so that only the account counts.
      for (let i = 0; i < 6; i++) own.push(await guess(home, email));
      own.push(await fail(elsewhere, 95, email), await fail({ source: '10.7.7.7' }, 1, email));
      answers[email] = own;
      staff.advance(2 * DAY);
    }
    expect(answers['ada@example.com']).toEqual(answers['unknown@example.com']);
    expect(answers['ada@example.com']).toEqual([
      ...Array(5).fill('SIGN_IN_REFUSED'),
      'SIGN_IN_DELAYED 15',
      'SIGN_IN_REFUSED',
      'SIGN_IN_DELAYED',
    ]);
    await staff.stop();
  });

  test('a hundred from elsewhere lock the account there for good, and not where its person signs in', async () => {
    const staff = await startStaff({ location: await newLocation() });
    const { administrators, ada, inTransaction } = staff;
    const { guess, right, fail } = ways(staff);
    expect(await right(home)).toBe('signed-in');
    expect(await fail(elsewhere, 60)).toBe('SIGN_IN_REFUSED');
    expect(await fail({ source: '2001:db8::1' }, 40)).toBe('SIGN_IN_REFUSED');
    staff.advance(DAY);
    expect(await right(elsewhere)).toBe('SIGN_IN_DELAYED');
    expect(await right({ source: '10.5.5.5' })).toBe('SIGN_IN_DELAYED');
    expect(await right(home)).toBe('signed-in');
    // Neither that nor time lets it in elsewhere.
    staff.advance(400 * DAY);
    await administrators.tidy();
    expect(await guess(elsewhere)).toBe('SIGN_IN_DELAYED');
    expect(await administrators.unlock(ada.id, { is: 'operator', name: 'root' })).toEqual({ failures: 100 });
    expect(await guess(elsewhere)).toBe('SIGN_IN_REFUSED');
    expect(
      await inTransaction(
        async (tx) => (await tx.selectFrom('sign_in_failure').selectAll().execute()).length,
      ),
    ).toBe(2);
    await staff.stop();
  });

  test('a hundred from a place where the person signed in lock that place alone', async () => {
    const staff = await startStaff({ location: await newLocation() });
    const { right, fail } = ways(staff);
    expect(await right(home)).toBe('signed-in');
    expect(await fail(home, 100)).toBe('SIGN_IN_REFUSED');
    expect(await fail(home, 1)).toBe('SIGN_IN_DELAYED');
    staff.advance(DAY);
    expect(await right(home)).toBe('SIGN_IN_DELAYED');
    expect(await right(elsewhere)).not.toBe('SIGN_IN_DELAYED');
    await staff.stop();
  });

  test('one source waits over all accounts after twenty, for a day', async () => {
    const staff = await startStaff({ location: await newLocation() });
    const { guess, right } = ways(staff);
    for (let i = 0; i < 20; i++) expect(await guess(elsewhere, `a${i}@example.com`)).toBe('SIGN_IN_REFUSED');
    expect(await guess(elsewhere, 'b@example.com')).toBe('SIGN_IN_DELAYED 5');
    // One IPv6 host chooses among 2^64 addresses.
    for (let i = 0; i < 20; i++) await guess({ source: `2001:db8::${i + 1}` }, `a${i}@example.com`);
    expect(await guess({ source: '2001:db8::ffff' }, 'b@example.com')).toBe('SIGN_IN_DELAYED 5');
    expect(await right(home)).toBe('signed-in');
    staff.advance(DAY);
    for (let i = 0; i < 19; i++) expect(await guess(elsewhere, `c${i}@example.com`)).toBe('SIGN_IN_REFUSED');
    await staff.stop();
  });

  test('one IPv6 site waits after four times as many, but not where the account signed in before', async () => {
    const staff = await startStaff({ location: await newLocation() });
    const { guess, right } = ways(staff);
    const own = { source: '2001:db8:7:ffff::1' };
    expect(await right(own)).toBe('signed-in');
    for (let i = 0; i < 80; i++)
      expect(await guess({ source: `2001:db8:7:${i}::1` }, `a${i}@example.com`)).toBe('SIGN_IN_REFUSED');
    expect(await guess({ source: '2001:db8:7:aaaa::1' }, 'b@example.com')).toBe('SIGN_IN_DELAYED 5');
    expect(await right({ source: '2001:db8:7:aaaa::1' })).toBe('SIGN_IN_DELAYED 5');
    expect(await right(own)).toBe('signed-in');
    expect(await right({ source: '2001:db8:8::1' })).toBe('signed-in');
    for (let i = 0; i < 6; i++) {
      staff.advance(15_000);
      expect(await guess({ source: `2001:db8:7:b${i}::1` }, `c${i}@example.com`)).toBe('SIGN_IN_REFUSED');
    }
    expect(await right({ source: '2001:db8:7:aaaa::1' })).toBe('SIGN_IN_DELAYED 15');
    await staff.stop();
  });

  it('of many at once no more are judged than may fail', async () => {
    const staff = await startStaff({ location: await newLocation() });
    const { guess } = ways(staff);
    const answers = await Promise.all(Array.from({ length: 30 }, () => guess(home)));
    expect(answers.filter((answer) => answer === 'SIGN_IN_REFUSED')).toHaveLength(5);
    expect(answers.filter((answer) => answer === 'SIGN_IN_DELAYED 15')).toHaveLength(25);
    await staff.stop();
  });

  test('a clock that is set back makes the wait begin anew, and opens nothing', async () => {
    const staff = await startStaff({ location: await newLocation() });
    const { guess, right } = ways(staff);
    for (let i = 0; i < 6; i++) await guess(home);
    staff.advance(-DAY);
    expect(await right(home)).toBe('SIGN_IN_DELAYED 15');
    staff.advance(15_000);
    expect(await right(home)).toBe('signed-in');
    await staff.stop();
  });

  test('a right password with its second step to come counts for nothing; wrong codes do', async () => {
    const staff = await startStaff({ location: await newLocation() });
    const { administrators, ada } = staff;
    const { guess } = ways(staff);
    await staff.addPasskey(await staff.open(undefined, { ...home, device: '' }));
    const own = { is: 'administrator', administrator: ada.id } as const;
    const [code] = await administrators.newRecoveryCodes(ada.id, own);
    for (let i = 0; i < 10; i++) await staff.begin(undefined, { ...home, device: '' });
    for (let i = 0; i < 4; i++) await guess(home);
    const ticket = await staff.begin(undefined, { ...home, device: '' });
    expect(await refusal(administrators.finishWithRecoveryCode(ticket, 'aaaaa-bbbbb', home))).toBe(
      'SIGN_IN_REFUSED',
    );
    expect(await refusal(administrators.finishWithRecoveryCode(ticket, code!, home))).toBe('SIGN_IN_DELAYED');
    staff.advance(15_000);
    expect(
      await refusal(
        administrators.finishWithRecoveryCode(ticket, code!.toUpperCase().replace('-', ' '), home),
      ),
    ).toBe('none');
    const next = await staff.begin(undefined, { ...home, device: '' });
    expect(await refusal(administrators.finishWithRecoveryCode(next, code!, home))).toBe('SIGN_IN_REFUSED');
    expect((await administrators.get(ada.organization, ada.id)).recoveryCodes).toBe(9);
    await staff.stop();
  });

  test('neither addresses nor e-mail addresses can be read from what is kept, and unknown ones go in time', async () => {
    const staff = await startStaff({ location: await newLocation() });
    const { guess } = ways(staff);
    await guess(elsewhere, 'unknown@example.com');
    await guess(elsewhere);
    const rows = () => staff.db.selectFrom('sign_in_failure').selectAll().execute();
    expect(JSON.stringify(await rows())).not.toMatch(/example|10\.6/);
    expect(await rows()).toHaveLength(3);
    staff.advance(91 * DAY);
    await staff.administrators.tidy();
    expect(await rows()).toHaveLength(1);
    await staff.stop();
  });
});
