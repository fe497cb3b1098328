import { spawn } from 'node:child_process';
import { systemTimer, type Timer } from '../../lib/timer.ts';

/** What systemd is sent (sd_notify(3)), where it started this process and waits for it. */
export interface ServiceManager {
  /**
   * A start may last longer than the unit allows, as one that waits until another node has copied a large database: from now on the manager is
   * asked for more time, from the thread that starts, for six hours at most.
   */
  starting(): void;
  /** The service answers; from now on the watchdog is fed, from the thread that answers. */
  ready(status: string): void;
  stopping(): void;
}

/** Milliseconds between two messages of a start, and for which each of them asks. */
const EXTENDED_EVERY = 60_000;
const EXTENDED_BY = 180_000;
const MOST_EXTENSIONS = (6 * 3_600_000) / EXTENDED_EVERY;

export interface ServiceManagerDeps {
  env?: Record<string, string | undefined>;
  /** Node has no datagram sockets of Unix: the command `systemd-notify` sends (unit: NotifyAccess=all). */
  send?(messages: readonly string[]): void;
  timer?: Timer;
}

export function createServiceManager({
  env = process.env,
  send = (messages) => sendByCommand(messages, env),
  timer = systemTimer,
}: ServiceManagerDeps = {}): ServiceManager {
  if (!env.NOTIFY_SOCKET) return { starting() {}, ready() {}, stopping() {} };
  const watchdogMs = Number(env.WATCHDOG_USEC ?? 0) / 1000;
  let cancel: (() => void) | undefined;
  let started = () => {};
  function extend(left: number): void {
    send([`EXTEND_TIMEOUT_USEC=${EXTENDED_BY * 1000}`]);
    if (left > 1) started = timer.after(EXTENDED_EVERY, () => extend(left - 1));
  }
  function feed(): void {
    send(['WATCHDOG=1']);
    cancel = timer.after(watchdogMs / 2, feed);
  }
  return {
    starting: () => extend(MOST_EXTENSIONS),
    ready(status) {
      started();
      send(['READY=1', `STATUS=${status}`]);
      if (watchdogMs > 0 && !cancel) cancel = timer.after(watchdogMs / 2, feed);
    },
    stopping() {
      started();
      cancel?.();
      send(['STOPPING=1', 'STATUS=Running requests end']);
    },
  };
}

/** The command waits until the manager has read it: a message of a process that has ended may be ignored (systemd-notify(1)). */
function sendByCommand(messages: readonly string[], env: Record<string, string | undefined>): void {
  const child = spawn('systemd-notify', messages, { stdio: 'ignore', env });
  // Without the command the unit ends the start after TimeoutStartSec, and says so.
  child.on('error', () => {});
  child.unref();
}
