import { afterEach, expect, test, vi } from 'vitest';
import { ConnectionLost, createControl, operatorName, type Transport } from './control.ts';

afterEach(() => {
  vi.useRealTimers();
});

test('a call that takes long says so every ten seconds until its answer', async () => {
  vi.useFakeTimers();
  const { promise, resolve } = Promise.withResolvers<Response>();
  const fetch = ({ url }: Request) =>
    url.includes('/works/') ? Promise.resolve(new Response('', { status: 404 })) : promise;
  const transport: Transport = { via: 'service', fetch, close: async () => {} };
  const lines: string[] = [];
  const call = createControl(transport, (line) => lines.push(line)).admin.GET('/api/admin/organization');
  await vi.advanceTimersByTimeAsync(25_000);
  const leave = 'Ctrl-C leaves the service to finish.';
  expect(lines).toEqual([`Still at work after 10 s. ${leave}`, `Still at work after 20 s. ${leave}`]);
  resolve(Response.json({}));
  await call;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(lines).toHaveLength(2);
});

/** A service that answers how its long work stands, and every other request by `answer`. */
function serviceWith(works: object[], answer: () => Promise<Response>): Transport {
  const asked = new Set<string>();
  return {
    via: 'service',
    close: async () => {},
    async fetch(request) {
      const id = /\/works\/(.+)$/.exec(request.url)?.[1];
      if (id === undefined) {
        asked.add(request.headers.get('x-request-id')!);
        return answer();
      }
      if (!asked.has(id) || works.length === 0) return new Response('', { status: 404 });
      return Response.json(works.length > 1 ? works.shift() : works[0]);
    },
  };
}
const begin = (transport: Transport, lines: string[] = []) =>
  createControl(transport, (line) => lines.push(line)).admin.POST('/api/admin/backups', {
    body: { folder: '/mnt' },
  });
const lost = () => Promise.reject(new ConnectionLost('INTERNAL', 'The connection to the service was lost.'));
const running = { state: 'running', now: { step: 'sealing the file', done: 1_200, of: 3_000 } };

test('the line of a call that takes long says how far it is', async () => {
  vi.useFakeTimers();
  const { promise, resolve } = Promise.withResolvers<Response>();
  const lines: string[] = [];
  const call = begin(
    serviceWith([running], () => promise),
    lines,
  );
  await vi.advanceTimersByTimeAsync(10_000);
  expect(lines).toEqual([
    'Still at work after 10 s: sealing the file, 1,200 of 3,000 (40 %). Ctrl-C leaves the service to finish.',
  ]);
  resolve(Response.json({}));
  await call;
});

test('after a lost connection the answer of the work that went on is the answer', async () => {
  vi.useFakeTimers();
  const call = begin(serviceWith([running, running, { state: 'done', reply: { path: '/mnt/a' } }], lost));
  await vi.advanceTimersByTimeAsync(5_000);
  expect((await call).data).toEqual({ path: '/mnt/a' });
});

test('after a lost connection a refusal is one, and what the service does not know keeps the error', async () => {
  const refused = { state: 'failed', code: 'STORAGE_FULL', reason: 'No room.' };
  await expect(begin(serviceWith([refused], lost))).rejects.toMatchObject({
    code: 'STORAGE_FULL',
    message: 'No room.',
  });
  await expect(begin(serviceWith([], lost))).rejects.toThrow('The connection to the service was lost.');
});

test.each([
  [undefined, 'gatehouse'],
  ['ada', 'gatehouse (sudo ada)'],
  ['gatehouse', 'gatehouse'],
  ['', 'gatehouse'],
  ['ada\r\nx-evil: 1', 'gatehouse'],
])('with SUDO_USER %j the operator is %s', (sudoUser, name) => {
  expect(operatorName(() => 'gatehouse', sudoUser)).toBe(name);
});
