import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { request } from 'undici';
import { APART } from '../../service/engine/verdicts/group-pace.ts';
import { lowerV8Threads } from '../../service/lib/machine/thread-priority.ts';
import { type Cli, createCli, type Service } from '../cli/gatehouse.ts';
import { personWindow } from '../support/behavior-windows.ts';
import { type Evidence, markdownTable } from '../support/evidence.ts';
import { memoryFolder } from '../support/memory-folder.ts';
import {
  type CoreShare,
  describeCoreShare,
  APART as LOOKS_APART,
  startCoreWatch,
  type WholeCoreVerdict,
  wholeCoreVerdict,
} from './core-share.ts';
import { allowedCores, physicalCores, pickCores } from './cores.ts';
import { type DiskLimit, diskLimit } from './disk-limit.ts';
import { MOST_LATE, type P99Verdict, type PacedResult, p99Verdict, pacedLoad } from './paced-load.ts';
import { picturesToEnroll } from './pictures.ts';
import { type ProcessorLimit, processorLimit } from './processor-limit.ts';

/** More than are ever under way where the service keeps up. */
const CONNECTIONS = 64;
/** Requests a second that have to be answered. */
const RATE = 2_000;
const SECONDS = 30;
/** Requests a second beside verifications of faces. */
const BESIDE_FACES = 200;
/** Of what takes twice as much a second, and of the limits beside it. */
const SHORT_SECONDS = 15;
/**
 * V8 compiles on the core that answers, and answers wait for it: for some 50 s under load, and again at 65 s, when the first minute of the counts
 * is over and other paths of their code are taken.
 */
const WARM_UP_SECONDS = 90;
/** Every clock tick of `/proc` is ten milliseconds. */
const TICKS = 100;
/** Milliseconds (issue 13). */
const BARS = { alone: 10, besideFaces: 25, lag: 250 };

/** Of this process, as it was started. */
const allowed = allowedCores();
const cores = pickCores(physicalCores(allowed));

type Say = (line: string) => void;

interface Row {
  what: string;
  result: PacedResult;
  /** Verified while it ran, a second. */
  faces?: number;
  /** Processor time of the service's main thread, of all its other threads, and of the generator: microseconds an answer, and cores. */
  main: { each: number; cores: number };
  others: { each: number; cores: number };
  generator: number;
  /** Bytes that the service gave to the disk for each answer. */
  written: number;
  /** Threads besides the main one that took part, by their names, in cores. */
  threads: [name: string, cores: number][];
  /** What the core of the service did besides: other programs, the kernel's threads, its work for the network. In cores. */
  besides: number;
}

/** A row at an even rate. */
interface WatchedRow extends Row {
  /** Undefined where the core could not be watched. */
  core: CoreShare | undefined;
}

/**
 * `/api/v1/verify` with windows of which none comes twice: at the rate of the bar, beside what the disk alone and the processor alone
 * allow; as fast as it goes; beside verifications of faces; and at the rate of the bar and beside faces with the data in memory, where there
 * is room.
 */
export async function benchBehavior(say: Say): Promise<Evidence> {
  const cli = createCli({});
  const memory = memoryFolder(1);
  // Else they take its core from the generator for some milliseconds at a time, and it is late.
  lowerV8Threads();
  try {
    const onDisk = await measureOnDisk(cli, say);
    const inMemory = memory === undefined ? undefined : await measureInMemory(memory, say);
    return evidenceOf({ ...onDisk, ...inMemory });
  } finally {
    keepOn(allowed, process.pid);
    await cli.clean();
  }
}

interface OnDisk {
  steady: WatchedRow;
  fast: Row;
  beside: WatchedRow;
  lag: Lag;
  disk: DiskLimit;
  processor: ProcessorLimit;
}

async function measureOnDisk(cli: Cli, say: Say): Promise<OnDisk> {
  const begun = await begin(cli, say);
  const { service, post } = begun;
  const steady = await measureWatched(begun, RATE, '', say);
  say('behavior: what the disk allows');
  const disk = await diskLimit({ rate: RATE, seconds: SHORT_SECONDS, bytes: Math.round(steady.written) });
  const fast = await measureRate(begun, undefined, '', say);
  say('behavior: what the processor allows');
  const processor = await processorBesideDisk(steady);
  say('behavior: how far counters and audit lines lag');
  const lag = await lagOf(cli.data, (answered) => post(RATE / 2, 5, answered));
  const beside = await measureBesideFaces(begun, '', say);
  await service.end();
  return { steady, fast, beside, lag, disk, processor };
}

/** While another program writes as much as the service: on a virtual machine the host takes time of a core for its disk. */
async function processorBesideDisk({ main, others, written }: Row): Promise<ProcessorLimit> {
  const [processor] = await Promise.all([
    processorLimit({
      ...{ rate: RATE, seconds: SHORT_SECONDS, core: cores.service },
      microseconds: main.each + others.each,
    }),
    diskLimit({ rate: RATE, seconds: 2 * SHORT_SECONDS, bytes: Math.round(written), apart: APART }),
  ]);
  return processor;
}

interface InMemory {
  inMemory: WatchedRow;
  besideInMemory: WatchedRow;
}

async function measureInMemory(folder: string, say: Say): Promise<InMemory> {
  const cli = createCli({}, { folder });
  const where = ', data in memory';
  try {
    const begun = await begin(cli, say);
    const inMemory = await measureWatched(begun, RATE, where, say);
    const besideInMemory = await measureBesideFaces(begun, where, say);
    await begun.service.end();
    return { inMemory, besideInMemory };
  } finally {
    await cli.clean();
  }
}

function measureRate(
  { service, post }: Begun,
  rate: number | undefined,
  how: string,
  say: Say,
): Promise<Row> {
  const what = `${rate === undefined ? 'as fast as it goes' : `${rate.toLocaleString('en')} a second`}${how}`;
  say(`behavior: ${what}`);
  return measured(service, what, () => post(rate, rate === undefined ? SHORT_SECONDS : SECONDS));
}

async function measureWatched(begun: Begun, rate: number, how: string, say: Say): Promise<WatchedRow> {
  const watch = await startCoreWatch({ core: cores.service });
  let row: Row;
  try {
    row = await measureRate(begun, rate, how, say);
  } catch (error) {
    await watch?.stop();
    throw error;
  }
  return { ...row, core: describeCoreShare((await watch?.stop()) ?? [], row.result.requests) };
}

async function measureBesideFaces(begun: Begun, where: string, say: Say): Promise<WatchedRow> {
  const faces = await beginFaces(begun.service, begun.faceKey, say);
  const how = `, beside ${faces.rate.toFixed(1)} faces a second asked for${where}`;
  const row = await measureWatched(begun, BESIDE_FACES, how, say);
  const verified = await faces.end();
  return { ...row, what: `${row.what}, ${verified.toFixed(1)} verified`, faces: verified };
}

interface Begun {
  service: Service;
  faceKey: string;
  /** At an even rate, or without one as fast as it goes. */
  post(rate: number | undefined, seconds: number, answered?: (count: number) => void): Promise<PacedResult>;
}

/** A service of its own, warm. */
async function begin(cli: Cli, say: Say): Promise<Begun> {
  const { keys } = await cli.json<{ keys: { test: string } }>('init', '--org', 'Bench');
  const { key } = await cli.json<{ key: string }>('key', 'create', '--scopes', 'behavior', '--env', 'live');
  // What is measured is the box, not its limits.
  await cli.json('limits', 'set', '--burst', '1000000', '--per-user', '1000000');
  // It starts a worker for each core that it may use: the one before has left this process a single one.
  keepOn(allowed, process.pid);
  const service = await cli.serve('--log-level', 'error');
  pinApart(service);
  const post: Begun['post'] = (rate, seconds, answered) =>
    pacedLoad({
      ...{ url: service.url, path: '/api/v1/verify', rate, seconds, connections: CONNECTIONS },
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: nextBody,
      ...(answered && { answered }),
    });
  say(`behavior: ${WARM_UP_SECONDS} s to warm up`);
  // In two parts: the bodies of all of it at once take 700 MB.
  for (let part = 0; part < 2; part++) await post(RATE, WARM_UP_SECONDS / 2);
  return { service, faceKey: keys.test, post };
}

/** The service with all its threads on one core, this process on another. */
function pinApart({ child }: Service): void {
  keepOn([cores.service], child.pid!);
  keepOn([cores.generator], process.pid);
}

/** All threads of a process. */
function keepOn(where: readonly number[], pid: number): void {
  execFileSync('taskset', ['-acp', where.join(','), String(pid)], { stdio: 'ignore' });
}

let made = 0;
function nextBody(): string {
  const n = ++made;
  const mouse = { str: (n % 997) / 1_000, strIqr: (n % 499) / 1_000, vcv: (n % 9_973) / 1_000 };
  const sid = `bench-${n}`.padEnd(20, '0');
  return JSON.stringify({ userId: `user_${n}`, sessionData: personWindow({ sid, mouse }) });
}

async function measured(service: Service, what: string, run: () => Promise<PacedResult>): Promise<Row> {
  const pid = service.child.pid!;
  const before = threadsOf(pid);
  const writtenBefore = writtenBy(pid);
  const busyBefore = busyTicks(cores.service);
  const own = process.cpuUsage();
  const begun = performance.now();
  const result = await run();
  const seconds = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(own);
  const spent = [...threadsOf(pid)].map(([id, { name, ticks }]) => ({
    ...{ id, name },
    seconds: (ticks - (before.get(id)?.ticks ?? 0)) / TICKS,
  }));
  const busy = (busyTicks(cores.service) - busyBefore) / TICKS;
  const share = (taken: number) => ({
    each: (taken * 1e6) / result.answered,
    cores: taken / result.seconds,
  });
  const main = spent.find(({ id }) => id === pid)!.seconds;
  const others = spent.filter(({ id }) => id !== pid);
  const byName = new Map<string, number>();
  for (const one of others) byName.set(one.name, (byName.get(one.name) ?? 0) + one.seconds / result.seconds);
  return {
    ...{ what, result, main: share(main), others: share(others.reduce((sum, one) => sum + one.seconds, 0)) },
    generator: (user + system) / 1e6 / seconds,
    written: (writtenBy(pid) - writtenBefore) / result.answered,
    besides: Math.max(0, busy - spent.reduce((sum, one) => sum + one.seconds, 0)) / result.seconds,
    threads: [...byName].filter(([, cores]) => cores >= 0.01).toSorted(([, a], [, b]) => b - a),
  };
}

/** User and system time of each thread of a process, in clock ticks. */
function threadsOf(pid: number): Map<number, { name: string; ticks: number }> {
  const threads = new Map<number, { name: string; ticks: number }>();
  for (const id of readdirSync(`/proc/${pid}/task`)) {
    const text = readFileSync(`/proc/${pid}/task/${id}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(') ') + 2).split(' ');
    const name = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'));
    threads.set(Number(id), { name, ticks: Number(fields[11]) + Number(fields[12]) });
  }
  return threads;
}

/** What a core has done, in clock ticks. */
function busyTicks(core: number): number {
  const line = new RegExp(`^cpu${core} (.*)$`, 'm').exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? '';
  const [user = 0, nice = 0, system = 0, , , interrupts = 0, softInterrupts = 0] = line
    .split(' ')
    .map(Number);
  return user + nice + system + interrupts + softInterrupts;
}

/** Bytes that a process has given to disks. */
const writtenBy = (pid: number): number =>
  Number(/^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1]);

interface Lag {
  counters: number;
  lines: number;
  looks: number;
}

/** How long after an answer the counter of the month and the audit log have it, in milliseconds: the longest of all looks. */
async function lagOf(
  data: string,
  run: (answered: (count: number) => void) => Promise<PacedResult>,
): Promise<Lag> {
  const database = new Sqlite(join(data, 'gatehouse.db'), { readonly: true });
  const counted = database
    .prepare("select max(used) from usage_counter where name like 'month/org%'")
    .pluck();
  const noted = database
    .prepare(
      "select coalesce(sum(json_extract(details, '$.verdicts')), 0) from audit where action = 'behavior.verify'",
    )
    .pluck();
  const base = { counters: Number(counted.get()), lines: Number(noted.get()) };
  const lag = { counters: 0, lines: 0, looks: 0 };
  const due: { of: 'counters' | 'lines'; count: number; at: number }[] = [];
  let answers = 0;
  let over = false;
  const look = () => {
    const now = { counters: Number(counted.get()), lines: Number(noted.get()) };
    for (const [i, one] of [...due.entries()].toReversed()) {
      if (now[one.of] - base[one.of] < one.count) continue;
      lag[one.of] = Math.max(lag[one.of], performance.now() - one.at);
      due.splice(i, 1);
    }
  };
  const looking = (async () => {
    while (!over || due.length > 0) {
      if (!over && answers > 0) {
        const one = { count: answers, at: performance.now() };
        due.push({ of: 'counters', ...one }, { of: 'lines', ...one });
        lag.looks++;
      }
      look();
      await pause(10);
    }
  })();
  await run((count) => {
    answers = count;
  });
  over = true;
  await looking;
  database.close();
  return lag;
}

/** Verifies faces at half of what the box did alone, until `end`, which answers how many a second were verified. */
async function beginFaces(service: Service, key: string, say: Say) {
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
  let verified = 0;
  const started = performance.now();
  const running = (async () => {
    while (!over) {
      const [, status] = await Promise.all([pause(1000 / rate), send('/api/verify')]);
      if (status >= 300) throw new Error(`A face was answered ${status}.`);
      verified += 1;
    }
  })();
  return {
    rate,
    async end() {
      over = true;
      await running;
      return (1_000 * verified) / (performance.now() - started);
    },
  };
}

const percent = (cores: number) => `${Math.round(100 * cores)} %`;

type Measured = OnDisk & Partial<InMemory>;

/** Each bar of issue 13, what was measured, and whether it holds. */
function verdictsOf(all: Measured): [bar: string, measured: string, verdict: WholeCoreVerdict][] {
  const { steady, fast, beside, inMemory, besideInMemory, lag } = all;
  const rate = steady.result.answered / steady.result.seconds;
  const verdict = (holds: boolean): P99Verdict => (holds ? 'holds' : 'missed');
  const p99 = (what: string, row: Row | undefined, most: number): [string, string, P99Verdict][] => {
    if (row === undefined) return [];
    const { latency, fromDue } = row.result;
    return [
      [
        `p99 ${what} at most ${most} ms`,
        `${latency.p99.toFixed(1)} ms (${fromDue.p99.toFixed(1)} from due)`,
        p99Verdict(row.result, most),
      ],
    ];
  };
  const p99WhileWhole = (what: string, row: WatchedRow | undefined): [string, string, WholeCoreVerdict][] => {
    if (row === undefined) return [];
    const times = row.core?.inWhole;
    return [
      [
        `p99 ${what} while the core was whole at most ${BARS.alone} ms`,
        times === undefined
          ? '–'
          : `${times.latency.p99.toFixed(1)} ms (${times.fromDue.p99.toFixed(1)} from due), ${times.count.toLocaleString('en')} requests`,
        wholeCoreVerdict(row.core, BARS.alone),
      ],
    ];
  };
  const atLag = (what: string, ms: number): [string, string, P99Verdict] => [
    `${what} lag by at most ${BARS.lag} ms`,
    `${ms.toFixed(0)} ms`,
    verdict(ms <= BARS.lag),
  ];
  const faces = `at ${BESIDE_FACES} a second beside faces at half the box's capacity`;
  return [
    // What is under way at the end is answered a little after it.
    [`${RATE} answered a second on one core`, rate.toFixed(0), verdict(rate >= 0.995 * RATE)],
    ...p99(`at ${RATE} a second`, steady, BARS.alone),
    ...p99WhileWhole(`at ${RATE} a second`, steady),
    ...p99(`at ${RATE} a second with the data in memory`, inMemory, BARS.alone),
    ...p99WhileWhole(`at ${RATE} a second with the data in memory`, inMemory),
    ...p99(faces, beside, BARS.besideFaces),
    ...p99(`${faces}, data in memory`, besideInMemory, BARS.besideFaces),
    [
      `main thread at most ${1e6 / RATE} µs an answer`,
      `${fast.main.each.toFixed(0)} µs`,
      verdict(fast.main.each <= 1e6 / RATE),
    ],
    atLag('usage counters', lag.counters),
    atLag('audit lines', lag.lines),
  ];
}

/** What the disk alone takes of the times, and how the service compares. */
function diskLine(steady: Row, { latency, sync }: DiskLimit): string {
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  const kilobytes = (steady.written / 1000).toFixed(1);
  return `The disk's own part: right after the first row, a program that does nothing but write ${kilobytes} kB for each of ${RATE.toLocaleString('en')} records a second and wait for the disk has them there after p50 ${ms(latency.p50)}, p99 ${ms(latency.p99)}, at most ${ms(latency.most)} (one synchronization p50 ${ms(sync.p50)}, p99 ${ms(sync.p99)}, at most ${ms(sync.most)}). The p99 of the first row is ${(steady.result.latency.p99 / latency.p99).toFixed(2)} times that.`;
}

/** What the processor and the memory alone take of the times. */
function processorLine({ steady, processor: { hashing, walking, hashed, step } }: Measured): string {
  const times = ({ p50, p99, most }: typeof hashing) =>
    `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, at most ${most.toFixed(1)} ms`;
  const microseconds = (steady.main.each + steady.others.each).toFixed(0);
  const ratio = ({ p99 }: typeof hashing) => (steady.result.latency.p99 / p99).toFixed(2);
  return `The processor's own part: after the second row, while another program writes as much as the service on the other core, a program on the service's core that hashes for ${microseconds} µs (as the service needs in the first row) for each of ${RATE.toLocaleString('en')} requests a second, and does nothing else, is through after ${times(hashing)}; one that walks through 64 MiB of memory for as long, after ${times(walking)}: what the queue takes, the moments in which the machine gives the core to others, and those in which its memory is slower. The p99 of the first row is ${ratio(hashing)} and ${ratio(walking)} times these. This core hashes ${(hashed / 1_000).toFixed(2)} GB/s (SHA-256), and one step through memory takes ${step.toFixed(0)} ns, by which runs on other machines and days compare.`;
}

/** In how much of the time the machine gave the service its core whole, and the times of requests by it. */
function coreLines(rows: readonly WatchedRow[]): string[] {
  const watched = rows.flatMap(({ what, core }) => (core === undefined ? [] : [{ what, core }]));
  if (watched.length === 0)
    return [
      'Whether the service had its core whole was not measured: this machine or user may not start the program for it (`chrt -f`).',
    ];
  const times = (of: CoreShare['inWhole']) => [
    of?.latency.p50.toFixed(1) ?? '–',
    of?.latency.p99.toFixed(1) ?? '–',
    of?.count.toLocaleString('en') ?? 'under 1,000',
  ];
  return [
    `Whether the service had its core whole: on a virtual machine another guest may use the other hardware thread of the same physical core, and this machine does not see it. A program of real-time priority looks every ${LOOKS_APART} ms: it times two runs of a short loop of independent integer operations on the service's core, and takes the faster one, because an interrupt holds up one run and another hardware thread both. That takes 0.4 to 0.7 % of a busy core, which is in the times. A look counts as whole where that takes at most 1.15 times the fastest look (the 2 % quantile of the row); with the other thread in use it takes up to twice as long. Where no look of a row had the core whole, this does not show: then the fastest look is longer than in other rows. Requests count as sent while the core was whole where at least 85 % of the looks of the same 100 ms were whole. A group of fewer than 1,000 requests has no figures. The bars judge all requests; the further line for the whole core needs 20,000 requests.`,
    '',
    ...markdownTable(
      [
        ...['load', 'core whole, of the looks', 'fastest look, µs'],
        ...['p50 while whole, ms', 'p99 while whole, ms', 'requests'],
        ...['p50 else, ms', 'p99 else, ms', 'requests'],
      ],
      watched.map(({ what, core }) => [
        ...[what, percent(core.whole), (1_000 * core.fastest).toFixed(1)],
        ...times(core.inWhole),
        ...times(core.inOthers),
      ]),
    ),
  ];
}

function evidenceOf(all: Measured): Evidence {
  const { steady, fast, beside, inMemory, besideInMemory, lag, disk, processor } = all;
  const rows = [steady, fast, beside, inMemory, besideInMemory].filter((row) => row !== undefined);
  const watched = [steady, beside, inMemory, besideInMemory].filter((row) => row !== undefined);
  return {
    title: 'Verdicts on behavior',
    lines: [
      '`POST /api/v1/verify` of the real service over HTTP, a file of SQLite with full synchronization; every window and every user is new. All threads of the service, also those that put the',
      `database's log on disk and judge faces, run on one core (${cores.service}), the load generator (${CONNECTIONS} connections) on another (${cores.generator}). It sends at an even rate whether earlier requests are answered or not; times`,
      `run from the moment at which a request was given to a connection, or began to wait for a free one, to its whole answer. How late that moment was is the generator's own part and stands apart: where the kernel holds it up for more than 5 ms, it makes up for the rest at a tenth more than the rate, not in a burst. What holds up service and generator at once is left out by these times: “from due” begins at the moment at which a request was due, and has it. Where the generator is more than ${MOST_LATE} ms late (p99), a bar holds only by that stricter figure. It never sleeps, and takes its core whole where there is a rate; its bodies are made before then, and the threads with which V8 helps it go after it. Before, ${WARM_UP_SECONDS} s at ${RATE.toLocaleString('en')} a second, in which V8 compiles on the same core. Processor time: of a core. Threads of the kernel run where it puts them: what they take of the service's core, and the host of this virtual machine, is in the times.`,
      ...markdownTable(
        [
          ...['load', 'answered a second', 'p50, ms', 'p99, ms', 'p99 from due, ms', 'p99 of each 5 s'],
          'most, ms',
          ...[
            'generator late, p99, ms',
            'most',
            'main thread',
            'µs each',
            'other threads',
            'µs each',
            'generator',
          ],
        ],
        rows.map(
          ({ what, result: { latency, fromDue, slices, late, ...result }, main, others, generator }) => [
            what,
            (result.answered / result.seconds).toFixed(0),
            ...[latency.p50, latency.p99, fromDue.p99].map((one) => one.toFixed(1)),
            slices.map((one) => one.toFixed(0)).join(' '),
            ...[latency.most, late.p99, late.most].map((one) => one.toFixed(1)),
            ...[main, others].flatMap(({ cores, each }) => [percent(cores), each.toFixed(0)]),
            percent(generator),
          ],
        ),
      ),
      '',
      ...coreLines(watched),
      '',
      diskLine(steady, disk),
      '',
      processorLine(all),
      '',
      `Other threads of at least 1 %: ${rows.map(({ what, threads }) => `${what}: ${threads.map(([name, cores]) => `${name} ${percent(cores)}`).join(', ') || 'none'}`).join('; ')}. What the service's core did besides (other programs, threads of the kernel, its work for the network): ${rows.map(({ what, besides }) => `${what}: ${percent(besides)}`).join('; ')}. Lags: the longest of ${lag.looks} looks at ${(RATE / 2).toLocaleString('en')} requests a second.`,
      '',
      ...markdownTable(['bar', 'measured', ''], verdictsOf(all)),
    ],
    measured: {
      rows: rows.map(({ result: { requests, ...result }, ...row }) => ({
        ...{ ...row, ...result },
        rate: result.answered / result.seconds,
      })),
      ...{ lag, disk, processor },
    },
  };
}
