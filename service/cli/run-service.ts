import type { Config } from '../config.ts';

export interface RunningService {
  url: string;
  stop(): Promise<void>;
}

/**
 * Serves until SIGTERM or SIGINT, then lets what is running end. A signal during the start stops right after it; a second
 * signal ends the process at once.
 */
export async function runService(
  config: Config,
  ready: (service: RunningService) => Promise<void> | void,
): Promise<void> {
  let signals = 0;
  let asked = () => {};
  const stopAsked = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const onSignal = () => {
    signals += 1;
    if (signals > 1) process.exit(130);
    asked();
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  try {
    const { serve } = await import('../serve.ts');
    const service = await serve(config);
    try {
      if (signals === 0) await ready(service);
      await stopAsked;
    } finally {
      await service.stop();
    }
  } finally {
    process.off('SIGTERM', onSignal).off('SIGINT', onSignal);
  }
}
