import { execFile } from 'node:child_process';
import { hash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { quantile } from './statistics.ts';

/** From the moment at which a request was due to the end of its work, milliseconds. */
interface Times {
  p50: number;
  p99: number;
  most: number;
}

export interface ProcessorLimit {
  /** Of a program that hashes: it needs the core and hardly any memory. */
  hashing: Times;
  /** Of one that walks through memory: on a machine of many guests, memory and its caches are slower at times, and so is every program that uses them. */
  walking: Times;
  /** Bytes of SHA-256 in a microsecond, while the core is undisturbed. */
  hashed: number;
  /** Nanoseconds of one step through memory, while the core is undisturbed. */
  step: number;
}

/** Hashed at a time: native code, so that V8 compiles nothing while it is measured. */
const BYTES = Buffer.alloc(2 ** 20);
/** Places in memory, 4 bytes each: more than a core's own caches hold. */
const PLACES = 2 ** 24;
/** Steps of the calibration at a time. */
const STEPS = 4_096;
/** Runs of the calibration, of which the median says how long one takes on an undisturbed core. */
const CALIBRATIONS = 501;

/**
 * What no service can beat on one core of this machine that needs so long for each request: they come at an even rate, and a program that
 * shares nothing with the service works as long for each, without a disk, a network or memory to collect. What it waits for is the queue, the
 * moments in which the machine gives the core to others, and those in which it is slower.
 */
export async function processorLimit(load: {
  rate: number;
  /** Of each of the two programs. */
  seconds: number;
  /** Of one request: processor time, microseconds. */
  microseconds: number;
  core: number;
}): Promise<ProcessorLimit> {
  const own = fileURLToPath(import.meta.url);
  const { stdout } = await promisify(execFile)(
    'taskset',
    ['-c', String(load.core), process.execPath, own, JSON.stringify(load)],
    { maxBuffer: 2 ** 20 },
  );
  return JSON.parse(stdout) as ProcessorLimit;
}

/** What is asked for is work, and not time: while the core is with others nothing is done. */
const calculate = (bytes: Buffer): unknown => hash('sha256', bytes, 'buffer');

/** One circle through all places, at random (Sattolo): each step waits for the one before. */
function circle(): Int32Array {
  const next = new Int32Array(PLACES).map((_, i) => i);
  for (let i = PLACES - 1; i > 0; i--) {
    const other = Math.floor(Math.random() * i);
    const place = next[i]!;
    next[i] = next[other]!;
    next[other] = place;
  }
  return next;
}

function createWalk(): (steps: number) => void {
  const next = circle();
  let place = 0;
  return (steps) => {
    for (let i = 0; i < steps; i++) place = next[place]!;
  };
}

/** Microseconds that some work takes on an undisturbed core. */
function undisturbed(work: () => void): number {
  const taken = Array.from({ length: CALIBRATIONS }, () => {
    const begun = performance.now();
    work();
    return performance.now() - begun;
  });
  return quantile(taken, 0.5) * 1_000;
}

function workEvenly({ rate, seconds }: { rate: number; seconds: number }, work: () => void): Times {
  const gap = 1_000 / rate;
  const latencies: number[] = [];
  const begun = performance.now();
  for (let next = 0; next < rate * seconds; next++) {
    const due = begun + next * gap;
    while (performance.now() < due);
    work();
    latencies.push(performance.now() - due);
  }
  return { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99), most: quantile(latencies, 1) };
}

function measure(load: Parameters<typeof processorLimit>[0]): ProcessorLimit {
  const hashed = BYTES.length / undisturbed(() => calculate(BYTES));
  const bytes = BYTES.subarray(0, Math.min(BYTES.length, Math.round(hashed * load.microseconds)));
  const hashing = workEvenly(load, () => calculate(bytes));
  const walk = createWalk();
  const step = undisturbed(() => walk(STEPS)) / STEPS;
  const steps = Math.round(load.microseconds / step);
  const walking = workEvenly(load, () => walk(steps));
  return { hashing, walking, hashed, step: step * 1_000 };
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.stdout.write(JSON.stringify(measure(JSON.parse(process.argv[2]!))));
