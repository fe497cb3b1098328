import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createSchedule, p99Verdict, pacedLoad } from './paced-load.ts';

const server = createServer((request, answer) => {
  request.resume();
  request.on('end', () => answer.writeHead(200, { 'content-length': 2 }).end('{}'));
});

afterEach(() => {
  server.close();
  server.closeAllConnections();
});

test('a stall of service and generator at once is in the time from the moment at which a request was due', async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // Both are in this process: nothing of either goes on meanwhile.
  const stall = (count: number) => {
    const until = performance.now() + 300;
    while (count === 80 && performance.now() < until);
  };
  const { latency, fromDue, late, answered } = await pacedLoad({
    ...{ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, path: '/', headers: {} },
    ...{ body: () => '{}', seconds: 1, rate: 200, connections: 8, answered: stall },
  });
  expect(answered).toBe(200);
  expect(late.p99).toBeGreaterThan(150);
  expect(fromDue.p99).toBeGreaterThan(150);
  expect(fromDue.p99).toBeGreaterThan(latency.p50);
});

test('each request has its time of the clock that all processes share', async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const now = () => Number(process.hrtime.bigint()) / 1e6;
  const started = now();
  const { requests, answered } = await pacedLoad({
    ...{ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, path: '/', headers: {} },
    ...{ body: () => '{}', seconds: 0.1, rate: 200, connections: 8 },
  });
  const ended = now();
  const { sent, latency, late } = requests;
  expect([sent, latency, late].map(({ length }) => length)).toEqual([answered, answered, answered]);
  expect([...sent].filter((at, i) => at < started || at + latency[i]! > ended)).toEqual([]);
});

test('what was due in the last five milliseconds is sent at once, the rest a tenth faster than the rate', () => {
  const dueAt = createSchedule(1_000, 0);
  const sentAt = (now: number) => {
    let sent = 0;
    while (dueAt(now) !== undefined) sent++;
    return sent;
  };
  expect([0, 0.5, 1, 5].map(sentAt)).toEqual([1, 0, 1, 4]);
  // 45 more are due by then.
  expect(sentAt(50)).toBe(6);
  const inTen = Array.from({ length: 10 }, (_, i) => sentAt(51 + i)).reduce((sum, sent) => sum + sent);
  expect(inTen).toBe(11);
});

test('a p99 bar is not judged where the generator was late, unless the stricter figure holds', () => {
  const result = (p99: number, due: number, late: number) => ({
    latency: { p50: 1, p99, most: p99 },
    fromDue: { p50: 1, p99: due, most: due },
    late: { p50: 0, p99: late, most: late },
  });
  expect(p99Verdict(result(8, 8.5, 0.5), 10)).toBe('holds');
  expect(p99Verdict(result(8, 11, 1.5), 10)).toBe('holds');
  expect(p99Verdict(result(8, 14, 6), 10)).toBe('not judged: the generator was late');
  expect(p99Verdict(result(6, 9, 3), 10)).toBe('holds');
  expect(p99Verdict(result(12, 13, 0), 10)).toBe('missed');
});
