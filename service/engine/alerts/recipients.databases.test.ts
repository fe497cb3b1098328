import { afterEach, beforeEach, expect, test } from 'vitest';
import { onBothDatabases } from '../../../test/storage/databases.ts';
import { type Alerting, ada, MINUTE, startAlerting } from '../../../test/support/alerting.ts';
import { key, operator } from '../../../test/support/engine.ts';

let at: Alerting;

onBothDatabases('recipients of alert mail', (newPlace) => {
  beforeEach(async () => {
    at = await startAlerting(await newPlace());
  });
  afterEach(() => at.engine.stop());

  const mailing = (...email: string[]) => ({
    metric: 'failures-per-person' as const,
    threshold: 1,
    channels: { email },
  });
  const organization = () => at.engine.organization;
  const approved = async () => (await at.alerts.listRecipients(organization())).map(({ address }) => address);

  test('a key mails approved recipients only, also by changing a rule', async () => {
    const refused = {
      code: 'RECIPIENT_NOT_APPROVED',
      message: expect.stringContaining('gatehouse alert recipient approve'),
    };
    await expect(at.alerts.addRule(at.realm(), mailing('me@evil.example'), key)).rejects.toMatchObject(
      refused,
    );
    expect(await at.alerts.listRules(at.realm())).toEqual([]);

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
    expect(await at.alerts.listRecipients(organization())).toMatchObject([
      { address: 'ops@example.com', approvedBy: 'operator:ada' },
    ]);
    await expect(at.alerts.approveRecipient(organization(), 'nobody', operator)).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    });
  });

  test('nothing is mailed to a recipient who was withdrawn meanwhile', async () => {
    await at.alerts.addRule(at.realm(), mailing('ops@example.com'), operator);
    await at.refusals(1, { subject: ada });
    await at.alerts.withdrawRecipient(organization(), 'OPS@example.com', operator);
    await expect(
      at.alerts.withdrawRecipient(organization(), 'ops@example.com', operator),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const ran = await at.handlers.get('mail')!.run({
      id: at.engine.ids.next('job'),
      kind: 'mail',
      payload: at.jobs[0]!.payload,
      lane: undefined,
      attempts: 0,
      organization: organization(),
      signal: new AbortController().signal,
    });
    expect(ran.outcome).toEqual({ is: 'dead', error: 'The recipient is no longer approved.' });
    expect(at.mails).toEqual([]);
  });

  test('an organization mails 20 times an hour, whatever its rules say', async () => {
    const addresses = Array.from({ length: 15 }, (_, i) => `ops${i}@example.com`);
    await at.alerts.addRule(at.realm(), mailing(...addresses), operator);
    await at.alerts.addRule(at.realm(), mailing(...addresses), operator);
    await at.refusals(1, { subject: ada });
    expect(at.jobs).toHaveLength(20);
    const outcomes = (await at.alerts.list(at.realm(), { limit: 10 })).flatMap(({ notified }) =>
      Object.values(notified).filter((outcome) => outcome.includes('within an hour')),
    );
    expect(outcomes).toHaveLength(10);
    expect(await at.alerts.testMail(organization(), 'ops0@example.com', operator)).toMatchObject({
      sent: false,
      reason: expect.stringContaining('20 times within an hour'),
    });
    at.engine.advance(61 * MINUTE);
    expect(await at.alerts.testMail(organization(), 'ops0@example.com', operator)).toEqual({ sent: true });
  });

  test('erasing the organization forgets its recipients', async () => {
    await at.alerts.approveRecipient(organization(), 'ops@example.com', operator);
    await at.alerts.end(organization(), operator);
    expect(await approved()).toEqual([]);
  });
});
