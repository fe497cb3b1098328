import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type P99Verdict, type PacedRequests, p99Verdict } from './paced-load.ts';
import { sharedClockOffset } from './shared-clock.ts';
import { quantile } from './statistics.ts';

/** Milliseconds, of the clock that all processes share. */
export interface Look {
  at: number;
  /** The faster of two runs of the loop: an interrupt holds up one of them, another hardware thread both. */
  took: number;
}

/** Times of some of the requests, milliseconds, as `PacedResult` has them of all. */
interface RequestTimes {
  count: number;
  latency: { p50: number; p99: number };
  fromDue: { p99: number };
  late: { p99: number };
}

export interface CoreShare {
  looks: number;
  /** Share of the looks in which the core was whole. */
  whole: number;
  /** What a look takes on a whole core, milliseconds. */
  fastest: number;
  /** Requests that were sent while the core was whole; undefined: too few for a p99. */
  inWhole: RequestTimes | undefined;
  /** Those that were sent while it was not; undefined: too few for a p99. */
  inOthers: RequestTimes | undefined;
}

export interface CoreWatch {
  stop(): Promise<Look[]>;
}

/** Milliseconds from one look to the next: ten looks a stretch. */
export const APART = 10;
/**
 * Of the loop: a run takes 4.6 µs where this was chosen (Intel Xeon, 2026-11-25), and the whole program 0.4 to 0.7 % of a core that another
 * program keeps busy; of an idle one 0.6 to 1.2 %, because each look wakes it.
 */
const ROUNDS = 2_500;
/** How many looks pass before the program reads whether it has to end: that costs as much as the look. */
const LOOKS_A_TURN = 20;
/** V8 compiles the loop for good after some hundred runs, in a thread of its own, which gets this core only in the pauses. */
const WARM_UP = { batches: 40, runs: 50 };
/** Under the real-time priorities of the kernel's own threads, above all programs of normal priority. */
const PRIORITY = '10';

/** The core counts as whole where the loop takes at most so many times the fastest look. With a second hardware thread in use it takes up to 2. */
const WHOLE = 1.15;
/** Which quantile of the looks is the fastest look: the least one may be an accident of the clock. */
const FASTEST = 0.02;
/** Milliseconds. */
const STRETCH = 100;
/** Share of the looks of a stretch. */
const MOST_OF_STRETCH = 0.85;
/** Under that a p99 is one of the ten slowest requests. */
const FEWEST_REQUESTS = 1_000;
/** Ten seconds at 2,000 a second. */
const FEWEST_FOR_BAR = 20_000;

/**
 * Watches whether the core is whole: on a virtual machine another guest may run on the other hardware thread of the same physical core, and the
 * machine does not see it. A program of real-time priority times a short loop of independent operations on the core, beside what else runs there.
 * Undefined where the machine has no such priorities (`chrt` and `taskset` of util-linux) or refuses them to this user.
 */
export async function startCoreWatch({ core }: { core: number }): Promise<CoreWatch | undefined> {
  const [chrt, ...before] = ['chrt', '-f', PRIORITY, 'taskset', '-c', String(core)] as const;
  try {
    await promisify(execFile)(chrt, [...before, 'true']);
  } catch {
    return undefined;
  }
  const child = spawn(chrt, [...before, process.execPath, fileURLToPath(import.meta.url)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  const ended = once(child, 'close');
  await Promise.race([once(child.stdout, 'data'), ended]);
  return {
    async stop() {
      child.stdin.end();
      const [status] = await ended;
      if (status !== 0) throw new Error(`The program that watches the core ended with ${status}.`);
      return JSON.parse(text.slice(READY.length)) as Look[];
    },
  };
}

/**
 * In how much of the looks the core was whole, and the times of requests by whether it was when they were sent. Stretches without a look are
 * left out. Undefined without a look.
 */
export function describeCoreShare(looks: readonly Look[], requests: PacedRequests): CoreShare | undefined {
  if (looks.length === 0) return undefined;
  const took = looks.map((look) => look.took);
  const fastest = quantile(took, FASTEST);
  const isWhole = (look: Look) => look.took <= WHOLE * fastest;
  const stretches = new Map<number, { looks: number; whole: number }>();
  for (const look of looks) {
    const { looks: before, whole } = stretches.get(stretchOf(look.at)) ?? { looks: 0, whole: 0 };
    stretches.set(stretchOf(look.at), { looks: before + 1, whole: whole + (isWhole(look) ? 1 : 0) });
  }
  const inWhole: number[] = [];
  const inOthers: number[] = [];
  for (const [i, sent] of requests.sent.entries()) {
    const stretch = stretches.get(stretchOf(sent));
    if (stretch === undefined) continue;
    (stretch.whole >= MOST_OF_STRETCH * stretch.looks ? inWhole : inOthers).push(i);
  }
  return {
    looks: looks.length,
    whole: looks.filter(isWhole).length / looks.length,
    fastest,
    inWhole: timesOf(inWhole, requests),
    inOthers: timesOf(inOthers, requests),
  };
}

const stretchOf = (at: number): number => Math.floor(at / STRETCH);

function timesOf(
  chosen: readonly number[],
  { latency, late }: Pick<PacedRequests, 'latency' | 'late'>,
): RequestTimes | undefined {
  if (chosen.length < FEWEST_REQUESTS) return undefined;
  const latencies = chosen.map((i) => latency[i]!);
  const fromDue = chosen.map((i) => latency[i]! + late[i]!);
  return {
    count: chosen.length,
    latency: { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) },
    fromDue: { p99: quantile(fromDue, 0.99) },
    late: {
      p99: quantile(
        chosen.map((i) => late[i]!),
        0.99,
      ),
    },
  };
}

export type WholeCoreVerdict =
  | P99Verdict
  | 'not judged: the core was not watched'
  | 'not judged: the core was whole for too few requests';

/** Whether a p99 bar holds for the requests that were sent while the core was whole. */
export function wholeCoreVerdict(share: CoreShare | undefined, most: number): WholeCoreVerdict {
  if (share === undefined) return 'not judged: the core was not watched';
  const { inWhole } = share;
  if (inWhole === undefined || inWhole.count < FEWEST_FOR_BAR)
    return 'not judged: the core was whole for too few requests';
  return p99Verdict(inWhole, most);
}

/**
 * Eight sums that do not wait for each other: they need all the operations that a core can begin at a time, and so are slower where another
 * hardware thread begins some. A chain of operations waits for its own results and hardly notices.
 */
function calculate(rounds: number): number {
  let a = 1;
  let b = 2;
  let c = 3;
  let d = 4;
  let e = 5;
  let f = 6;
  let g = 7;
  let h = 8;
  for (let i = 0; i < rounds; i++) {
    a = (a + i) | 0;
    b = (b ^ i) | 0;
    c = (c - i) | 0;
    d = (d + i) | 0;
    e = (e ^ i) | 0;
    f = (f - i) | 0;
    g = (g + i) | 0;
    h = (h ^ i) | 0;
  }
  return a ^ b ^ c ^ d ^ e ^ f ^ g ^ h;
}

/** Each call runs the loop once and returns the milliseconds that it took. */
function createLoopTimer(): () => number {
  // Kept outside, else V8 may leave the loop out.
  const result = new Int32Array(1);
  return () => {
    const begun = performance.now();
    result[0] = calculate(ROUNDS);
    return performance.now() - begun;
  };
}

/** What the program writes once it is warm; the looks follow when it ends. */
const READY = 'ready\n';

/** Looks until standard input ends. */
async function watch(): Promise<Look[]> {
  let over = false;
  process.stdin.resume().on('end', () => {
    over = true;
  });
  const timeLoop = createLoopTimer();
  for (let batch = 0; batch < WARM_UP.batches; batch++) {
    for (let run = 0; run < WARM_UP.runs; run++) timeLoop();
    await pause(1);
  }
  process.stdout.write(READY);
  const looks: Look[] = [];
  const never = new Int32Array(new SharedArrayBuffer(4));
  while (!over) {
    // A timer of the event loop takes several times the processor time of this.
    Atomics.wait(never, 0, 0, APART);
    if (looks.length % LOOKS_A_TURN === 0) await turn();
    // The first run fetches code of loop and clock into the caches: it takes a third longer, and is not used.
    timeLoop();
    const at = performance.now();
    looks.push({ at, took: Math.min(timeLoop(), timeLoop()) });
  }
  const offset = sharedClockOffset();
  return looks.map(({ at, took }) => ({ at: at + offset, took }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(JSON.stringify(await watch()));
