import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { Agent, request } from 'undici';
import { Manifest } from '../../service/inference/models/manifest.ts';
import type { OrganizationId } from '../../service/lib/id.ts';
import { type Cli, createCli } from '../cli/gatehouse.ts';
import { type Evidence, markdownTable } from '../support/evidence.ts';
import { manifestFile } from '../support/measured-pipeline.ts';
import { measureOperator } from './bench-operator.ts';
import { addPeople } from './people-directory.ts';
import { median, quantile } from './statistics.ts';

const VERIFICATIONS = Number(process.env.BENCH_VERIFICATIONS ?? 1_000_000);
const ROUNDS = 30;
const WEEK = 7 * 24 * 3_600_000;

interface Measured {
  what: string;
  first: number;
  median: number;
  p95: number;
}

/**
 * A box with many people, filled without pictures: what the console asks of it, and what its operator does beside the doors. `made`: a folder
 * where the filled data directory is kept, and taken from when it is there.
 */
export async function benchPeople(
  { people, made: kept }: { people: number; made: string | undefined },
  say: (line: string) => void,
): Promise<Record<string, Evidence>> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-stretches-'));
  const stretches = join(folder, 'stretches.jsonl');
  writeFileSync(stretches, '');
  const module = join(import.meta.dirname, 'loop-stretches.ts');
  const cli = createCli({}, { watch: { module, into: ['LOOP_STRETCHES', stretches] } });
  try {
    const made = await filled(cli, { people, kept }, say);
    return {
      people: await measureConsole(cli, { organizationId: made.organizationId, people }, say),
      operator: await measureOperator(cli, { ...made, people, stretches }, say),
    };
  } finally {
    await cli.clean();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Made {
  organizationId: OrganizationId;
  keys: { live: string };
}

/** Fills the data directory, or takes it from the folder `kept`. */
async function filled(
  cli: Cli,
  { people, kept }: { people: number; kept: string | undefined },
  say: (line: string) => void,
): Promise<Made> {
  if (kept !== undefined && existsSync(kept)) {
    cpSync(join(kept, 'data'), cli.data, { recursive: true });
    execFileSync('sync');
    return JSON.parse(readFileSync(join(kept, 'made.json'), 'utf8'));
  }
  const made = await cli.json<Made>('init', '--org', 'Bench');
  const organization = made.organizationId;
  const manifest = Manifest.parse(JSON.parse(readFileSync(manifestFile, 'utf8')));
  const nameOf = (number: number) => `Given${number % 997} Family${number}`;
  const begun = performance.now();
  await addPeople(cli.data, { organization, count: people, manifest, nameOf }, (done) => {
    if (done % 10_000 === 0) say(`people: ${done} of ${people} made`);
  });
  addVerifications(cli.data, organization);
  // Gigabytes that wait for the disk hold up the first reads of the service by up to two seconds.
  execFileSync('sync');
  const seconds = (performance.now() - begun) / 1000;
  say(`people: ${people}, and ${VERIFICATIONS} verifications, made in ${seconds.toFixed(0)} s`);
  if (kept !== undefined) {
    cpSync(cli.data, join(kept, 'data'), { recursive: true });
    writeFileSync(join(kept, 'made.json'), JSON.stringify(made));
  }
  return made;
}

/** The first answer, and later ones. */
async function measureConsole(
  cli: Cli,
  { organizationId, people }: { organizationId: OrganizationId; people: number },
  say: (line: string) => void,
): Promise<Evidence> {
  const service = await cli.serve('--log-level', 'error');
  const socket = new Agent({
    connect: { socketPath: join(cli.data, 'control.sock') },
    bodyTimeout: 0,
    headersTimeout: 0,
  });
  const ask = async (path: string) => {
    const url = `http://control/api/admin${path}${path.includes('?') ? '&' : '?'}organization=${organizationId}&env=live`;
    const { statusCode, body } = await request(url, { dispatcher: socket });
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`${path} answers ${statusCode}: ${text}`);
    return JSON.parse(text) as { items?: { id: string }[]; next?: string; reading?: { read: number } };
  };
  const rows: Measured[] = [];
  const measure = async (what: string, path: (round: number) => string) => {
    const times: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const start = performance.now();
      await ask(path(round));
      times.push(performance.now() - start);
    }
    const [first = 0, ...later] = times;
    rows.push({ what, first, median: median(later), p95: quantile(later, 0.95) });
    say(`people: ${what}: first ${first.toFixed(0)} ms, then ${median(later).toFixed(1)} ms`);
  };
  const wait = watchLoop(service.url);
  const names = await readNames(ask, people);
  say(
    `people: the first search by name ${names.first.toFixed(0)} ms, all names read in ${names.all.toFixed(0)} ms`,
  );
  const { next } = await ask('/subjects?limit=200');
  await measure('people, a page of 50', () => '/subjects?limit=50');
  await measure('people, a later page of 50', () => `/subjects?limit=50&cursor=${next}`);
  await measure('people, whole address', (round) => `/subjects?search=p${round * 997}@example.com`);
  await measure('people, beginning of a name', (round) => `/subjects?search=family${round + 10}`);
  await measure('people, a name that no person has', (round) => `/subjects?search=unknown${round}`);
  await measure('overview, a day', () => '/overview');
  await measure('overview, a week', () => '/overview?span=week');
  await measure('verifications, a page of 50', () => '/verifications?limit=50');
  await measure('verifications, refused by liveness', () => '/verifications?decidedBy=liveness');
  await measure('verifications, a filter that fits none', () => '/verifications?reason=SEVERAL_FACES');
  const longest = await wait();
  await service.end();
  return {
    title: 'People and verifications in the console',
    measured: { people, verifications: VERIFICATIONS, names, rows, longestHealth: longest },
    lines: [
      `Milliseconds over the control socket with ${people.toLocaleString('en')} people and ${VERIFICATIONS.toLocaleString('en')} verifications of one week (SQLite); ${ROUNDS} rounds after the first. \`/ready\`, asked every 20 ms meanwhile, took at most ${longest.toFixed(0)} ms.`,
      `The very first search by name, on a service that has read no name: ${names.first.toFixed(0)} ms, among the newest ${names.read.toLocaleString('en')}; all names are read ${(names.all / 1000).toFixed(1)} s after it, and meanwhile a search takes ${names.meanwhile.p95.toFixed(0)} ms at p95 (median ${names.meanwhile.median.toFixed(0)} ms).`,
      '',
      ...markdownTable(
        ['asked', 'first', 'median', 'p95'],
        rows.map((row) => [row.what, row.first.toFixed(0), row.median.toFixed(1), row.p95.toFixed(1)]),
      ),
    ],
  };
}

/** The first search of all, and those that come while the service reads the names. */
async function readNames(ask: (path: string) => Promise<{ reading?: { read: number } }>, people: number) {
  const begun = performance.now();
  const { reading } = await ask('/subjects?search=family10');
  const first = performance.now() - begun;
  const times: number[] = [];
  for (let under = reading; under; ) {
    const start = performance.now();
    under = (await ask('/subjects?search=family11')).reading;
    times.push(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const all = performance.now() - begun;
  const meanwhile =
    times.length > 0 ? { median: median(times), p95: quantile(times, 0.95) } : { median: 0, p95: 0 };
  return { first, read: reading?.read ?? people, all, meanwhile };
}

/** Asks `/ready` all the time; gives the longest that an answer took. */
function watchLoop(url: string): () => Promise<number> {
  let longest = 0;
  let over = false;
  const asking = (async () => {
    while (!over) {
      const start = performance.now();
      const { body } = await request(`${url}/ready`);
      await body.dump();
      longest = Math.max(longest, performance.now() - start);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return async () => {
    over = true;
    await asking;
    return longest;
  };
}

/** Of the last week, evenly; one in a hundred was refused by liveness. */
function addVerifications(data: string, organization: string): void {
  const database = new Sqlite(join(data, 'gatehouse.db'));
  const checks = JSON.stringify([{ check: 'liveness', pass: true, score: 0.9, weight: 1, threshold: 0.5 }]);
  const insert = database.prepare(
    `insert into verification (id, organization, world, kind, profile, profile_version, verified, confidence, composite, assurance,
      checks, models, timing, actor, created_at, outcome, decided_by, failed)
     values (?, ?, 'live', '1:1', 'builtin:default', 2, ?, 0.9, 0.9, 'passive', ?, '{}', '{}', ?, ?, ?, ?, ?)`,
  );
  const now = Date.now();
  database.exec('begin');
  for (let i = 0; i < VERIFICATIONS; i++) {
    const at = now - WEEK + Math.floor((i / VERIFICATIONS) * WEEK);
    const refused = i % 100 === 0;
    insert.run(
      `ver_${String(i).padStart(26, '0')}`,
      organization,
      refused ? 0 : 1,
      checks,
      `key:key_${String(i % 7).padStart(26, '0')}`,
      at,
      refused ? 'CHECK_FAILED' : 'VERIFIED',
      refused ? 'liveness' : '',
      refused ? ',liveness,' : ',',
    );
  }
  database.exec('commit');
  database.close();
}
