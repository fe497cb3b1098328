import { afterEach, beforeEach, expect, test } from 'vitest';
import { onSqlite } from '../../../../test/storage/databases.ts';
import { type Alerting, ada, MINUTE, startAlerting } from '../../../../test/support/alerting.ts';
import { key, operator } from '../../../../test/support/engine.ts';
import type { OrganizationId } from '../../../lib/id.ts';
import type { Recipient } from './recipient-store.ts';

let at: Alerting;

onSqlite('recipients of alert mail', (newLocation) => {
  beforeEach(async () => {
    at = await startAlerting(await newLocation());
  });
  afterEach(() => at.engine.stop());

  const mailing = (...email: string[]) => ({
    metric: 'failures-per-person' as const,
    threshold: 1,
    channels: { email },
  });
  const organization = () => at.engine.organization;
  const approved = async (of = organization()) =>
    (await at.alerts.pageRecipients(of, { limit: 200 })).map(({ address }) => address);
  /** The first mail that waits. */
  const runMail = () =>
    at.handlers.get('mail')!.send({
      ...at.queued[0]!,
      tries: 0,
      signal: new AbortController().signal,
    });

  test('pages go on after the last recipient of the page before, also among those of one moment', async () => {
    for (const address of ['b@example.com', 'a@example.com'])
      await at.alerts.approveRecipient(organization(), address, operator);
    at.engine.advance(1);
    await at.alerts.approveRecipient(organization(), 'c@example.com', operator);
    const seen: string[] = [];
    let after: Recipient | undefined;
    do {
      [after] = await at.alerts.pageRecipients(organization(), { limit: 1, ...(after && { after }) });
      if (after) seen.push(after.address);
    } while (after);
    expect(seen).toEqual(['c@example.com', 'a@example.com', 'b@example.com']);
  });

  test('a key mails approved recipients only, also by changing a rule', async () => {
    const refused = {
      code: 'RECIPIENT_NOT_APPROVED',
      message: expect.stringContaining('gatehouse alert recipient approve'),
    };
    await expect(at.alerts.addRule(at.realm(), mailing('me@evil.example'), key)).rejects.toMatchObject(
      refused,
    );
    expect(await at.rules(at.realm())).toEqual([]);

    await at.alerts.approveRecipient(organization(), 'Ops@Example.com', operator);
    const rule = await at.alerts.addRule(at.realm(), mailing('ops@example.com'), key);
    await expect(
      at.alerts.changeRule(
        at.realm(),
        rule.id,
        { channels: { email: ['ops@example.com', 'me@evil.example'] } },
        key,
      ),
    ).rejects.toMatchObject(refused);
    await expect(at.alerts.testMail(organization(), 'me@evil.example', key)).rejects.toMatchObject(refused);
    expect(at.mails).toEqual([]);
    expect(await approved()).toEqual(['ops@example.com']);
  });

  test('an operator who names an address approves it, once', async () => {
    await at.alerts.addRule(at.realm(), mailing('ops@example.com', 'OPS@example.com'), operator);
    await at.alerts.approveRecipient(organization(), 'ops@example.com', operator);
    expect(await at.alerts.pageRecipients(organization(), { limit: 200 })).toMatchObject([
      { address: 'ops@example.com', approvedBy: 'operator:ada' },
    ]);
    await expect(at.alerts.approveRecipient(organization(), 'no-address', operator)).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    });
  });

  test('recipients are approved, withdrawn, mailed and forgotten per organization', async () => {
    const other = (await at.engine.organizations.create({ name: 'Other' }, operator)).id;
    await at.alerts.approveRecipient(other, 'ops@example.com', operator);
    await expect(at.alerts.addRule(at.realm(), mailing('ops@example.com'), key)).rejects.toMatchObject({
      code: 'RECIPIENT_NOT_APPROVED',
    });
    await expect(
      at.alerts.withdrawRecipient(organization(), 'ops@example.com', operator),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await at.alerts.approveRecipient(organization(), 'ops@example.com', operator);
    await at.alerts.withdrawRecipient(organization(), 'ops@example.com', operator);
    const sendTo = (one: OrganizationId) => at.alerts.testMail(one, 'ops@example.com', operator);
    for (let i = 0; i < 20; i++) expect(await sendTo(other)).toEqual({ sent: true });
    expect((await sendTo(other)).sent).toBe(false);
    expect(await sendTo(organization())).toEqual({ sent: true });
    await at.alerts.end(organization(), operator);
    expect([await approved(), await approved(other)]).toEqual([[], ['ops@example.com']]);
    expect((await sendTo(other)).sent).toBe(false);
    const counted = await at.engine.db.selectFrom('sent_mail').select('organization').execute();
    expect(new Set(counted.map((row) => row.organization))).toEqual(new Set([other]));
  });

  test('the case of an address makes no other recipient of it', async () => {
    await at.alerts.approveRecipient(organization(), 'ops@example.com', operator);
    await at.alerts.addRule(at.realm(), mailing('OPS@Example.com'), key);
    await at.refusals(1, { subject: ada });
    expect((await runMail()).outcome).toEqual({ is: 'delivered' });
    expect(at.mails).toHaveLength(1);
  });

  test('no mail goes to a recipient who was withdrawn meanwhile', async () => {
    await at.alerts.addRule(at.realm(), mailing('ops@example.com'), operator);
    await at.refusals(1, { subject: ada });
    await at.alerts.withdrawRecipient(organization(), 'OPS@example.com', operator);
    await expect(
      at.alerts.withdrawRecipient(organization(), 'ops@example.com', operator),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect((await runMail()).outcome).toEqual({
      is: 'given-up',
      reason: 'The recipient is no longer approved.',
    });
    expect(at.mails).toEqual([]);
  });

  test('an organization mails 20 times an hour, whatever its rules say', async () => {
    const addresses = Array.from({ length: 15 }, (_, i) => `ops${i}@example.com`);
    await at.alerts.addRule(at.realm(), mailing(...addresses), operator);
    await at.alerts.addRule(at.realm(), mailing(...addresses), operator);
    await at.refusals(1, { subject: ada });
    expect(at.queued).toHaveLength(20);
    const outcomes = (await at.alerts.list(at.realm(), { limit: 10 })).flatMap(({ notified }) =>
      Object.values(notified).filter((outcome) => outcome.includes('within an hour')),
    );
    expect(outcomes).toHaveLength(10);
    const sendOne = () => at.alerts.testMail(organization(), 'ops0@example.com', operator);
    expect(await sendOne()).toMatchObject({
      sent: false,
      reason: expect.stringContaining('20 times within an hour'),
    });
    at.engine.advance(60 * MINUTE - 1);
    expect((await sendOne()).sent).toBe(false);
    at.engine.advance(1);
    expect(await sendOne()).toEqual({ sent: true });
    for (let i = 1; i < 20; i++) await sendOne();
    expect((await sendOne()).sent).toBe(false);
    // The clock was wrong, and is set right: mails of the future do not silence the organization until then.
    at.engine.advance(-2 * MINUTE);
    expect(await sendOne()).toEqual({ sent: true });
  });

  test('erasing the organization forgets its recipients', async () => {
    await at.alerts.approveRecipient(organization(), 'ops@example.com', operator);
    await at.alerts.end(organization(), operator);
    expect(await approved()).toEqual([]);
  });
});
