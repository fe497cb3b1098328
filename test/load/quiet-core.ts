import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Threads of Linux that look after memory, whatever programs do: for instance kdamond may take 50 ms of a core every 5 s. */
const KEEPERS = /^(kdamond|kcompactd|khugepaged|ksmd)/;

export interface QuietCore {
  /** The threads that are kept there. Empty where there is none, or where this process may not move them. */
  threads: string[];
  /** Until then, and from `begin` on again, they run where they ran before. */
  end(): void;
  begin(): void;
}

/** Keeps the kernel's own work for memory on one core. */
export function keepKernelOn(core: number): QuietCore {
  const movable = keepers().flatMap(({ pid, name }) => {
    const cores = coresOf(pid);
    return cores !== undefined && moveTo(pid, String(core)) ? [{ pid, name, cores }] : [];
  });
  return {
    threads: movable.map(({ name }) => name),
    begin() {
      for (const { pid } of movable) moveTo(pid, String(core));
    },
    end() {
      for (const { pid, cores } of movable) moveTo(pid, cores);
    },
  };
}

const keepers = () =>
  readdirSync('/proc')
    .filter((one) => /^\d+$/.test(one))
    .flatMap((pid) => {
      const name = nameOf(pid);
      return name !== undefined && KEEPERS.test(name) ? [{ pid, name }] : [];
    });

function nameOf(pid: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    // It has ended meanwhile.
    return undefined;
  }
}

function coresOf(pid: string): string | undefined {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1];
}

function moveTo(pid: string, cores: string): boolean {
  try {
    execFileSync('taskset', ['-cp', cores, pid], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
