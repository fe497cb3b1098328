import { setTimeout as pause } from 'node:timers/promises';
import autocannon from 'autocannon';
import { request } from 'undici';
import { createCli, type Service } from '../cli/gatehouse.ts';
import { type Evidence, markdownTable } from '../support/evidence.ts';
import { picturesToEnroll } from './pictures.ts';
import { median, quantile } from './statistics.ts';

const PICTURES = 40;
const WARM_UP = 200;
const VERIFICATIONS = 2000;
/** Further ones, over which memory should not grow any more. */
const ENDURANCE = 16_000;
/** More than any pool has workers: the queue is never empty. */
const CONNECTIONS = 12;
const HEALTH_INTERVAL = 25;
const MEMORY_INTERVAL = 2000;
const MEBIBYTE = 2 ** 20;
/** The process measures its loop with a timer of this many milliseconds, which is part of what it reports. */
const LOOP_TIMER = 10;

type Doors = Pick<Service, 'url'>;

interface Sample {
  verifications: number;
  rssMiB: number;
}

/** The loop, `/health` and memory of a real service while every worker is busy with verifications over HTTP. */
export async function benchService(
  say: (line: string) => void,
): Promise<{ loop: Evidence; memory: Evidence }> {
  const cli = createCli({});
  try {
    const { keys } = await cli.json<{ keys: { test: string } }>('init', '--org', 'Bench');
    // What is measured is the box, not its limits.
    await cli.json('limits', 'set', '--burst', '1000000', '--per-user', '1000000');
    const service = await cli.serve('--log-level', 'error');
    const bodies = await enroll(service, keys.test);
    say(`service: ${WARM_UP} verifications to warm up`);
    await load(service, keys.test, bodies, WARM_UP);
    await metrics(service);

    say(`service: ${VERIFICATIONS} verifications with ${CONNECTIONS} waiting`);
    const idle = await healthTimes(service, pause(2000));
    const memory: Sample[] = [];
    const lag: Record<string, number>[] = [];
    const sample = async (): Promise<void> => {
      const values = await metrics(service);
      lag.push(values);
      memory.push({
        verifications: values.gatehouse_verifications!,
        rssMiB: values.process_resident_memory_bytes! / MEBIBYTE,
      });
    };
    const loaded = load(service, keys.test, bodies, VERIFICATIONS);
    const sampled = sampleUntil(loaded, MEMORY_INTERVAL, sample);
    const busy = await healthTimes(service, loaded);
    const loop = loopEvidence(await loaded, lag, idle, busy);
    await sampled;
    say(`service: ${ENDURANCE} verifications more for the memory`);
    const endured = load(service, keys.test, bodies, ENDURANCE);
    await sampleUntil(endured, MEMORY_INTERVAL, sample);
    await endured;
    await service.end();
    return { loop, memory: memoryEvidence(memory) };
  } finally {
    await cli.clean();
  }
}

/** Enrolls a person for each picture; bodies that verify each of them 1:1. Pictures that the checks refuse are left out. */
export async function enroll(service: Doors, key: string): Promise<string[]> {
  const bodies: string[] = [];
  for await (const picture of picturesToEnroll()) {
    if (bodies.length === PICTURES) break;
    const body = JSON.stringify({
      email: `p${bodies.length}@example.com`,
      image: picture.toString('base64'),
    });
    const accepts = async (path: string): Promise<boolean> => {
      const { statusCode, body: answer } = await request(`${service.url}${path}`, {
        method: 'POST',
        headers: { 'x-api-key': key, 'content-type': 'application/json' },
        body,
      });
      await answer.dump();
      return statusCode < 300;
    };
    if ((await accepts('/api/enroll')) && (await accepts('/api/verify'))) bodies.push(body);
  }
  if (bodies.length === 0) throw new Error('No picture could be enrolled.');
  return bodies;
}

export async function load(
  service: Doors,
  key: string,
  bodies: string[],
  amount: number,
): Promise<autocannon.Result> {
  const requests = bodies.map((body) => ({
    method: 'POST' as const,
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    body,
  }));
  let callers = 0;
  const result = await autocannon({
    url: `${service.url}/api/verify`,
    connections: CONNECTIONS,
    amount,
    timeout: 60,
    requests,
    // Each caller begins with another person: attempts at one address are few at a time (docs/KEYS.md).
    setupClient(client) {
      const first = Math.floor((callers++ * requests.length) / CONNECTIONS);
      client.setRequests([...requests.slice(first), ...requests.slice(0, first)]);
    },
  });
  if (result.non2xx > 0 || result.errors > 0) {
    const statuses = JSON.stringify(result.statusCodeStats);
    throw new Error(
      `${result.non2xx} of ${amount} verifications were refused (${statuses}), ${result.errors} failed.`,
    );
  }
  return result;
}

/** Milliseconds of `/health`, asked again and again until `until`. */
async function healthTimes(service: Service, until: Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  await sampleUntil(until, HEALTH_INTERVAL, async () => {
    const start = performance.now();
    const { body } = await request(`${service.url}/health`);
    await body.dump();
    times.push(performance.now() - start);
  });
  return times;
}

async function sampleUntil(
  until: Promise<unknown>,
  interval: number,
  sample: () => Promise<void>,
): Promise<void> {
  let ended = false;
  const end = () => {
    ended = true;
  };
  until.then(end, end);
  while (!ended) {
    await sample();
    await pause(interval);
  }
}

/** Prometheus' plain samples; `gatehouse_verifications` counts what `/api/verify` answered. Reading restarts the loop's histogram. */
export async function metrics(service: Doors): Promise<Record<string, number>> {
  const text = await (await request(`${service.url}/metrics`)).body.text();
  const values: Record<string, number> = { gatehouse_verifications: 0 };
  for (const line of text.split('\n')) {
    const [name, value] = line.split(' ');
    if (name === undefined || value === undefined || name.startsWith('#')) continue;
    if (name.startsWith('gatehouse_http_requests_total') && name.includes('/api/verify')) {
      values.gatehouse_verifications! += Number(value);
    }
    values[name] = Number(value);
  }
  return values;
}

function loopEvidence(
  { requests, latency }: autocannon.Result,
  lag: Record<string, number>[],
  idle: number[],
  busy: number[],
): Evidence {
  const delays = (share: string): number[] =>
    lag.map((values) => Math.max(0, 1000 * values[`nodejs_eventloop_lag_${share}_seconds`]! - LOOP_TIMER));
  const health = (times: number[]) => ({
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    max: Math.max(...times),
  });
  const measured = {
    connections: CONNECTIONS,
    verifications: VERIFICATIONS,
    verificationsPerSecond: requests.average,
    verificationMilliseconds: { p50: latency.p50, p99: latency.p99, max: latency.max },
    healthIdle: health(idle),
    healthBusy: health(busy),
    loopDelay: {
      p50: median(delays('p50')),
      p99: median(delays('p99')),
      p99Worst: Math.max(...delays('p99')),
      max: Math.max(...delays('max')),
    },
  };
  const { healthIdle, healthBusy, loopDelay, verificationMilliseconds: verify } = measured;
  const ms = (value: number): string => value.toFixed(1);
  return {
    title: 'Saturated service',
    measured,
    lines: [
      `${VERIFICATIONS} verifications 1:1 over HTTP in the test world, ${CONNECTIONS} at a time, from the same machine (its load counts against the service): ` +
        `${requests.average.toFixed(1)} a second. \`/health\` asked every ${HEALTH_INTERVAL} ms beside them. Loop delay as the service measures it, ` +
        `without the ${LOOP_TIMER} ms of the timer; medians of spans of ${MEMORY_INTERVAL / 1000} s.`,
      '',
      ...markdownTable(
        ['ms', 'p50', 'p99', 'max'],
        [
          ['/health, idle', ms(healthIdle.p50), ms(healthIdle.p99), ms(healthIdle.max)],
          ['/health, saturated', ms(healthBusy.p50), ms(healthBusy.p99), ms(healthBusy.max)],
          [
            'loop delay, saturated',
            ms(loopDelay.p50),
            `${ms(loopDelay.p99)} (worst span ${ms(loopDelay.p99Worst)})`,
            ms(loopDelay.max),
          ],
          ['/api/verify, with its waiting', ms(verify.p50), ms(verify.p99), ms(verify.max)],
        ],
      ),
    ],
  };
}

function memoryEvidence(samples: Sample[]): Evidence {
  const first = samples[0]!;
  const last = samples.at(-1)!;
  const after = samples.find(({ verifications }) => verifications >= WARM_UP + VERIFICATIONS) ?? last;
  const growth = slope(samples.slice(Math.floor(samples.length / 2))) * 1000;
  return {
    title: 'Memory',
    measured: { samples, growthMiBPerThousand: growth },
    lines: [
      `Resident memory of the whole service (workers and models included): ${first.rssMiB.toFixed(0)} MiB after ${first.verifications} verifications, ` +
        `${after.rssMiB.toFixed(0)} MiB after ${after.verifications}, ${last.rssMiB.toFixed(0)} MiB after ${last.verifications}; over the second half it grew by ${growth.toFixed(1)} MiB per thousand.`,
    ],
  };
}

/** Least squares, MiB a verification. */
function slope(samples: Sample[]): number {
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = mean(samples.map(({ verifications }) => verifications));
  const y = mean(samples.map(({ rssMiB }) => rssMiB));
  const square = samples.reduce((sum, { verifications }) => sum + (verifications - x) ** 2, 0);
  const product = samples.reduce(
    (sum, { verifications, rssMiB }) => sum + (verifications - x) * (rssMiB - y),
    0,
  );
  return square === 0 ? 0 : product / square;
}
