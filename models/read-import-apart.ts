import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Manifest } from '../service/inference/models/manifest.ts';
import { Problem } from '../service/lib/problem.ts';
import type { ImportedModel, ImportFile } from './import-weights.ts';

/** How long a file may take to be read, converted and tried, in milliseconds. */
const LONGEST = 120_000;
/** Of the environment the process gets these alone: it reads files of others, and secrets stand in the rest. */
const PASSED = ['PATH', 'SystemRoot', 'TMPDIR', 'TEMP', 'LD_LIBRARY_PATH'];

/** Bytes of memory that the process may take: so many, and for each byte of the file. A file of some bytes can ask for terabytes. */
const MEMORY = { least: 1024 * 1024 * 1024, perByte: 4 };
/** Milliseconds between two looks at it. */
const LOOK = 25;

type Answer = { model: ImportedModel } | { refused: boolean; message: string };

/**
 * `readImport` in a process of its own: a file that crashes or hangs the runtime ends that process, and the service goes on.
 * Throws Problem INVALID_REQUEST as it does, and where the process ended without an answer.
 */
export function readImportApart(
  file: ImportFile,
  manifest: Manifest,
  {
    env = process.env,
    longest = LONGEST,
    memory = MEMORY.least,
  }: { env?: Record<string, string | undefined>; longest?: number; memory?: number } = {},
): Promise<ImportedModel> {
  // Under type stripping this file is `.ts`, after the build `.js`.
  const script = import.meta.url.endsWith('.ts') ? './read-import-process.ts' : './read-import-process.js';
  const child = fork(new URL(script, import.meta.url), {
    serialization: 'advanced',
    execArgv: ['--disable-warning=ExperimentalWarning'],
    env: Object.fromEntries(PASSED.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]))),
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const { promise, resolve, reject } = Promise.withResolvers<ImportedModel>();
  const refuse = (message: string) => reject(new Problem('INVALID_REQUEST', message));
  const timer = setTimeout(() => {
    refuse(
      `${file.name} was not read within ${Math.round(longest / 1000)} seconds: the model is broken or too large.`,
    );
  }, longest);
  const most = memory + MEMORY.perByte * file.bytes.byteLength;
  const watch = setInterval(() => {
    if (residentBytes(child.pid) <= most) return;
    refuse(
      `${file.name} takes more than ${Math.round(most / 2 ** 20)} MiB of memory: the model is too large.`,
    );
    child.kill('SIGKILL');
  }, LOOK);
  child.once('message', (answer: Answer) => {
    if ('model' in answer) resolve(answer.model);
    else if (answer.refused) refuse(answer.message);
    else reject(new Error(answer.message));
  });
  child.once('error', reject);
  child.once('exit', () => refuse(`${file.name} ended the process that tried it: the model is broken.`));
  child.send({ file, manifest }, (error) => error && reject(error));
  return promise.finally(() => {
    clearTimeout(timer);
    clearInterval(watch);
    child.kill('SIGKILL');
  });
}

/** Of a process of ours; 0 where the system does not say. */
function residentBytes(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
  } catch {
    return 0;
  }
}
