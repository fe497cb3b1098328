import { spawn } from 'node:child_process';
import { parentPort, workerData } from 'node:worker_threads';
import type { Notifier } from './notify.ts';

const { env, message, milliseconds } = workerData as Notifier;
parentPort!.on('message', send);
if (message !== undefined) setInterval(send, milliseconds, [message]);

/**
 * Sends systemd what sd_notify(3) says: Node has no datagram sockets of Unix, so the command does (unit: NotifyAccess=all). It waits until the
 * manager has read it: a message of a process that has ended may be ignored (systemd-notify(1)).
 */
function send(messages: readonly string[]): void {
  try {
    const child = spawn('systemd-notify', messages, { stdio: 'ignore', env });
    // Without the command the unit ends the start after TimeoutStartSec, and says so.
    child.on('error', () => {});
    child.unref();
  } catch {
    // No memory for a process: the next message is tried, and a watchdog waits for several.
  }
}
