import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, platform, release, totalmem } from 'node:os';

/** Where and on what a measurement was made. */
export interface Machine {
  date: string;
  commit: string;
  cpu: string;
  cores: number;
  memoryGiB: number;
  system: string;
  node: string;
  onnxruntime: string;
}

export function describeMachine(): Machine {
  const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim();
  const changed = git('status', '--porcelain', '--untracked-files=no') === '' ? '' : ' with changes';
  const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
  return {
    date: new Date().toISOString().slice(0, 16),
    commit: `${git('rev-parse', '--short=12', 'HEAD')}${changed}`,
    cpu: processorName(),
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()}`,
    node: process.version,
    onnxruntime: version,
  };
}

/** Virtual machines often hide the model's number behind a name that generations share; the family is theirs alone. */
function processorName(): string {
  const name = cpus()[0]?.model.trim() ?? 'unknown';
  const details = existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'utf8') : '';
  const [family, model] = ['cpu family', 'model'].map(
    (field) => new RegExp(`^${field}\\s*: (\\d+)$`, 'm').exec(details)?.[1],
  );
  return family === undefined ? name : `${name} (family ${family}, model ${model})`;
}
