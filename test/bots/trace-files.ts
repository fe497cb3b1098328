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

export const hasTrace = (bot: string, seed: number): boolean => existsSync(fileOf(bot, seed));

export function readTraces(bot: string): Trace[] {
  if (!existsSync(folderOf(bot))) return [];
  return readdirSync(folderOf(bot))
    .filter((name) => name.endsWith('.json.gz'))
    .sort()
    .map((name) => Trace.parse(JSON.parse(gunzipSync(readFileSync(join(folderOf(bot), name))).toString())));
}
