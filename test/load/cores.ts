import { globSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Which core of this machine does what while one core is measured. */
export interface Cores {
  /** Nothing else runs on this physical core, as far as this program decides. */
  service: number;
  generator: number;
}

/**
 * One physical core for each, where there are three the last ones, because Linux gives interrupts to the first; with one, both run there.
 * @param physical the numbers of the processors that share a physical core, for each of these cores
 */
export function pickCores(physical: readonly (readonly number[])[]): Cores {
  const firsts = physical.map(([first]) => first!).toSorted((a, b) => a - b);
  if (firsts.length > 2) return { service: firsts.at(-1)!, generator: firsts.at(-2)! };
  const [service, generator = physical[0]![1] ?? service] = firsts as [number, number?];
  return { service, generator };
}

/**
 * The physical cores of this machine: Linux gives which processors share one, as `0,8` or `0-1`. Elsewhere each counts as one of its own.
 * Processors and cores that may not be used are left out.
 */
export function physicalCores(allowed = allowedCores()): number[][] {
  const shared = globSync('/sys/devices/system/cpu/cpu*/topology/thread_siblings_list').map((file) =>
    readFileSync(file, 'utf8').trim(),
  );
  if (shared.length === 0) return allowed.map((core) => [core]);
  return [...new Set(shared)]
    .map((text) => readList(text).filter((core) => allowed.includes(core)))
    .filter((one) => one.length > 0);
}

/** The processors on which this process may run: a container or `taskset` may leave it a part of the machine's. */
export function allowedCores(): number[] {
  try {
    const text = readFileSync('/proc/self/status', 'utf8');
    return readList(/^Cpus_allowed_list:\s*(\S+)$/m.exec(text)![1]!);
  } catch {
    return Array.from({ length: availableParallelism() }, (_, core) => core);
  }
}

function readList(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const [from, to = from] = part.split('-').map(Number) as [number, number?];
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}
