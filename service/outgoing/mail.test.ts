import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { rootCertificates } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { certificate as ca } from '../../test/support/certificate.ts';
import { listen } from '../../test/support/listener.ts';
import { type MailServerOptions, startMailServer } from '../../test/support/mail-server.ts';
import { createManualTimers } from '../../test/support/manual-timers.ts';
import { createOutgoing } from './create-outgoing.ts';
import type { Outgoing, OutgoingMail } from './outgoing.ts';

/** An address of this machine that is not loopback. */
const lan = Object.values(networkInterfaces())
  .flatMap((all = []) => all)
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address;

let outgoing: Outgoing;
let timers: ReturnType<typeof createManualTimers>;
let stops: (() => Promise<unknown>)[];

beforeEach(() => {
  timers = createManualTimers();
  outgoing = createOutgoing({ after: timers.after });
  stops = [];
});
afterEach(async () => {
  for (const stop of stops) await stop();
  await outgoing.close();
});

async function start(options: MailServerOptions = {}) {
  const server = await startMailServer(options);
  stops.push(server.stop);
  return server;
}

const mail = ({ port }: { port: number }, more: Partial<OutgoingMail> = {}) =>
  outgoing.mail({
    host: 'localhost',
    address: '127.0.0.1',
    port,
    secure: false,
    from: 'box@example.org',
    to: ['ada@example.org'],
    subject: 'Spoof attempts',
    text: 'Three in five minutes.\n.\nEnd.',
    timeout: 10_000,
    ...more,
  });

test('one message, as it was given', async () => {
  const server = await start();
  await mail(server, {
    to: ['ada@example.org', 'bea@example.org'],
    subject: 'Zürich\r\nBcc: eve@example.org',
  });
  const [taken] = server.mails;
  expect(server.mails).toHaveLength(1);
  expect(taken).toMatchObject({
    from: 'box@example.org',
    to: ['ada@example.org', 'bea@example.org'],
    encrypted: false,
  });
  const [head = '', text] = taken!.data.split('\n\n');
  expect(text).toBe('Three in five minutes.\n.\nEnd.\n');
  expect(head).toMatch(/^From: box@example\.org$/m);
  expect(head).toMatch(/^To: ada@example\.org, bea@example\.org$/m);
  expect(head).not.toMatch(/^Bcc:/m);
  expect(timers.running()).toEqual([]);
});

describe('TLS', () => {
  test('is used where the server offers it, with the name of the host', async () => {
    const server = await start({ startTls: true });
    await mail(server, { ca });
    expect(server.mails).toMatchObject([{ encrypted: true }]);
  });

  test('from the start asks for the name of the host, at the address given', async () => {
    const server = await start({ secure: true });
    await mail(server, { ca, secure: true });
    expect(server.mails).toMatchObject([{ encrypted: true, sni: 'localhost' }]);
    await mail(server, { ca, secure: true, host: '127.0.0.1' });
    expect(server.mails).toMatchObject([{}, { encrypted: true, sni: false }]);
  });

  test.each<[string, MailServerOptions & Partial<OutgoingMail>]>([
    ['of a CA that is not believed', { secure: true }],
    ['of another CA', { secure: true, ca: rootCertificates[0]! }],
    ['for another name', { secure: true, ca, host: 'mail.example.test' }],
    ['offered, of a CA that is not believed', { startTls: true }],
    ['offered, for another name', { startTls: true, ca, host: 'mail.example.test' }],
    ['with a CA that is none', { secure: true, ca: 'not PEM' }],
  ])('%s is refused, and nothing is sent', async (_, { startTls, ...more }) => {
    const server = await start({ startTls: startTls === true, secure: more.secure === true });
    await expect(mail(server, more)).rejects.toMatchObject({ failure: 'tls' });
    expect(server.mails).toEqual([]);
  });
});

describe('a password', () => {
  const login = { user: 'box', password: 'secret' };

  test('goes over TLS', async () => {
    const server = await start({ startTls: true, auth: 'takes' });
    await mail(server, { ca, ...login });
    expect(server.mails).toMatchObject([{ encrypted: true, login: ':box:secret' }]);
  });

  test('goes without TLS to loopback alone', async () => {
    const server = await start({ auth: 'takes' });
    await mail(server, login);
    expect(server.mails).toMatchObject([{ encrypted: false, login: ':box:secret' }]);
  });

  test.skipIf(lan === undefined)('goes nowhere else without TLS, and the mail with it', async () => {
    const server = await startMailServer({ auth: 'takes', address: lan! });
    stops.push(server.stop);
    await expect(mail(server, { ...login, address: lan! })).rejects.toMatchObject({ failure: 'tls' });
    expect(server.said.filter((line) => /^(AUTH|MAIL)/.test(line))).toEqual([]);
    await mail(server, { address: lan! });
    expect(server.mails).toMatchObject([{ encrypted: false, login: undefined }]);
  });

  test('that is refused says so, and is not in the sentence', async () => {
    const server = await start({ auth: 'refuses' });
    const refused = await mail(server, login).catch((error) => error);
    expect(refused).toMatchObject({
      failure: 'refused',
      message: expect.stringContaining('535 wrong password'),
      code: '535',
    });
    expect(refused.message).not.toContain('secret');
  });
});

describe('a mail server that', () => {
  test('is not there', async () => {
    const { port, stop } = await listen(createServer());
    await stop();
    await expect(mail({ port })).rejects.toMatchObject({ failure: 'refused' });
  });

  test.each(['EHLO', 'RCPT', 'DATA'])('falls silent after %s is a timeout', async (silentAfter) => {
    const server = await start({ silentAfter, silent: () => timers.expire() });
    await expect(mail(server)).rejects.toMatchObject({ failure: 'timeout' });
    expect(server.mails).toEqual([]);
  });

  test('refuses a recipient', async () => {
    const server = await start({ unknown: ['eve@example.org'] });
    await expect(mail(server, { to: ['eve@example.org'] })).rejects.toMatchObject({
      failure: 'refused',
      code: '550',
    });
    expect(server.mails).toEqual([]);
    await expect(mail(server, { to: ['ada@example.org', 'eve@example.org'] })).rejects.toMatchObject({
      failure: 'refused',
      message: 'The mail server took the message, but not for eve@example.org.',
    });
  });

  test('refuses a message: its words are in the sentence, figures alone in the code', async () => {
    const words = '554 5.7.1 ada@example.org is not known';
    const server = await start({ verdict: async () => words });
    await expect(mail(server)).rejects.toMatchObject({
      failure: 'refused',
      message: `The mail server refused the message (${words}).`,
      code: '554 5.7.1',
    });
  });

  test('is none', async () => {
    const server = await start({ greeting: 'HTTP/1.1 400 Bad Request' });
    await expect(mail(server)).rejects.toMatchObject({ failure: 'protocol' });
  });

  test.each<[string, MailServerOptions & Partial<OutgoingMail>]>([
    ['without TLS', {}],
    ['over TLS', { secure: true, ca }],
    ['over STARTTLS', { startTls: true, ca }],
  ])('answers without end %s is read no further', async (_, { startTls, ...more }) => {
    const secure = more.secure === true;
    const server = await start({ startTls: startTls === true, secure, endlessAfter: 'MAIL' });
    await expect(mail(server, more)).rejects.toMatchObject({
      failure: 'protocol',
      message: 'What came back is not SMTP (more than 64 kB).',
    });
    expect(server.mails).toEqual([]);
  });

  test('closes', async () => {
    const server = await listen(createServer((socket) => void socket.end()));
    stops.push(server.stop);
    await expect(mail(server)).rejects.toMatchObject({ failure: 'reset' });
  });
});

test('a name is never dialled', async () => {
  await expect(mail({ port: 25 }, { address: 'localhost' })).rejects.toThrow('is no address');
});
