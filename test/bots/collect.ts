import { chromium } from 'playwright';
import { chromiumPath } from '../browser/chromium.ts';
import { describeMachine } from '../support/machine.ts';
import { type Bot, bots } from './bots.ts';
import { recordBots } from './record.ts';
import { createReplays } from './replay.ts';

export interface CollectOptions {
  only?: readonly string[];
  /** Folder of the data sets that replays play; absent: no replays. */
  data?: string;
  /** Of a bot of each kind. */
  sessions: Record<Bot['kind'], number>;
  pages: number;
  /** Ms, of a bot of each kind. */
  mostLate: Record<Bot['kind'], number>;
  minutes: number;
  /** ISO date that chance is drawn with. */
  drawn: string;
}

/** Records what is missing in the cache. `navigator.webdriver` is hidden, as every attacker hides it. */
export async function collectTraces(
  { only, data, sessions, pages, mostLate, minutes, drawn }: CollectOptions,
  say: (line: string) => void,
): Promise<{ made: number; missing: number }> {
  if (chromiumPath === undefined)
    throw new Error('Not recorded: there is no Chromium (apt-get install -y chromium).');
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    // Without these a page that is not in front gets less of the machine than a person's page.
    args: [
      ...['--no-sandbox', '--disable-blink-features=AutomationControlled'],
      ...['--disable-renderer-backgrounding', '--disable-backgrounding-occluded-windows'],
    ],
  });
  try {
    return await recordBots(
      browser,
      {
        bots: [...bots, ...(data === undefined ? [] : createReplays(data))].filter(
          ({ name }) => only === undefined || only.includes(name),
        ),
        sessions: ({ kind }) => sessions[kind],
        mostLate: ({ kind }) => mostLate[kind],
        pages,
        drawn,
        untilMs: performance.now() + minutes * 60_000,
        commit: describeMachine().commit,
      },
      say,
    );
  } finally {
    await browser.close();
  }
}
