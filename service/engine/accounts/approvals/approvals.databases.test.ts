import { afterEach, beforeEach, expect, test } from 'vitest';
import { onSqlite } from '../../../../test/storage/databases.ts';
import { startStaff } from '../../../../test/support/staff.ts';
import type { AdministratorId, SubjectId } from '../../../lib/id.ts';
import type { Actor } from '../../audit/index.ts';
import { type Approvals, createApprovals, type Guarded } from './approvals.ts';
import { createApprovalData } from './personal-data.ts';

type Staff = Awaited<ReturnType<typeof startStaff>>;
const DAY = 86_400_000;
const operator: Actor = { is: 'operator', name: 'root' };
const as = (administrator: AdministratorId): Actor => ({ is: 'administrator', administrator });

onSqlite('four eyes', (newLocation) => {
  let staff: Staff;
  let approvals: Approvals;
  let ada: Actor;
  let bob: Actor;
  let bobId: AdministratorId;
  let erase: Guarded;
  beforeEach(async () => {
    staff = await startStaff({ location: await newLocation() });
    approvals = createApprovals(staff);
    const second = await staff.make('Bob', 'administrator');
    bobId = second.id;
    [ada, bob] = [as(staff.ada.id), as(bobId)];
    for (const email of [staff.ada.email, second.email]) await staff.addPasskey(await staff.open(email));
    const { organization } = staff;
    erase = { organization, world: 'live', action: 'subject.erase', subject: 'sub_1' as SubjectId };
    staff.advance(2 * DAY);
  });
  afterEach(() => staff.stop());

  const attempt = (what: Guarded, who: Actor) =>
    approvals.guard(what, who, async () => 'done').catch((error: { code: string }) => error.code);
  const lines = async () =>
    (
      await staff.db
        .selectFrom('audit')
        .select(['actor', 'action'])
        .where('action', 'like', 'approval.%')
        .orderBy('id')
        .execute()
    ).map(({ actor, action }) => `${actor === `administrator:${staff.ada.id}` ? 'ada' : 'bob'} ${action}`);

  test('50 approvals of an account wait at most, so that those of others are seen', async () => {
    await approvals.setRequired(staff.organization, true, ada);
    const ask = (i: number, who: Actor) =>
      approvals.request({ ...erase, subject: `sub_${i}` as SubjectId }, who);
    for (let i = 0; i < 50; i++) await ask(i, ada);
    await expect(ask(50, ada)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await ask(49, ada)).toMatchObject({ subject: 'sub_49' });
    expect(await ask(50, bob)).toMatchObject({ subject: 'sub_50' });
    const { id } = await ask(0, ada);
    await approvals.decide(staff.organization, id, 'declined', bob);
    expect(await ask(50, ada)).toMatchObject({ subject: 'sub_50' });
    await expect(ask(51, ada)).rejects.toMatchObject({ code: 'CONFLICT' });
    staff.advance(DAY);
    expect(await ask(51, ada)).toMatchObject({ subject: 'sub_51' });
  });

  test('what is asked for is done once another administrator has confirmed it, by who asked, for a day', async () => {
    expect(await attempt(erase, ada)).toBe('done');
    await approvals.setRequired(staff.organization, true, ada);
    expect(await attempt(erase, ada)).toBe('APPROVAL_REQUIRED');
    expect(await attempt(erase, operator)).toBe('done');

    const asked = await approvals.request(erase, ada);
    expect(await approvals.request(erase, ada)).toEqual(asked);
    expect(await attempt(erase, ada)).toBe('APPROVAL_REQUIRED');
    const decide = (who: Actor, decision: 'confirmed' | 'declined' = 'confirmed') =>
      approvals.decide(staff.organization, asked.id, decision, who);
    await expect(decide(ada)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await decide(bob)).toMatchObject({ decision: 'confirmed', requestedBy: staff.ada.id });
    await expect(decide(bob, 'declined')).rejects.toMatchObject({ code: 'CONFLICT' });

    expect(await attempt(erase, bob)).toBe('APPROVAL_REQUIRED');
    expect(await attempt({ ...erase, subject: 'sub_2' as SubjectId }, ada)).toBe('APPROVAL_REQUIRED');
    expect(await attempt({ ...erase, world: 'test' }, ada)).toBe('APPROVAL_REQUIRED');
    expect(await attempt({ ...erase, action: 'subject.export' }, ada)).toBe('APPROVAL_REQUIRED');
    expect(await attempt(erase, ada)).toBe('done');
    staff.advance(DAY);
    expect(await attempt(erase, ada)).toBe('APPROVAL_REQUIRED');
    expect(
      (await approvals.page(staff.organization, { state: 'expired', limit: 5 })).map(({ id }) => id),
    ).toEqual([asked.id]);
    expect(await lines()).toEqual(['ada approval.request', 'bob approval.confirm', 'ada approval.use']);
  });

  test('a confirmation ends with the account that gave it', async () => {
    await approvals.setRequired(staff.organization, true, ada);
    const { id } = await approvals.request(erase, ada);
    await approvals.decide(staff.organization, id, 'confirmed', bob);
    await staff.administrators.change(staff.organization, bobId, { disabled: true }, operator);
    expect(await attempt(erase, ada)).toBe('APPROVAL_REQUIRED');
    expect((await approvals.request(erase, ada)).id).not.toBe(id);
  });

  test('an erased person leaves the requests; who asked and who confirmed stays', async () => {
    await approvals.setRequired(staff.organization, true, ada);
    const { id } = await approvals.request(erase, ada);
    await approvals.decide(staff.organization, id, 'confirmed', bob);
    const { forget } = createApprovalData(staff);
    await staff.inTransaction((tx) => forget!(tx, [erase.subject!], 0));
    const [left] = await approvals.page(staff.organization, { limit: 5 });
    expect(left).toMatchObject({ id, requestedBy: staff.ada.id, decision: 'confirmed' });
    expect(left).not.toHaveProperty('subject');
    expect(await attempt(erase, ada)).toBe('APPROVAL_REQUIRED');
  });

  test('a request that is declined or has ended confirms nothing', async () => {
    await approvals.setRequired(staff.organization, true, ada);
    const first = await approvals.request(erase, ada);
    await approvals.decide(staff.organization, first.id, 'declined', bob);
    expect(await attempt(erase, ada)).toBe('APPROVAL_REQUIRED');
    const second = await approvals.request(erase, ada);
    expect(second.id).not.toBe(first.id);
    staff.advance(DAY);
    await expect(approvals.decide(staff.organization, second.id, 'confirmed', bob)).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    await expect(approvals.decide(staff.organization, 'apr_none', 'confirmed', bob)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  test('an account that was made or reset for the purpose confirms nothing', async () => {
    await approvals.setRequired(staff.organization, true, ada);
    const made = await staff.make('Carol', 'administrator');
    await staff.addPasskey(await staff.open(made.email));
    staff.advance(DAY - 1);
    const { id } = await approvals.request(erase, ada);
    await expect(approvals.decide(staff.organization, id, 'confirmed', as(made.id))).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('a day before'),
    });
    staff.advance(1);
    const later = await approvals.request({ ...erase, subject: 'sub_3' as SubjectId }, ada);
    expect(await approvals.decide(staff.organization, later.id, 'confirmed', as(made.id))).toMatchObject({
      decision: 'confirmed',
    });
  });

  test('it is switched on where two could agree, and off by two; the operator of the box needs none', async () => {
    const lonely = await startStaff({ location: await newLocation() });
    await expect(
      createApprovals(lonely).setRequired(lonely.organization, true, as(lonely.ada.id)),
    ).rejects.toMatchObject({ code: 'CONFLICT' });
    await lonely.stop();

    const second = (bob as unknown as { administrator: AdministratorId }).administrator;
    const disable = (disabled: boolean) =>
      staff.administrators.change(staff.organization, second, { disabled }, ada);
    await disable(true);
    await expect(approvals.setRequired(staff.organization, true, ada)).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    expect(await approvals.hasAnother(staff.organization, staff.ada.id)).toBe(false);
    await disable(false);
    await approvals.setRequired(staff.organization, true, ada);
    const off = { organization: staff.organization, action: 'four-eyes.off' } as const;
    await expect(approvals.setRequired(staff.organization, false, ada)).rejects.toMatchObject({
      code: 'APPROVAL_REQUIRED',
    });
    const { id } = await approvals.request(off, ada);
    await approvals.decide(staff.organization, id, 'confirmed', bob);
    await approvals.setRequired(staff.organization, false, ada);
    expect((await staff.organizations.get(staff.organization)).fourEyes).toBeUndefined();
    await approvals.setRequired(staff.organization, true, ada);
    await approvals.setRequired(staff.organization, false, operator);
    expect(await attempt(erase, ada)).toBe('done');
  });
});
