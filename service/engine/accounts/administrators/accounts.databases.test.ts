import { expect, it } from 'vitest';
import { mostlyOnSqlite } from '../../../../test/storage/databases.ts';
import { operator } from '../../../../test/support/engine.ts';
import { desk, password, refusal, startStaff } from '../../../../test/support/staff.ts';
import type { AdministratorChange } from './administrator.ts';

mostlyOnSqlite('administrators', (newLocation, _, { test }) => {
  it('are made, listed, changed and removed in their organization alone, each with its line', async () => {
    const staff = await startStaff({ location: await newLocation() });
    const { administrators, organization, organizations } = staff;
    const other = (await organizations.create({ name: 'Other' }, operator)).id;
    expect(await administrators.ownersExist()).toBe(true);
    const bob = await staff.make('Bob', 'reviewer');
    expect(await administrators.list(organization)).toEqual([staff.ada, bob]);
    expect(await administrators.list(other)).toEqual([]);
    expect(await refusal(administrators.get(other, bob.id))).toBe('NOT_FOUND');
    expect(await refusal(administrators.change(other, bob.id, { role: 'owner' }, operator))).toBe(
      'NOT_FOUND',
    );
    expect(await refusal(administrators.remove(other, bob.id, operator))).toBe('NOT_FOUND');
    const again = {
      organization: other,
      email: 'BOB@example.com',
      name: 'B',
      role: 'owner',
      password,
    } as const;
    expect(await refusal(administrators.create(again, operator))).toBe('CONFLICT');

    const twice = {
      organization,
      email: 'eve@example.com',
      name: 'Eve',
      role: 'auditor',
      password,
    } as const;
    const made = await Promise.all([1, 2].map(() => refusal(administrators.create(twice, operator))));
    expect(made.toSorted()).toEqual(['CONFLICT', 'none']);

    const opened = await staff.open(bob.email);
    expect(
      await administrators.change(organization, bob.id, { role: 'auditor', name: ' Bob B. ' }, operator),
    ).toMatchObject({
      role: 'auditor',
      name: 'Bob B.',
    });
    expect((await administrators.sessionOf(opened.secret))?.session.administrator.role).toBe('auditor');
    await administrators.change(organization, bob.id, { disabled: true }, operator);
    expect(await administrators.sessionOf(opened.secret)).toBeUndefined();
    expect(await refusal(staff.open(bob.email))).toBe('SIGN_IN_REFUSED');
    await administrators.change(organization, bob.id, { disabled: false }, operator);
    // Enabled again, and signed out all the same.
    expect(await administrators.sessionOf(opened.secret)).toBeUndefined();
    await staff.open(bob.email);
    await administrators.remove(organization, bob.id, operator);
    expect(await refusal(staff.open(bob.email))).toBe('SIGN_IN_REFUSED');
    const lines = (await staff.lines()).filter(
      ({ target, actor }) => target === bob.id && actor === 'operator:ada',
    );
    expect(lines.map(({ action, details }) => `${action} ${details}`)).toEqual([
      'administrator.create {"role":"reviewer","applianceOwner":false,"password":true}',
      'administrator.change {"name":"changed","role":{"from":"reviewer","to":"auditor"}}',
      'administrator.change {"disabled":{"from":false,"to":true}}',
      'administrator.change {"disabled":{"from":true,"to":false}}',
      'administrator.remove {"role":"auditor","applianceOwner":false}',
    ]);
    await staff.stop();
  });

  it('the last enabled owner of an organization and of the appliance stays', async () => {
    const staff = await startStaff({ location: await newLocation() });
    const { administrators, organization, organizations, ada } = staff;
    const change = (wanted: AdministratorChange, id = ada.id) =>
      refusal(administrators.change(organization, id, wanted, operator));
    for (const wanted of [{ disabled: true }, { role: 'auditor' }, { applianceOwner: false }] as const)
      expect(await change(wanted)).toBe('CONFLICT');
    expect(await refusal(administrators.remove(organization, ada.id, operator))).toBe('CONFLICT');

    // Owners elsewhere, and disabled ones, do not count.
    const other = (await organizations.create({ name: 'Other' }, operator)).id;
    await staff.make('Carol', 'owner', { organization: other, applianceOwner: true });
    const dora = await staff.make('Dora', 'owner');
    await change({ disabled: true }, dora.id);
    expect(await change({ role: 'auditor' })).toBe('CONFLICT');
    expect(await change({ applianceOwner: false })).toBe('none');
    await change({ disabled: false }, dora.id);
    const both = await Promise.all([change({ role: 'auditor' }), change({ role: 'auditor' }, dora.id)]);
    expect(both.toSorted()).toEqual(['CONFLICT', 'none']);
    await staff.stop();
  });

  test('a password is changed with the old one, which ends the other sessions', async () => {
    const staff = await startStaff({ location: await newLocation() });
    const { administrators, ada } = staff;
    const own = { is: 'administrator', administrator: ada.id } as const;
    const [here, there] = [await staff.open(), await staff.open()];
    const change = (old: string, next: string) =>
      refusal(administrators.changePassword(here.session.id, old, next, own));
    expect(await change('wrong', 'another long phrase')).toBe('SIGN_IN_REFUSED');
    expect(await change(password, 'short')).toBe('PASSWORD_TOO_WEAK');
    expect(await change(password, 'another long phrase')).toBe('none');
    expect(await administrators.sessionOf(there.secret)).toBeUndefined();
    expect((await administrators.sessionOf(here.secret))?.session.id).toBe(here.session.id);
    expect(await refusal(staff.open())).toBe('SIGN_IN_REFUSED');
    for (let i = 0; i < 4; i++) expect(await change('wrong', 'another long phrase')).toMatch('SIGN_IN_');
    expect(await change('another long phrase', 'a third long phrase')).toBe('SIGN_IN_DELAYED');
    const [row] = await staff.db.selectFrom('administrator').select('password').execute();
    expect(row!.password).toMatch(/^\$argon2id\$v=19\$m=8,t=1,p=1\$/);
    await staff.stop();
  });

  test('sessions: each sees and ends its own account’s, the newest first; a secret works once it is signed out no more', async () => {
    const staff = await startStaff({ location: await newLocation() });
    const { administrators, ada } = staff;
    const bob = await staff.make('Bob', 'auditor');
    const own = { is: 'administrator', administrator: ada.id } as const;
    const first = await staff.open();
    const second = await staff.open(ada.email, { source: '10.0.0.2', device: 'x'.repeat(1000) });
    const bobs = await staff.open(bob.email);
    expect(new Set([first.secret, second.secret, bobs.secret]).size).toBe(3);
    const list = await administrators.listSessions(ada.id);
    expect(list.map(({ id }) => id)).toEqual([second.session.id, first.session.id]);
    expect(list[0]!.device).toHaveLength(200);
    expect(await refusal(administrators.endSession(ada.id, bobs.session.id, own))).toBe('NOT_FOUND');
    await administrators.endSession(ada.id, second.session.id, own);
    expect(await administrators.sessionOf(second.secret)).toBeUndefined();
    expect(await administrators.sessionById(second.session.id)).toBeUndefined();
    expect((await administrators.sessionById(first.session.id))?.administrator.id).toBe(ada.id);
    await administrators.signOut(first.session.id, own);
    await administrators.signOut(first.session.id, own);
    expect(await administrators.sessionOf(first.secret)).toBeUndefined();
    expect(await administrators.sessionOf('')).toBeUndefined();
    await staff.stop();
  });

  test('a clock that is set back lengthens no session, and what is over is removed', async () => {
    const staff = await startStaff({ location: await newLocation() });
    const { administrators } = staff;
    const { secret, session } = await staff.open();
    staff.advance(-4 * 60_000);
    expect((await administrators.sessionOf(secret))?.session).toMatchObject({
      id: session.id,
      expiresAt: session.expiresAt,
    });
    staff.advance(-2 * 60_000);
    expect(await administrators.sessionOf(secret)).toBeUndefined();
    staff.advance(6 * 60_000 + 31 * 60_000);
    await administrators.tidy();
    expect(await staff.db.selectFrom('administrator_session').selectAll().execute()).toEqual([]);
    await staff.stop();
  });

  test('rows that were made or changed past the service open nothing until an operator resets them', async () => {
    const staff = await startStaff({ location: await newLocation() });
    const { administrators, db, ada, organization } = staff;
    const bob = await staff.make('Bob', 'auditor');
    const { secret, session } = await staff.open(bob.email);
    await db
      .updateTable('administrator')
      .set({ role: 'owner', appliance_owner: 1 })
      .where('id', '=', bob.id)
      .execute();
    expect(await administrators.sessionOf(secret)).toBeUndefined();
    expect(await refusal(staff.open(bob.email))).toBe('SIGN_IN_REFUSED');
    expect(await administrators.get(organization, bob.id)).toMatchObject({ altered: true });
    const owner = { is: 'administrator', administrator: ada.id } as const;
    expect(await refusal(administrators.reset(bob.id, { password: true }, owner))).toBe('CONFLICT');
    expect(await refusal(administrators.change(organization, bob.id, { role: 'auditor' }, owner))).toBe(
      'CONFLICT',
    );
    // It is no owner that counts.
    expect(await refusal(administrators.change(organization, ada.id, { disabled: true }, operator))).toBe(
      'CONFLICT',
    );
    await administrators.reset(bob.id, { password: true }, operator);
    expect((await administrators.get(organization, bob.id)).altered).toBeUndefined();
    expect(await refusal(staff.open(bob.email))).toBe('SIGN_IN_REFUSED');

    // A session that the service did not make, and one made longer.
    const adas = await staff.open();
    const row = await db
      .selectFrom('administrator_session')
      .selectAll()
      .where('id', '=', adas.session.id)
      .executeTakeFirstOrThrow();
    await db
      .insertInto('administrator_session')
      .values({ ...row, id: session.id, secret_hash: 'f'.repeat(64) })
      .execute();
    expect(await administrators.listSessions(ada.id)).toHaveLength(1);
    await db
      .updateTable('administrator_session')
      .set({ expires_at: row.expires_at + 1 })
      .where('id', '=', row.id)
      .execute();
    expect(await administrators.sessionOf(adas.secret)).toBeUndefined();
    await staff.stop();
  });

  test('go with their organization, also the last owner', async () => {
    const staff = await startStaff({ location: await newLocation() });
    const { administrators, organization, db } = staff;
    await staff.addPasskey(await staff.open());
    const other = (await staff.organizations.create({ name: 'Other' }, operator)).id;
    const carol = await staff.make('Carol', 'owner', { organization: other });
    for (let i = 0; i < 2; i++) await administrators.forgetOrganization(organization, operator);
    expect(await db.selectFrom('administrator').select('id').execute()).toEqual([{ id: carol.id }]);
    for (const table of ['administrator_session', 'passkey'] as const)
      expect(await db.selectFrom(table).selectAll().execute()).toEqual([]);
    expect(await refusal(administrators.signIn({ email: staff.ada.email, password, ...desk }))).toBe(
      'SIGN_IN_REFUSED',
    );
    await staff.stop();
  });
});
