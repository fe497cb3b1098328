import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { request } from 'undici';
import type { OrganizationId } from '../../service/lib/id.ts';
import { createCli } from '../cli/gatehouse.ts';
import { type Evidence, markdownTable } from '../support/evidence.ts';
import { quantile } from './statistics.ts';
import { addEvents } from './webhook-backlog.ts';
import type { ReceiverMessage } from './webhook-receiver.ts';

/** Deliveries that wait when the service starts; fewer for a first look with GATEHOUSE_BENCH_EVENTS. */
const DELIVERIES = Number(process.env.GATEHOUSE_BENCH_EVENTS ?? 100_000);
/** Endpoints of the one receiver, each of which gets its share: first attempts of one endpoint are made one at a time. */
const ENDPOINTS = [1, 8];
const HEALTH_INTERVAL = 25;
/** Milliseconds without a delivery after which it counts as stuck. */
const STUCK = 60_000;

interface Drained {
  endpoints: number;
  deliveries: number;
  seconds: number;
  perSecond: number;
  health: { p50: number; p99: number; max: number; samples: number };
}

/** A service started over a full outbox, and a receiver in a process of its own on the same machine. */
export async function benchDeliveries(say: (line: string) => void): Promise<Evidence> {
  const drained: Drained[] = [];
  for (const endpoints of ENDPOINTS) drained.push(await drain(endpoints, say));
  const rows = drained.map(({ endpoints, deliveries, seconds, perSecond, health }) => [
    endpoints,
    deliveries.toLocaleString('en'),
    seconds.toFixed(1),
    Math.round(perSecond),
    health.p50.toFixed(1),
    health.p99.toFixed(1),
    health.max.toFixed(1),
  ]);
  return {
    title: 'Webhook deliveries',
    measured: { drained },
    lines: [
      'Events wait in the outbox when the service starts; from there each is relayed, leased, opened, translated, checked, signed, posted over ' +
        'loopback to a receiver in a process of its own that answers 200, and recorded (SQLite, `synchronous=FULL`). Counted at the receiver from ' +
        `the first delivery to the last; \`/health\` asked over HTTP every ${HEALTH_INTERVAL} ms meanwhile.`,
      '',
      ...markdownTable(
        ['endpoints', 'deliveries', 'seconds', 'deliveries/s', '/health p50 ms', 'p99 ms', 'max ms'],
        rows,
      ),
      '',
      'The bars: at least 500 deliveries/s, and a p99 under 25 ms.',
    ],
  };
}

async function drain(endpoints: number, say: (line: string) => void): Promise<Drained> {
  const cli = createCli({});
  const receiver = fork(join(import.meta.dirname, 'webhook-receiver.ts'), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const said = async (): Promise<ReceiverMessage> => (await once(receiver, 'message'))[0] as ReceiverMessage;
  const ask = (): Promise<ReceiverMessage> => {
    const answer = said();
    receiver.send('counts');
    return answer;
  };
  try {
    const { port } = await said();
    const { organizationId } = await cli.json<{ organizationId: OrganizationId }>('init', '--org', 'Bench');
    await cli.json('grant', 'add', `127.0.0.1/32:${port}`);
    for (let number = 1; number <= endpoints; number++) {
      await cli.json('webhook', 'add', `http://127.0.0.1:${port}/${number}`, '--family', 'identity');
    }
    const events = Math.ceil(DELIVERIES / endpoints);
    say(`deliveries: ${events} events for ${endpoints} endpoints`);
    await addEvents(cli.data, organizationId, events);
    const service = await cli.serve('--log-level', 'error');
    const expected = events * endpoints;
    const times: number[] = [];
    let counts = await ask();
    let moved = performance.now();
    let reported = 0;
    while (counts.received < expected) {
      const start = performance.now();
      const { body } = await request(`${service.url}/health`);
      await body.dump();
      times.push(performance.now() - start);
      const before = counts.received;
      counts = await ask();
      if (counts.received > before) moved = performance.now();
      if (performance.now() - moved > STUCK)
        throw new Error(`Nothing was delivered for ${STUCK / 1000} s after ${counts.received} deliveries.`);
      if (counts.received - reported >= 10_000) {
        reported = counts.received;
        say(`deliveries: ${reported} of ${expected}`);
      }
      await pause(HEALTH_INTERVAL);
    }
    await service.end();
    const seconds = (counts.lastAt - counts.firstAt) / 1000;
    return {
      endpoints,
      deliveries: counts.received,
      seconds,
      perSecond: counts.received / seconds,
      health: {
        p50: quantile(times, 0.5),
        p99: quantile(times, 0.99),
        max: Math.max(...times),
        samples: times.length,
      },
    };
  } finally {
    receiver.kill();
    await cli.clean();
  }
}
