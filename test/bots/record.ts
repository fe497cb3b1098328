import { availableParallelism, loadavg } from 'node:os';
import type { Browser, Page } from 'playwright';
import { quantile } from '../../sdk/gatehouse/src/collector/features/statistics.ts';
import { createRandom } from '../accuracy/random.ts';
import type { Bot } from './bots.ts';
import { servePage } from './page-server.ts';
import { createStage } from './stage.ts';
import { Trace } from './trace.ts';
import { hasTrace, writeTrace } from './trace-files.ts';

export interface RecordOptions {
  bots: readonly Bot[];
  /** Of a bot, seeds 1 to this. */
  sessions(bot: Bot): number;
  /** Pages at a time. */
  pages: number;
  /** Ms: a session whose pauses ended later than this (95 % quantile) is not kept, but played again: a starved bot is another bot. */
  mostLate(bot: Bot): number;
  /** No session begins later. */
  untilMs: number;
  commit: string;
  /** ISO date: recordings of two days draw other targets, paths and texts. */
  drawn: string;
}

/** Records the sessions that are not in the cache yet; answers how many were made and how many are still missing. */
export async function recordBots(
  browser: Browser,
  { bots, sessions, pages, mostLate, untilMs, commit, drawn }: RecordOptions,
  say: (line: string) => void,
): Promise<{ made: number; missing: number }> {
  // By seed: what is interrupted has about as many sessions of each bot.
  const open = bots
    .flatMap((bot) => Array.from({ length: sessions(bot) }, (_, i) => ({ bot, seed: i + 1 })))
    .filter(({ bot, seed }) => !hasTrace(bot.name, seed))
    .sort((a, b) => a.seed - b.seed);
  const { url, close } = await servePage();
  const waiting = open.values();
  let made = 0;
  // One window for all sessions of a worker: opening one costs more than what a bot does in it.
  const work = async (): Promise<void> => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(20_000);
    for (const { bot, seed } of waiting) {
      if (performance.now() + bot.lastsMs > untilMs) break;
      try {
        const trace = await recordSession(page, { bot, seed, url, commit, drawn });
        if (trace.late! > mostLate(bot)) {
          say(`${bot.name} ${seed}: not kept, ${trace.late} ms late at a load of ${trace.load}`);
          continue;
        }
        writeTrace(trace);
        made += 1;
      } catch (error) {
        say(`${bot.name} ${seed}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    await page.close();
  };
  try {
    await Promise.all(Array.from({ length: pages }, work));
  } finally {
    await close();
  }
  return { made, missing: open.length - made };
}

interface Session {
  bot: Bot;
  seed: number;
  url: string;
  commit: string;
  drawn: string;
}

/** A number for a bot and a day, from which the numbers of its sessions count on. */
export const saltOf = (bot: string, drawn: string): number =>
  [...`${bot} ${drawn}`].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1_000_003, 7);

async function recordSession(page: Page, { bot, seed, url, commit, drawn }: Session): Promise<Trace> {
  const salt = saltOf(bot.name, drawn);
  await page.goto(`${url}?seed=${salt + seed}`);
  const load = loadavg()[0] ?? 0;
  const stage = await createStage(page, createRandom(salt * 1000 + seed), bot.lastsMs);
  await bot.run(stage);
  const taken = (await page.evaluate('({ environment: environment(), events: recording })')) as object;
  return Trace.parse({
    version: 1,
    bot: bot.name,
    seed,
    recorded: new Date().toISOString(),
    drawn,
    commit,
    browser: page.context().browser()?.version() ?? '',
    load: Math.max(load, loadavg()[0] ?? 0),
    cores: availableParallelism(),
    late: Math.round(10 * (quantile(stage.late, 0.95) ?? 0)) / 10,
    ...taken,
  });
}
