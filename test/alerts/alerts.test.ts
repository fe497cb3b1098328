import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runShell } from '../../main/shell.ts';
import type { Schemas } from '../../sdk/admin/client.ts';
import { type Cli, createCli } from '../cli/gatehouse.ts';
import { portrait } from '../cli/portraits.ts';
import { certificate } from '../support/certificate.ts';
import { createTestElectron } from '../support/electron.ts';
import { listen } from '../support/listener.ts';
import { type MailServerOptions, startMailServer } from '../support/mail-server.ts';
import { createManualTimers } from '../support/manual-timers.ts';

type Alert = Schemas['Alert'];
type Rule = Schemas['AlertRule'];

let cli: Cli;
let made: { organizationId: string; keys: { test: string } };
const ends: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  cli = createCli();
  made = await cli.init('Museum');
});
afterEach(async () => {
  await cli.clean();
  for (const end of ends.splice(0)) await end();
});

/** Settings beside those of `init`, read at the next start. */
function set(settings: Record<string, string>): void {
  const file = join(cli.data, 'gatehouse.json');
  const before = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  writeFileSync(file, JSON.stringify({ ...before, ...settings }));
}
async function mailServer(how: MailServerOptions = {}) {
  const server = await startMailServer(how);
  ends.push(server.stop);
  return server;
}
/** Keeps what is posted to it, and says when there is more. */
async function receiver() {
  const posts: { headers: Record<string, unknown>; body: Record<string, unknown> }[] = [];
  const server = createServer(async (request, response) => {
    posts.push({ headers: request.headers, body: JSON.parse(await text(request)) });
    response.end();
    server.emit('posted');
  });
  const { port, stop } = await listen(server);
  ends.push(stop);
  return {
    port,
    posts,
    async posted(count: number) {
      while (posts.length < count) await once(server, 'posted');
    },
  };
}
const verify = async (url: string, who: 'ada' | 'bea', quality: number) => {
  const reply = await fetch(`${url}/api/verify`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': made.keys.test },
    body: JSON.stringify({
      image: (await portrait(who, quality)).toString('base64'),
      email: 'ada@example.com',
    }),
  });
  return ((await reply.json()) as { verified: boolean }).verified;
};

test('five refused verifications of one person are one alert, one mail and one webhook; it is acknowledged', async () => {
  const [mailbox, hook] = [await mailServer(), await receiver()];
  set({ smtpUrl: `smtp://127.0.0.1:${mailbox.port}`, smtpFrom: 'box@museum.example' });
  const service = await cli.serve();
  for (const port of [mailbox.port, hook.port]) await cli.json('grant', 'add', `127.0.0.1:${port}`);
  await cli.json(
    ...['webhook', 'add', `http://127.0.0.1:${hook.port}/hook`, '--test'],
    ...['--family', 'identity', '--event', 'alert.triggered,verification.failure'],
  );
  const file = join(cli.data, 'ada.jpg');
  writeFileSync(file, await portrait('ada'));
  const { userId } = await cli.json<{ userId: string }>(
    ...['subject', 'enroll', '--test', '--email', 'ada@example.com', file],
  );
  const rule = await cli.json<Rule>(
    ...['alert', 'rule', 'add', '--test', '--metric', 'failures-per-person', '--threshold', '4'],
    ...['--email', 'ops@museum.example', '--desktop'],
  );
  expect(await cli.json('alert', 'rules', '--test')).toMatchObject({
    items: [{ id: rule.id, threshold: 4 }],
  });

  for (const quality of [90, 89, 88, 87, 86]) expect(await verify(service.url, 'bea', quality)).toBe(false);
  // The fifth refusal was passed on too by then, and the rule held off.
  await Promise.all([mailbox.taken(1), hook.posted(6)]);
  const triggered = hook.posts.filter(({ body }) => body.event === 'alert.triggered');
  expect(triggered).toHaveLength(1);
  const { items: alerts } = await cli.json<{ items: Alert[] }>('alert', 'list', '--test');
  const [alert] = alerts;
  expect(alerts).toHaveLength(1);
  expect(alert).toMatchObject({ rule: rule.id, about: userId, value: 4, threshold: 4 });
  const [mail] = mailbox.mails;
  expect(mail).toMatchObject({ from: 'box@museum.example', to: ['ops@museum.example'], encrypted: false });
  for (const part of [userId, alert!.id, 'The rule "One person refused again and again" fired'])
    expect(mail!.data).toContain(part);
  expect(mail!.data).not.toContain('ada@example.com');
  expect(JSON.stringify(triggered[0]!.body)).toContain(alert!.id);
  expect(triggered[0]!.headers).toMatchObject({ 'webhook-signature': expect.stringMatching(/^v1,/) });

  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  for (const line of [
    'gatehouse_verifications_total{world="test",kind="1:1",decision="refused"} ',
    'gatehouse_check_results_total{world="test",check="faceQuality",result="pass"} ',
    'gatehouse_webhook_attempts_total{outcome="delivered"} ',
    'gatehouse_alerts_open{world="test",metric="failures-per-person"} 1',
    'gatehouse_jobs{kind="webhook",state="dead"} 0',
  ])
    expect(metrics).toContain(line);

  // The desktop shell, with Electron passed in, over the control socket of this service; twice, as after a restart.
  const desktop = createTestElectron(cli.temporary);
  const shell = {
    electron: desktop.electron,
    choices: { target: { is: 'here', data: cli.data }, kiosk: false, hidden: true },
    start: () => expect.unreachable('a service runs'),
    now: Date.now,
    after: createManualTimers().after,
    say() {},
    repeat: () => () => {},
  } as const;
  await runShell(shell);
  await expect.poll(() => desktop.tooltip).toBe('Gatehouse: 1 open alert: gatehouse alert list');
  const { title, body } = desktop.shown[0]!;
  expect(title).toBe('Gatehouse: One person refused again and again (test world)');
  expect(body).toBe(`failures-per-person is at 4, the rule is 4, about ${userId}`);
  desktop.tooltip = '';
  await runShell(shell);
  await expect.poll(() => desktop.tooltip).toContain('1 open alert');
  expect(desktop.shown).toHaveLength(1);
  // Asked every few seconds, all day.
  expect(service.output.stderr).not.toContain('/alerts/desktop');
  expect(service.output.stderr).toContain('/alert-rules');

  const acknowledged = await cli.json<Alert>('alert', 'ack', alert!.id, '--test');
  expect(await cli.json('alert', 'ack', alert!.id, '--test')).toEqual(acknowledged);
  expect(await cli.json('alert', 'list', '--test')).toEqual({ items: [] });
  expect((await service.end()).code).toBe(0);
  expect([mailbox.mails.length, hook.posts.length]).toEqual([1, 6]);

  await cli.json('subject', 'erase', userId, '--test', '--confirm', userId);
  const { items: after } = await cli.json<{ items: Alert[] }>('alert', 'list', '--test', '--all');
  expect(after).toHaveLength(1);
  expect(after[0]).not.toHaveProperty('about');
});

test('mail goes over TLS to a server of which the settings name the CA, and nowhere ungranted; one that refuses is quoted', async () => {
  const smtpCa = join(cli.data, 'mail-ca.pem');
  writeFileSync(smtpCa, certificate);
  const [startTls, secure, unwilling] = [
    await mailServer({ startTls: true, auth: 'takes' }),
    await mailServer({ secure: true, auth: 'takes' }),
    await mailServer({ unknown: ['ops@museum.example'] }),
  ];
  const use = (scheme: string, { port }: { port: number }, more: Record<string, string> = {}) =>
    set({ smtpUrl: `${scheme}127.0.0.1:${port}`, smtpFrom: 'box@museum.example', ...more });
  const send = async () => {
    const { code, stdout } = await cli.run('alert', 'mail-test', 'ops@museum.example', '--json');
    return [code, JSON.parse(stdout)];
  };

  use('smtp://box:s3cret@', startTls);
  const refused = await cli.run('alert', 'mail-test', 'ops@museum.example');
  expect([refused.code, refused.stdout]).toEqual([1, '']);
  expect(refused.stderr).toContain(`grant add --org ${made.organizationId} 127.0.0.1:${startTls.port}`);
  for (const { port } of [startTls, secure, unwilling]) await cli.json('grant', 'add', `127.0.0.1:${port}`);
  expect(await send()).toMatchObject([1, { sent: false }]);
  expect(startTls.mails).toEqual([]);

  for (const [scheme, server] of [
    ['smtp://box:s3cret@', startTls],
    ['smtps://box:s3cret@', secure],
  ] as const) {
    use(scheme, server, { smtpCa });
    expect(await send()).toEqual([0, { sent: true }]);
    expect(server.mails).toMatchObject([
      { to: ['ops@museum.example'], encrypted: true, login: ':box:s3cret' },
    ]);
  }

  use('smtp://', unwilling);
  expect(await send()).toEqual([1, { sent: false, reason: expect.stringContaining('550 no such mailbox') }]);
  expect(unwilling.mails).toEqual([]);
});

test('without a mail server a rule that mails is refused; recommended rules are shown, then added', async () => {
  await cli.serve();
  const refused = await cli.run(
    'alert',
    'rule',
    'add',
    '--metric',
    'disk-free',
    '--email',
    'ops@museum.example',
  );
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('GATEHOUSE_SMTP_URL');
  const shown = await cli.json<{ recommended: Rule[]; added: Rule[] }>(
    ...['alert', 'rule', 'add', '--preset', 'recommended', '--desktop'],
  );
  expect([shown.recommended.length > 5, shown.added]).toEqual([true, []]);
  expect(await cli.json('alert', 'rules')).toEqual({ items: [] });
  const { added } = await cli.json<{ added: Rule[] }>(
    ...['alert', 'rule', 'add', '--preset', 'recommended', '--desktop', '--yes'],
  );
  expect(added.map(({ metric }) => metric)).toEqual(shown.recommended.map(({ metric }) => metric));
  expect(added.every(({ channels }) => channels.desktop && channels.webhook)).toBe(true);

  const [first] = added;
  expect((await cli.run('alert', 'rule', 'remove', first!.id)).code).toBe(2);
  expect(await cli.json('alert', 'rule', 'change', first!.id, '--threshold', '9', '--disable')).toMatchObject(
    {
      threshold: 9,
      enabled: false,
    },
  );
  expect(await cli.json('alert', 'rule', 'remove', first!.id, '--yes')).toEqual({ removed: first!.id });
  const { items: rules } = await cli.json<{ items: Rule[] }>('alert', 'rules');
  expect(rules).toHaveLength(added.length - 1);
});
