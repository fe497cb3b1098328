import { existsSync, readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import type { Cli } from '../cli/gatehouse.ts';
import { type Evidence, markdownTable } from '../support/evidence.ts';
import type { Stretch } from './loop-stretches.ts';
import { picturesToEnroll } from './pictures.ts';
import { quantile } from './statistics.ts';

const IDLE_SECONDS = 20;
/** Half of what the key may ask in a minute. */
const VERIFICATIONS = 300;
/** From one question of `/ready` to the next, milliseconds. */
const APART = 20;
/** Shorter work is repeated until so many seconds are over: of 80 answers, the 99th percentile would be the slowest. */
const LEAST_SECONDS = 20;

interface Measured {
  what: string;
  seconds: number;
  /** Of the main thread without a turn of its event loop, milliseconds of processor time. */
  longest: number;
  /** Of the longest: garbage collection. */
  collected: number;
  /** Stretches above 50 ms. */
  above50: number;
  /** Of `/ready`, milliseconds. */
  p99: number;
  slowest: number;
  /** Resident memory after it, MiB. */
  memory: number;
}

/**
 * What an operator does beside the doors, on a box with many people: how long the main thread gave nothing else a turn, `/ready`, and
 * the memory after it. The first of the people are `p0@example.com` and so on; the file `stretches` is of `loop-stretches.ts`.
 */
export async function measureOperator(
  cli: Cli,
  {
    organizationId,
    keys,
    people,
    stretches,
  }: { organizationId: string; keys: { live: string }; people: number; stretches: string },
  say: (line: string) => void,
): Promise<Evidence> {
  const begun = performance.now();
  const service = await cli.serve('--log-level', 'error');
  const start = (performance.now() - begun) / 1000;
  say(`operator: ready after ${start.toFixed(1)} s`);
  const rows: Measured[] = [];
  async function measure(
    what: string,
    work: () => Promise<unknown>,
    { again = false }: { again?: boolean } = {},
  ): Promise<void> {
    const from = Date.now();
    const wait = askReady(service.url);
    let failed = '';
    let times = 0;
    const spent = () => (Date.now() - from) / 1000;
    do {
      times++;
      await work().catch((error: Error) => {
        failed = error.message;
      });
    } while (again && failed === '' && spent() < LEAST_SECONDS);
    const seconds = spent() / times;
    const took = await wait();
    const long = stretchesIn(stretches, from, Date.now()).sort((a, b) => b.cpu - a.cpu);
    const row = {
      what: failed === '' ? what : `${what} (failed: ${failed.slice(0, 160)})`,
      seconds,
      longest: long[0]?.cpu ?? 0,
      collected: Math.min(long[0]?.gc ?? 0, long[0]?.cpu ?? 0),
      above50: long.filter(({ cpu }) => cpu > 50).length,
      p99: quantile(took, 0.99),
      slowest: Math.max(...took),
      memory: await rss(),
    };
    rows.push(row);
    say(
      `operator: ${row.what}: ${seconds.toFixed(1)} s, longest ${row.longest.toFixed(0)} ms (garbage collection ${row.collected.toFixed(0)}), above 50 ms ${row.above50}, /ready p99 ${row.p99.toFixed(1)} ms, slowest ${row.slowest.toFixed(0)} ms, memory ${row.memory.toFixed(0)} MiB`,
    );
  }
  const rss = async () =>
    Number(
      /^process_resident_memory_bytes (\S+)/m.exec(
        await (await request(`${service.url}/metrics`)).body.text(),
      )?.[1] ?? 0,
    ) /
    2 ** 20;

  const memory = { before: await rss(), after: 0 };
  await measure('idle', () => delay(IDLE_SECONDS * 1000));
  await measure('verification', await enrollToVerify(service.url, keys.live));
  await measure('names read for the search', () => readNames(cli, organizationId));
  await measure('doctor', () => cli.start('doctor').ended);
  await measure('retention, dry run', () => run(cli, 'retention', 'sweep', '--dry-run'), { again: true });
  await measure('org calibrate', () => run(cli, 'org', 'calibrate'), { again: true });
  await measure('backup', () => run(cli, 'backup', cli.temporary));
  await measure('erase', () => run(cli, 'subject', 'erase', 'p1@example.com', '--confirm', 'p1@example.com'));
  await measure('erase beside a backup', () =>
    Promise.all([
      run(cli, 'backup', cli.temporary),
      run(cli, 'subject', 'erase', 'p2@example.com', '--confirm', 'p2@example.com'),
    ]),
  );
  await measure('org rotate-key', () => run(cli, 'org', 'rotate-key'));
  await measure('org renew-templates', () => run(cli, 'org', 'renew-templates', '--confirm', 'Bench'));
  await delay(60_000);
  memory.after = await rss();
  const load = loadavg();
  await service.end();
  const idle = rows[0]!.p99;
  return {
    title: 'The operator’s work beside the doors',
    measured: { people, start, memory, load, rows },
    lines: [
      `With ${people.toLocaleString('en')} people in one organization (SQLite); ready ${start.toFixed(1)} s after the start. \`longest\`: processor time of the main thread without a turn of its event loop. \`/ready\` is asked every ${APART} ms; its p99 on the idle service is ${idle.toFixed(1)} ms. Resident memory ${memory.before.toFixed(0)} MiB after the start, ${memory.after.toFixed(0)} MiB a minute after the last. Load of the machine ${load.map((one) => one.toFixed(1)).join(', ')} (1, 5, 15 minutes) at the end.`,
      '',
      ...markdownTable(
        [
          'what',
          's',
          'longest, ms',
          'of it garbage collection',
          'above 50 ms',
          '/ready p99, ms',
          'times idle',
          '/ready slowest, ms',
          'memory after, MiB',
        ],
        rows.map((row) => [
          row.what,
          row.seconds.toFixed(1),
          row.longest.toFixed(0),
          row.collected.toFixed(0),
          String(row.above50),
          row.p99.toFixed(1),
          (row.p99 / idle).toFixed(1),
          row.slowest.toFixed(0),
          row.memory.toFixed(0),
        ]),
      ),
    ],
  };
}

async function run(cli: Cli, ...words: string[]): Promise<void> {
  // In a process of its own: two may run at a time.
  const { code, stderr } = await cli.start(...words).ended;
  if (code !== 0) throw new Error(`gatehouse ${words.join(' ')} ended with ${code}: ${stderr}`);
}

/** Enrolls one of the pictures that can be; verifies it several times with each call of what it gives. */
async function enrollToVerify(url: string, key: string): Promise<() => Promise<void>> {
  const post = async (path: string, body: string) => {
    const answer = await request(`${url}${path}`, {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      body,
    });
    await answer.body.dump();
    return answer.statusCode;
  };
  for await (const picture of picturesToEnroll()) {
    const body = JSON.stringify({ email: 'measured@example.com', image: picture.toString('base64') });
    if ((await post('/api/enroll', body)) >= 300) continue;
    return async () => {
      for (let i = 0; i < VERIFICATIONS; i++) await post('/api/verify', body);
    };
  }
  throw new Error('No picture could be enrolled.');
}

async function readNames(cli: Cli, organization: string): Promise<void> {
  const socket = new Agent({ connect: { socketPath: join(cli.data, 'control.sock') } });
  for (;;) {
    const { body } = await request(
      `http://control/api/admin/subjects?search=family11&organization=${organization}&env=live`,
      { dispatcher: socket },
    );
    if (((await body.json()) as { reading?: unknown }).reading === undefined) break;
    await delay(200);
  }
  await socket.close();
}

/** Asks `/ready` until the returned function is called; gives what each answer took. */
function askReady(url: string): () => Promise<number[]> {
  const took: number[] = [];
  let over = false;
  const asking = (async () => {
    while (!over) {
      const start = performance.now();
      const { body } = await request(`${url}/ready`);
      await body.dump();
      took.push(performance.now() - start);
      await delay(APART);
    }
  })();
  return async () => {
    over = true;
    await asking;
    return took;
  };
}

function stretchesIn(file: string, from: number, to: number): Stretch[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Stretch)
    .filter(({ at }) => at >= from && at <= to);
}
