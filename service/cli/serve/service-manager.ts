import { spawn } from 'node:child_process';
import { systemTimer, type Timer } from '../../lib/timer.ts';

/** What systemd is sent (sd_notify(3)), where it started this process and waits for it. */
export interface ServiceManager {
  /** The service answers; from now on the watchdog is fed, from the thread that answers. */
  ready(status: string): void;
  stopping(): void;
}

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
  if (!env.NOTIFY_SOCKET) return { ready() {}, stopping() {} };
  const watchdogMs = Number(env.WATCHDOG_USEC ?? 0) / 1000;
  let cancel: (() => void) | undefined;
  function feed(): void {
    send(['WATCHDOG=1']);
    cancel = timer.after(watchdogMs / 2, feed);
  }
  return {
    ready(status) {
      send(['READY=1', `STATUS=${status}`]);
      if (watchdogMs > 0 && !cancel) cancel = timer.after(watchdogMs / 2, feed);
    },
    stopping() {
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
