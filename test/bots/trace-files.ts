import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Trace } from './trace.ts';

/** Raw traces are large and are made again by the bots: outside the repository. */
export const cacheFolder = (): string =>
  process.env.GATEHOUSE_BOTS_CACHE ?? join(homedir(), '.cache/gatehouse-bots');

const folderOf = (bot: string): string => join(cacheFolder(), 'traces', bot);
const fileOf = (bot: string, seed: number): string =>
  join(folderOf(bot), `${String(seed).padStart(4, '0')}.json.gz`);

export function writeTrace(trace: Trace): void {
  mkdirSync(folderOf(trace.bot), { recursive: true });
  const file = fileOf(trace.bot, trace.seed);
  writeFileSync(`${file}.part`, gzipSync(JSON.stringify(trace)));
  renameSync(`${file}.part`, file);
}

/**
 * Runnable processes for each core above which a session is set aside and recorded again: pages wait so long for the processor that a
 * bot comes to two presses in a window.
 */
const OVERLOAD = 10;
const isOverloaded = ({ load, cores }: Trace): boolean => load > OVERLOAD * cores;

const asideOf = (bot: string): string => join(cacheFolder(), 'overloaded', bot);

/** Whether a session is there to be measured; one of an overloaded machine is set aside. */
export function hasTrace(bot: string, seed: number): boolean {
  const file = fileOf(bot, seed);
  if (!existsSync(file)) return false;
  const trace = readTrace(file);
  if (!isOverloaded(trace)) return true;
  mkdirSync(asideOf(bot), { recursive: true });
  renameSync(file, join(asideOf(bot), `${seed}-${Date.parse(trace.recorded)}.json.gz`));
  return false;
}

/** Sessions that were recorded while the machine was not overloaded, and those that were set aside or are to be. */
export function readTraces(bot: string): { traces: Trace[]; overloaded: Trace[] } {
  const all = readFolder(folderOf(bot));
  return {
    traces: all.filter((trace) => !isOverloaded(trace)),
    overloaded: [...readFolder(asideOf(bot)), ...all.filter(isOverloaded)],
  };
}

const readTrace = (file: string): Trace => Trace.parse(JSON.parse(gunzipSync(readFileSync(file)).toString()));

function readFolder(folder: string): Trace[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json.gz'))
    .sort()
    .map((name) => readTrace(join(folder, name)));
}
