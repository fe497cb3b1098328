import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SessionData } from '../../sdk/gatehouse/src/collector/features/index.ts';

const folder = join(import.meta.dirname, 'recorded');

/** The first window of a session of one of our own bots in Chromium. */
export interface RecordedVector {
  seed: number;
  /** Date. */
  recorded: string;
  /** One-minute load of the machine at that time; absent: not noted (unadapted bots of 2026-11-26, six pages at a time). */
  load?: number;
  data: SessionData;
}

/** One file a bot, one line a session. Replays are not among these: they are derived of people's data. */
export function writeRecorded(bot: string, vectors: readonly RecordedVector[]): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${bot}.jsonl`), `${vectors.map((one) => JSON.stringify(one)).join('\n')}\n`);
}

/** By bot. */
export function readRecorded(): Record<string, RecordedVector[]> {
  if (!existsSync(folder)) return {};
  return Object.fromEntries(
    readdirSync(folder)
      .filter((name) => name.endsWith('.jsonl'))
      .sort()
      .map((name) => [
        name.replace('.jsonl', ''),
        readFileSync(join(folder, name), 'utf8')
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as RecordedVector),
      ]),
  );
}
