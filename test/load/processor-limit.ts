import { execFile } from 'node:child_process';
import { hash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { quantile } from './statistics.ts';

/** From the moment at which a request was due to the end of its calculation, milliseconds. */
export interface ProcessorLimit {
  p50: number;
  p99: number;
  most: number;
  /** Bytes of SHA-256 in a microsecond, while the core is undisturbed. */
  hashed: number;
}

/** Hashed at a time: native code, so that V8 compiles nothing while it is measured. */
const BYTES = Buffer.alloc(2 ** 20);
/** Calculations of the calibration, of which the median says how long one takes on an undisturbed core. */
const CALIBRATIONS = 501;

/**
 * What no service can beat on one core of this machine that needs so long for each request: they come at an even rate, and a program that
 * shares nothing with the service calculates as long for each, without a disk, a network or memory to collect. What it waits for is the queue, and the
 * moments in which the machine gives the core to others.
 */
export async function processorLimit(load: {
  rate: number;
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

/** Bytes, and not time, are what a request takes: while the core is with others nothing is calculated. */
const calculate = (bytes: Buffer): unknown => hash('sha256', bytes, 'buffer');

function hashedInMicrosecond(): number {
  const taken = Array.from({ length: CALIBRATIONS }, () => {
    const begun = performance.now();
    calculate(BYTES);
    return performance.now() - begun;
  });
  return BYTES.length / (quantile(taken, 0.5) * 1_000);
}

function calculateEvenly({
  rate,
  seconds,
  microseconds,
}: Parameters<typeof processorLimit>[0]): ProcessorLimit {
  const hashed = hashedInMicrosecond();
  const bytes = BYTES.subarray(0, Math.min(BYTES.length, Math.round(hashed * microseconds)));
  const gap = 1_000 / rate;
  const latencies: number[] = [];
  const begun = performance.now();
  for (let next = 0; next < rate * seconds; next++) {
    const due = begun + next * gap;
    while (performance.now() < due);
    calculate(bytes);
    latencies.push(performance.now() - due);
  }
  return {
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    most: quantile(latencies, 1),
    hashed,
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.stdout.write(JSON.stringify(calculateEvenly(JSON.parse(process.argv[2]!))));
