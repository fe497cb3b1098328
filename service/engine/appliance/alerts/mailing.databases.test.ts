import { afterEach, beforeEach, expect, test } from 'vitest';
import { onSqlite } from '../../../../test/storage/databases.ts';
import { type Alerting, ada, MINUTE, server, startAlerting } from '../../../../test/support/alerting.ts';
import { operator } from '../../../../test/support/engine.ts';
import { OutgoingError, type OutgoingFailure } from '../../../outgoing/outgoing.ts';

let at: Alerting;

onSqlite('mail of alerts', (newLocation) => {
  beforeEach(async () => {
    at = await startAlerting(await newLocation());
  });
  afterEach(() => at.engine.stop());

  async function run(nextAt?: number) {
    const handler = at.handlers.get('mail')!;
    const mail = at.queued[0]!;
    const { outcome, result } = await handler.send({
      ...mail,
      tries: 0,
      signal: new AbortController().signal,
    });
    await at.engine.inTransaction((tx) =>
      handler.record!(tx, [{ id: mail.id, outcome, result: result as never, nextAt }]),
    );
    return (await at.alerts.list(at.realm(), { limit: 1 }))[0]!.notified['email ops@example.com'];
  }
  beforeEach(async () => {
    await at.alerts.addRule(
      at.realm(),
      { metric: 'failures-per-person', threshold: 1, channels: { email: ['ops@example.com'] } },
      operator,
    );
    await at.refusals(1, { subject: ada });
  });

  test('names ids alone, and what became of it stands in the alert', async () => {
    expect(await run()).toBe('sent');
    const [alert] = await at.alerts.list(at.realm(), { limit: 1 });
    expect(at.mails).toMatchObject([
      {
        ...server,
        address: '10.0.0.9',
        to: ['ops@example.com'],
        subject: `Gatehouse alert: "${alert!.name}"`,
      },
    ]);
    const { text } = at.mails[0]!;
    for (const id of [ada, alert!.id, at.engine.organization]) expect(text).toContain(id);
    expect(text).toContain(`gatehouse alert ack ${alert!.id} --org ${at.engine.organization}`);
  });

  test('a failed mail is retried, and abandoned with its reason', async () => {
    const words = `The mail server refused the message (451 4.7.1 ${ada} later).`;
    at.mailFails = new OutgoingError('refused', words, '451 4.7.1');
    expect(await run(Date.UTC(2026, 10, 20, 13))).toBe(
      'failed, again at 2026-11-20T13:00:00.000Z: The mail server refused the mail (451 4.7.1).',
    );
    expect(await run()).toBe('given up: The mail server refused the mail (451 4.7.1).');
    expect(at.handlers.get('mail')!.pauses).toEqual([MINUTE, 5 * MINUTE, 30 * MINUTE, 120 * MINUTE]);
  });

  test.each<[OutgoingFailure | undefined, string | undefined, string]>([
    ['refused', undefined, 'The mail server refused the connection.'],
    ['timeout', undefined, 'The mail server did not answer in time.'],
    ['tls', 'CERT_HAS_EXPIRED', 'The TLS of the mail server was refused (CERT_HAS_EXPIRED).'],
    [undefined, undefined, 'The mail could not be sent; a test mail shows why.'],
  ])('of what fails with %s and the code %s a fixed sentence is kept', async (failure, code, sentence) => {
    at.mailFails = failure === undefined ? new Error(ada) : new OutgoingError(failure, ada, code);
    expect(await run()).toBe(`given up: ${sentence}`);
  });

  test('a second address of the server is dialled only when the first does not answer', async () => {
    const dialled: string[] = [];
    let failure: OutgoingFailure = 'refused';
    await at.open({
      destinations: {
        checkHost: async (_, place) => ({ ...place, addresses: ['10.0.0.1', '10.0.0.2', '10.0.0.3'] }),
      },
      outgoing: {
        async mail({ address }) {
          dialled.push(address);
          throw new OutgoingError(failure, 'not there');
        },
      },
    });
    await run();
    failure = 'timeout';
    await run();
    expect(dialled).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.1']);
  });

  test('without a mail server no rule mails, and the settings are named', async () => {
    await at.open({ mail: undefined });
    const refused = { code: 'INVALID_REQUEST', message: expect.stringContaining('smtpUrl and smtpFrom') };
    await expect(
      at.alerts.addRule(at.realm(), { metric: 'spoof-attempts', channels: { email: ['a@x.ch'] } }, operator),
    ).rejects.toMatchObject(refused);
    await expect(at.alerts.testMail(at.engine.organization, 'a@x.ch', operator)).rejects.toMatchObject(
      refused,
    );
    expect(await run()).toContain('given up: No mail server is set');
  });

  test('a test mail is a line of the log, and the reply has its outcome', async () => {
    expect(await at.alerts.testMail(at.engine.organization, ' it@example.com', operator)).toEqual({
      sent: true,
    });
    at.mailFails = new Error('mail.lan does not take it');
    expect(await at.alerts.testMail(at.engine.organization, 'it@example.com', operator)).toEqual({
      sent: false,
      reason: 'mail.lan does not take it',
    });
    expect(at.mails.map(({ to }) => to)).toEqual([['it@example.com']]);
    expect((await at.actions()).filter((line) => line.startsWith('alert.test-mail'))).toHaveLength(2);
  });
});
