import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { findElsewhere } from '../../main/service/elsewhere.ts';
import { fingerprintOf, isTrusted } from '../../main/windows/certificate-trust.ts';
import { issueLeaf, type MadeAuthority, makeAuthority, type Pair } from '../../service/certificate/issue.ts';

// The rule by which the shell trusts a box, on certificates as the box itself issues them.

const DAY = 86_400_000;
const permitted = { names: ['gatehouse.home.arpa', 'localhost'], networks: ['127.0.0.0/8', '::1/128'] };
const holder = { names: ['gatehouse.home.arpa', 'localhost'], addresses: ['127.0.0.1', '::1'] };
const now = Date.now();
let [own, other]: MadeAuthority[] = [];
let leaf: Pair;

beforeAll(async () => {
  [own, other] = [await makeAuthority(permitted, now), await makeAuthority(permitted, now)];
  leaf = await issueLeaf(own!, holder, now);
});

const host = 'gatehouse.home.arpa';
const judge = (shown: object = {}, rules: object = {}, at = now) =>
  isTrusted(
    { hostname: host, certificate: leaf.certificate, trustedBySystem: false, ...shown },
    { host, authority: own!.certificate, pinned: false, ...rules },
    at,
  );

test('of the box’s own authority, for its host, valid now: trusted although the system does not know it', () => {
  expect(judge()).toBe(true);
  for (const name of ['127.0.0.1', '::1', '[::1]', 'LOCALHOST'])
    expect([name, judge({ hostname: name }, { host: name })]).toEqual([name, true]);
});

test('for another host than the service’s, or for one that is not in it: refused', () => {
  expect(judge({ hostname: 'localhost' })).toBe(false);
  expect(judge({ hostname: 'evil.example', trustedBySystem: true })).toBe(false);
  expect(judge({ hostname: 'evil.example' }, { host: 'evil.example' })).toBe(false);
  expect(judge({}, { host: undefined })).toBe(false);
});

test('of another authority of the same name: refused, and once the authority is replaced the old one too', async () => {
  const { certificate } = await issueLeaf(other!, holder, now);
  expect(judge({ certificate })).toBe(false);
  expect(judge({}, { authority: other!.certificate })).toBe(false);
  expect(judge({ certificate: own!.certificate })).toBe(false);
  expect(judge({ certificate: 'no certificate' })).toBe(false);
});

test('before its time and after its end: refused', () => {
  expect(judge({}, {}, now - 30 * DAY)).toBe(false);
  expect(judge({}, {}, now + 5_000 * DAY)).toBe(false);
});

test('the customer’s own certificate is the system’s to judge, unless a fingerprint was named', async () => {
  const { certificate } = await issueLeaf(other!, holder, now);
  expect(judge({ certificate, trustedBySystem: true })).toBe(true);
  expect(judge({ certificate, trustedBySystem: true }, { authority: undefined })).toBe(true);
  expect(judge({ certificate, trustedBySystem: true }, { pinned: true })).toBe(false);
  expect(judge({ certificate, trustedBySystem: true }, { pinned: true, authority: undefined })).toBe(false);
});

let server: Server;
let answers: Record<string, [number, string]>;
async function serve(pair: Pair): Promise<URL> {
  server = createServer({ cert: pair.certificate, key: pair.key }, ({ url }, reply) => {
    const [status, body] = answers[url ?? ''] ?? [404, '{}'];
    reply.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}`);
}
const close = () => server?.close();
afterEach(close);
afterAll(close);

const ready: [number, string] = [200, '{"ready":true}'];

test('another machine is asked over TLS under the authority that the fingerprint names', async () => {
  answers = { '/ready': ready, '/trust/gatehouse-ca.crt': [200, own!.certificate] };
  const url = await serve(leaf);
  const fingerprint = fingerprintOf(own!.certificate);
  const service = findElsewhere({ url, fingerprint });
  expect(service.authority()).toBe(undefined);
  expect(await service.find()).toEqual({ is: 'ready', url: url.origin });
  expect(service.authority()).toBe(own!.certificate);
  answers['/ready'] = [503, '{"ready":false,"reason":"sealed","code":"SEALED"}'];
  expect(await service.find()).toEqual({ is: 'sealed' });
  answers['/ready'] = [503, '{"ready":false,"reason":"The database cannot be used."}'];
  expect(await service.find()).toEqual({ is: 'waiting', why: 'The database cannot be used.' });
  answers['/ready'] = [200, '<html>'];
  expect(await service.find()).toMatchObject({
    is: 'unreached',
    why: expect.stringContaining('no Gatehouse'),
  });
});

test.each([
  ['the named authority', () => own!.certificate],
  ['the named authority and its own behind it', () => `${own!.certificate}\n${other!.certificate}`],
])('one that hands out %s, and shows the certificate of another, is not believed', async (_, handedOut) => {
  answers = { '/ready': ready, '/trust/gatehouse-ca.crt': [200, handedOut()] };
  const url = await serve(await issueLeaf(other!, holder, now));
  const found = await findElsewhere({ url, fingerprint: fingerprintOf(own!.certificate) }).find();
  expect(found).toMatchObject({ is: 'unreached', why: expect.stringContaining('does not trust') });
});

test('an authority other than the named one is shown with its fingerprint, and is never used', async () => {
  answers = { '/ready': ready, '/trust/gatehouse-ca.crt': [200, other!.certificate] };
  const url = await serve(await issueLeaf(other!, holder, now));
  const service = findElsewhere({ url, fingerprint: fingerprintOf(own!.certificate) });
  expect(await service.find()).toMatchObject({
    is: 'unreached',
    why: expect.stringMatching(/another fingerprint .*gatehouse certificate show.*may impersonate it/),
  });
  expect(service.authority()).toBe(undefined);
});

test('without a fingerprint a certificate that the system does not know is refused, with the remedy', async () => {
  answers = { '/ready': ready };
  const url = await serve(leaf);
  expect(await findElsewhere({ url }).find()).toMatchObject({
    is: 'unreached',
    why: expect.stringContaining('--fingerprint'),
  });
});

test('a machine that is off is reported as such', async () => {
  answers = {};
  const url = await serve(leaf);
  await new Promise((resolve) => server.close(resolve));
  expect(await findElsewhere({ url }).find()).toMatchObject({
    is: 'unreached',
    why: expect.stringContaining('is the machine on'),
  });
});
