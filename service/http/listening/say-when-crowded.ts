import type { Log } from '../../lib/log.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import type { ConnectionStats } from './connections.ts';

const PAUSE = 60_000;

/** Warns in the log that a limit of connections is reached, at most once a minute. */
export function sayWhenCrowded(log: Log, limits: ConnectionLimits): (stats: ConnectionStats) => void {
  let saidLately = false;
  return (stats) => {
    if (saidLately) return;
    saidLately = true;
    setTimeout(() => {
      saidLately = false;
    }, PAUSE).unref();
    log.warn(
      { ...stats, limits },
      'a limit of connections is reached: the longest idle ones are closed for new ones',
    );
  };
}
