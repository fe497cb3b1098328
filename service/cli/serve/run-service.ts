import type { Config } from '../../config.ts';
import type { ServiceOutput } from '../../server/serve.ts';
import { onInterrupt } from '../terminal/interrupt.ts';

export interface RunningService {
  url: string;
  stop(): Promise<void>;
}

/**
 * Serves until SIGTERM, SIGINT or SIGHUP, then lets what is running end. A signal during the start stops right after it; another a
 * second later or more ends the process at once.
 */
export async function runService(
  config: Config,
  ready: (service: RunningService) => Promise<void> | void,
  output: ServiceOutput = {},
): Promise<void> {
  let stopped = false;
  const until = new AbortController();
  let asked = () => {};
  const stopAsked = new Promise<void>((resolve) => {
    asked = resolve;
  });
  onInterrupt({
    first() {
      stopped = true;
      until.abort();
      asked();
    },
    again: () => process.exit(130),
  });
  const { serve } = await import('../../server/serve.ts');
  let service: RunningService;
  try {
    service = await serve(config, output, until.signal);
  } catch (error) {
    if (stopped && (error as Error).name === 'StoppedWhileSealed') return;
    throw error;
  }
  try {
    if (!stopped) await ready(service);
    await stopAsked;
  } finally {
    await service.stop();
  }
}
