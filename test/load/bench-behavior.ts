import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { Pool } from 'undici';
import { type Cli, createCli, type Service } from '../cli/gatehouse.ts';
import { personWindow } from '../support/behavior-windows.ts';
import { type Evidence, markdownTable } from '../support/evidence.ts';
import { quantile } from './statistics.ts';

/** Verdicts a second, each on disk before its answer. */
const BAR = 300;
const SECONDS = 15;
const WARM_UP_SECONDS = 20;
/** Callers that each send when they were answered. */
const CALLERS = [1, 16, 64];

type Say = (line: string) => void;

interface Row {
  callers: number;
  rate: number;
  latency: { p50: number; p99: number; most: number };
}

/**
 * `/api/v1/verify` with windows of which none comes twice, all threads of the service on one core, beside what SQLite alone does with a
 * transaction of one row that waits for the same disk.
 */
export async function benchBehavior(say: Say): Promise<Evidence> {
  const cli = createCli({});
  try {
    const send = await begin(cli);
    say(`behavior: ${WARM_UP_SECONDS} s to warm up`);
    await measure(send, 64, WARM_UP_SECONDS);
    const rows: Row[] = [];
    for (const callers of CALLERS) {
      say(`behavior: ${callers} at once`);
      rows.push(await measure(send, callers, SECONDS));
    }
    say('behavior: transactions of SQLite alone');
    return evidenceOf(rows, sqliteAlone(cli.data));
  } finally {
    await cli.clean();
  }
}

/** A service of its own on one core. */
async function begin(cli: Cli): Promise<() => Promise<void>> {
  await cli.json('init', '--org', 'Bench');
  const { key } = await cli.json<{ key: string }>('key', 'create', '--scopes', 'behavior', '--env', 'live');
  // What is measured is the box, not its limits.
  await cli.json('limits', 'set', '--burst', '1000000', '--per-user', '1000000');
  const service: Service = await cli.serve('--log-level', 'error');
  execFileSync('taskset', ['-acp', '0', String(service.child.pid)], { stdio: 'ignore' });
  const pool = new Pool(service.url, { connections: 64 });
  return async () => {
    const { statusCode, body } = await pool.request({
      path: '/api/v1/verify',
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: nextBody(),
    });
    await body.dump();
    if (statusCode !== 200) throw new Error(`A window was answered ${statusCode}.`);
  };
}

let made = 0;
function nextBody(): string {
  const n = ++made;
  const mouse = { str: (n % 997) / 1_000, strIqr: (n % 499) / 1_000, vcv: (n % 9_973) / 1_000 };
  const sid = `bench-${n}`.padEnd(20, '0');
  return JSON.stringify({ userId: `user_${n}`, sessionData: personWindow({ sid, mouse }) });
}

async function measure(send: () => Promise<void>, callers: number, seconds: number): Promise<Row> {
  const begun = performance.now();
  const end = begun + 1_000 * seconds;
  const times: number[] = [];
  const call = async () => {
    for (let at = performance.now(); at < end; ) {
      await send();
      const now = performance.now();
      times.push(now - at);
      at = now;
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  const rate = (1_000 * times.length) / (performance.now() - begun);
  return {
    callers,
    rate,
    latency: { p50: quantile(times, 0.5), p99: quantile(times, 0.99), most: Math.max(...times) },
  };
}

/** Transactions of one row a second, with full synchronization, on the same disk. */
function sqliteAlone(folder: string): number {
  const database = new Sqlite(join(folder, 'alone.db'));
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec('create table one (id integer primary key, text text not null) strict');
  const insert = database.prepare('insert into one (text) values (?)');
  const text = 'x'.repeat(500);
  const begun = performance.now();
  let count = 0;
  while (performance.now() - begun < 1_000 * SECONDS) {
    insert.run(text);
    count++;
  }
  const rate = (1_000 * count) / (performance.now() - begun);
  database.close();
  return rate;
}

function evidenceOf(rows: readonly Row[], alone: number): Evidence {
  const most = Math.max(...rows.map(({ rate }) => rate));
  const ms = (value: number) => value.toFixed(1);
  return {
    title: 'Verdicts on behavior',
    lines: [
      '`POST /api/v1/verify` of the real service over HTTP, a file of SQLite with full synchronization; every window and every user is new. All threads of the service run on one core. Each caller sends when it was answered.',
      ...markdownTable(
        ['callers at once', 'answered a second', 'of SQLite alone', 'p50, ms', 'p99, ms', 'most, ms'],
        rows.map(({ callers, rate, latency: { p50, p99, most: longest } }) => [
          ...[String(callers), rate.toFixed(0), (rate / alone).toFixed(2)],
          ...[p50, p99, longest].map(ms),
        ]),
      ),
      '',
      `SQLite alone, with one row a transaction on the same disk in the same run: ${alone.toFixed(0)} a second.`,
      '',
      ...markdownTable(
        ['bar', 'measured', ''],
        [
          [
            `${BAR} a second on one core, each on disk before its answer`,
            most.toFixed(0),
            most >= BAR ? 'holds' : 'missed',
          ],
        ],
      ),
    ],
    measured: { rows, alone },
  };
}
