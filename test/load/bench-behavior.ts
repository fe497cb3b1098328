import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import autocannon from 'autocannon';
import { request } from 'undici';
import { createCli, type Service } from '../cli/gatehouse.ts';
import { personWindow } from '../support/behavior-windows.ts';
import { type Evidence, markdownTable } from '../support/evidence.ts';
import { picturesToEnroll } from './pictures.ts';

const CONNECTIONS = 32;
/** Requests a second that have to be answered. */
const RATE = 2_000;
const SECONDS = 15;
const WARM_UP_SECONDS = 4;
/** Every clock tick of `/proc` is ten milliseconds. */
const TICKS = 100;

interface Row {
  what: string;
  result: autocannon.Result;
  /** Cores that the service's main thread, all its threads, and the generator took. */
  main: number;
  service: number;
  generator: number;
}

/** `/api/v1/verify` with windows of which none comes twice: at the rate of the bar, as fast as it goes, and beside verifications of faces. */
export async function benchBehavior(say: (line: string) => void): Promise<Evidence> {
  const cli = createCli({});
  try {
    const { keys } = await cli.json<{ keys: { test: string } }>('init', '--org', 'Bench');
    const { key } = await cli.json<{ key: string }>('key', 'create', '--scopes', 'behavior', '--env', 'live');
    // What is measured is the box, not its limits.
    await cli.json('limits', 'set', '--burst', '1000000', '--per-user', '1000000');
    const service = await cli.serve('--log-level', 'error');
    pinApart(service);
    const post = (rate: number | undefined, seconds: number) => load(service, key, { rate, seconds });
    say(`behavior: ${WARM_UP_SECONDS} s to warm up`);
    await post(RATE, WARM_UP_SECONDS);
    const rows: Row[] = [];
    for (const [what, rate] of [
      [`${RATE.toLocaleString('en')} a second`, RATE],
      ['as fast as it goes', undefined],
    ] as const) {
      say(`behavior: ${what}`);
      rows.push(await measured(service, what, () => post(rate, SECONDS)));
    }
    const faces = await beginFaces(service, keys.test, say);
    const what = `${(RATE / 10).toLocaleString('en')} a second, beside ${faces.rate.toFixed(1)} faces a second`;
    say(`behavior: ${what}`);
    rows.push(await measured(service, what, () => post(RATE / 10, SECONDS)));
    await faces.end();
    await service.end();
    return evidenceOf(rows);
  } finally {
    await cli.clean();
  }
}

/** Where there are two cores: the service on the first, this process on the second. */
function pinApart({ child }: Service): void {
  execFileSync('taskset', ['-acp', '0', String(child.pid)], { stdio: 'ignore' });
  execFileSync('taskset', ['-acp', '1', String(process.pid)], { stdio: 'ignore' });
}

let made = 0;
function nextBody(): string {
  const n = ++made;
  const mouse = { str: (n % 997) / 1_000, strIqr: (n % 499) / 1_000, vcv: (n % 9_973) / 1_000 };
  const sid = `bench-${n}`.padEnd(20, '0');
  return JSON.stringify({ userId: `user_${n}`, sessionData: personWindow({ sid, mouse }) });
}

async function load(
  service: Service,
  key: string,
  { rate, seconds }: { rate: number | undefined; seconds: number },
): Promise<autocannon.Result> {
  const result = await autocannon({
    url: `${service.url}/api/v1/verify`,
    connections: CONNECTIONS,
    duration: seconds,
    timeout: 60,
    ...(rate !== undefined && { overallRate: rate }),
    requests: [
      {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        setupRequest: (one) => ({ ...one, body: nextBody() }),
      },
    ],
  });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${result.non2xx} verdicts were refused, ${result.errors} failed.`);
  return result;
}

async function measured(service: Service, what: string, run: () => Promise<autocannon.Result>): Promise<Row> {
  const pid = service.child.pid!;
  const [main, all, own, begun] = [
    ticksOf(`${pid}/task/${pid}`),
    ticksOf(`${pid}`),
    process.cpuUsage(),
    performance.now(),
  ];
  const result = await run();
  const seconds = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(own);
  return {
    what,
    result,
    main: (ticksOf(`${pid}/task/${pid}`) - main) / TICKS / seconds,
    service: (ticksOf(`${pid}`) - all) / TICKS / seconds,
    generator: (user + system) / 1e6 / seconds,
  };
}

/** User and system time of a process or thread, in clock ticks. */
function ticksOf(task: string): number {
  const fields = readFileSync(`/proc/${task}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** Verifies faces at half of what the box did alone, until `end`. */
async function beginFaces(service: Service, key: string, say: (line: string) => void) {
  const picture = (await picturesToEnroll().next()).value!;
  const body = JSON.stringify({ email: 'ada@example.com', image: Buffer.from(picture).toString('base64') });
  const send = async (path: string) => {
    const answer = await request(`${service.url}${path}`, {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      body,
    });
    await answer.body.dump();
    return answer.statusCode;
  };
  if ((await send('/api/enroll')) >= 300) throw new Error('The picture could not be enrolled.');
  const begun = performance.now();
  const ALONE = 20;
  for (let i = 0; i < ALONE; i++) await send('/api/verify');
  const rate = (ALONE / (performance.now() - begun)) * 1000 * 0.5;
  say(`behavior: ${(rate * 2).toFixed(1)} faces a second alone`);
  let over = false;
  const running = (async () => {
    while (!over) {
      const [, status] = await Promise.all([pause(1000 / rate), send('/api/verify')]);
      if (status >= 300) throw new Error(`A face was answered ${status}.`);
    }
  })();
  return {
    rate,
    async end() {
      over = true;
      await running;
    },
  };
}

const percent = (cores: number) => `${Math.round(100 * cores)} %`;

const evidenceOf = (rows: readonly Row[]): Evidence => ({
  title: 'Verdicts on behavior',
  lines: [
    '`POST /api/v1/verify` of the real service over HTTP, a file of SQLite with full synchronization; every window and every user is new. The service runs on one core, the load generator (autocannon, 32 connections) on',
    'the other. Times are those of the generator, from the moment at which a request was due. CPU: of a core.',
    ...markdownTable(
      ['load', 'answered a second', 'p50, ms', 'p99, ms', 'most, ms', 'main thread', 'service', 'generator'],
      rows.map(({ what, result, main, service, generator }) => [
        what,
        (result['2xx'] / result.duration).toFixed(0),
        ...[result.latency.p50, result.latency.p99, result.latency.max].map((one) => one.toFixed(0)),
        ...[main, service, generator].map(percent),
      ]),
    ),
  ],
  measured: rows.map(({ what, result, main, service, generator }) => ({
    ...{ what, main, service, generator },
    answered: result['2xx'] / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
  })),
});
