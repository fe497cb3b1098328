import { afterEach, beforeEach, expect, test } from 'vitest';
import { createDeliveryQueue } from '../../service/engine/events/index.ts';
import { silentLog } from '../../service/lib/log.ts';
import { createOutgoing } from '../../service/outgoing/create-outgoing.ts';
import { onSqlite } from '../storage/databases.ts';
import { type Alerting, ada, startAlerting } from '../support/alerting.ts';
import { operator } from '../support/engine.ts';
import { openErasure } from '../support/erasure.ts';
import { createFakeTime, type FakeTime, until } from '../support/fake-time.ts';
import { startMailServer } from '../support/mail-server.ts';
import { watchDatabase } from '../support/watch-database.ts';

// A mail server that quotes the mail, and answers when the person the mail is about has been erased.

onSqlite('a mail server that answers after the erasure', (newLocation, dialect) => {
  const address = 'ada@example.com';
  const keepIds = ['audit.details', 'audit.target', 'erasure.receipt', 'erasure.subject'];
  let at: Alerting;
  let stops: (() => Promise<unknown>)[];
  beforeEach(async () => {
    at = await startAlerting(await newLocation());
    stops = [() => at.engine.stop()];
  });
  afterEach(async () => {
    for (const stop of stops.toReversed()) await stop();
  });

  /** A queue that runs, mail that is sent to `verdict`, and an alert about Ada by a rule that is named after her. */
  async function mailAlert(verdict: (message: string) => Promise<string>) {
    const server = await startMailServer({ verdict });
    const outgoing = createOutgoing();
    stops.push(server.stop, outgoing.close);
    let sending = 0;
    const { inTransaction, atRest } = watchDatabase(at.engine, () => sending > 0);
    const time = createFakeTime(at.engine.clock.now(), atRest);
    const shared = { ...at.engine, inTransaction, clock: time.clock, log: silentLog };
    const queue = createDeliveryQueue({ ...shared, timer: time.timer, chance: () => 0 });
    await at.open({
      ...shared,
      queue,
      mail: { host: '127.0.0.1', port: server.port, secure: false, from: 'box@example.org' },
      destinations: { checkHost: async (_, place) => ({ ...place, addresses: ['127.0.0.1'] }) },
      outgoing: {
        async mail(message) {
          sending += 1;
          await outgoing.mail(message).finally(() => {
            sending -= 1;
          });
        },
      },
    });
    await at.alerts.addRule(
      at.realm(),
      {
        metric: 'failures-per-person',
        threshold: 1,
        name: `failures like those of ${address}`,
        channels: { email: ['ops@example.org'] },
      },
      operator,
    );
    await queue.start();
    stops.push(() => queue.stop());
    await at.refusals(1, { subject: ada });
    queue.wake();
    return time;
  }

  /** The moment of the next attempt comes, without the seconds until then, in each of which a queue looks what is due. */
  async function tryAgain({ clock, jump, advance }: FakeTime): Promise<void> {
    const { next_at, attempts } = await mailRow();
    jump(Number(next_at) - clock.now());
    await advance(1000);
    expect((await mailRow()).attempts).toBe(attempts + 1);
  }

  const attempts = async () => (await mailRow()).attempts;
  const mailRow = () =>
    at.engine.db.selectFrom('delivery').selectAll().where('kind', '=', 'mail').executeTakeFirstOrThrow();
  const notified = async () => {
    const row = await at.engine.db.selectFrom('alert').select('notified').executeTakeFirstOrThrow();
    return (JSON.parse(row.notified) as Record<string, string>)['email ops@example.org'];
  };
  async function columnsWith(text: string): Promise<string[]> {
    const found = new Set<string>();
    for (const { name } of await at.engine.db.introspection.getTables()) {
      for (const row of await at.engine.db
        .selectFrom(name as 'alert')
        .selectAll()
        .execute()) {
        for (const [column, value] of Object.entries<unknown>(row)) {
          const shown = value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value);
          if (shown.includes(text)) found.add(`${name}.${column}`);
        }
      }
    }
    return [...found].sort();
  }

  test('leaves none of its words, neither after the first attempt nor after the last', async () => {
    const arrived = Promise.withResolvers<string>();
    const answered = Promise.withResolvers<string>();
    let mails = 0;
    const time = await mailAlert(async (message) => {
      mails += 1;
      if (mails === 1) arrived.resolve(message);
      return answered.promise;
    });
    const message = await arrived.promise;
    expect(message).toContain(ada);

    const erasure = await openErasure(at.engine, { dialect });
    const { proof } = await erasure.erase(at.realm(), ada, {
      reason: 'request',
      actor: operator,
      prove: true,
    });
    expect(proof?.tables?.found).toEqual([]);
    answered.resolve(`554 5.7.1 refused: <${address}> (${ada}) is on no list of ours`);
    await until(async () => (await attempts()) === 1);
    expect(await notified()).toMatch(
      /^failed, again at \S+: The mail server refused the mail \(554 5\.7\.1\)\.$/,
    );
    expect((await mailRow()).state_reason).toBe('The mail server refused the mail (554 5.7.1).');
    expect(await columnsWith(ada)).toEqual(keepIds);

    for (let done = 1; done < 5; done++) await tryAgain(time);
    expect([mails, (await mailRow()).state]).toEqual([5, 'failed']);
    expect(await notified()).toBe('given up: The mail server refused the mail (554 5.7.1).');
    expect(await columnsWith(ada)).toEqual(keepIds);
    // The rule is the organization's own text; nothing else quotes it.
    expect(await columnsWith(address)).toEqual(['alert_rule.name']);
  });
});
