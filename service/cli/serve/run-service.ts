import type { Config } from '../../config.ts';
import { lowerV8Threads } from '../../lib/machine/thread-priority.ts';
import type { Service, ServiceOutput } from '../../server/serve.ts';
import { onInterrupt } from '../terminal/interrupt.ts';
import { noteReady } from '../update/journal.ts';

export interface RunningService {
  url: string;
  stop(): Promise<void>;
}

export interface RunOptions extends ServiceOutput {
  /** Reads the settings anew, for a start that a changed setting asks for. */
  readAgain?(): Config;
  /** A signal asked for the end. */
  stopping?(): void;
  /** What the operator has to know about such a start. */
  say?(sentence: string): void;
}

/**
 * Serves until SIGTERM, SIGINT or SIGHUP, then lets what is running end. A signal during the start stops right after it; another a
 * second later or more ends the process at once. Where a changed setting asks for it, the service stops and starts anew in this process,
 * with the settings of before where it cannot start with those of now.
 */
export async function runService(
  config: Config,
  ready: (service: RunningService) => Promise<void> | void,
  { readAgain, say, stopping, ...output }: RunOptions = {},
): Promise<void> {
  const until = new AbortController();
  let asked = () => {};
  const stopAsked = new Promise<void>((resolve) => {
    asked = resolve;
  });
  onInterrupt({
    first() {
      stopping?.();
      until.abort();
      asked();
    },
    again: () => process.exit(130),
  });
  lowerV8Threads();
  const { serve } = await import('../../server/serve.ts');
  const start = (settings: Config) => serve(settings, output, until.signal);

  /** Until it is stopped. True: it is to start anew. */
  async function run(service: Service): Promise<boolean> {
    try {
      if (!until.signal.aborted) {
        noteReady(config.data);
        await ready(service);
      }
      await Promise.race([stopAsked, service.restartAsked]);
    } finally {
      await service.stop();
    }
    return readAgain !== undefined && !until.signal.aborted;
  }

  /** A port that was picked freely stays. */
  async function startAnew(before: Config, url: string): Promise<Service> {
    const port = Number(new URL(url).port) || before.port;
    try {
      const next = readAgain?.() ?? before;
      return await start(next.port === 0 ? { ...next, port } : next);
    } catch (error) {
      if (until.signal.aborted) throw error;
      say?.(
        `The service could not start with the changed settings, and goes on with those of before: ${(error as Error).message}`,
      );
      return start({ ...before, port });
    }
  }

  try {
    let service = await start(config);
    while (await run(service)) service = await startAnew(config, service.url);
  } catch (error) {
    if (until.signal.aborted && (error as Error).name === 'StoppedWhileSealed') return;
    throw error;
  }
}
