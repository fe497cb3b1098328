import { spawn } from 'node:child_process';
import { Worker } from 'node:worker_threads';

export type Environment = Record<string, string | undefined>;

/**
 * Sends systemd what sd_notify(3) says: Node has no datagram sockets of Unix, so the command does (unit: NotifyAccess=all). It waits until the
 * manager has read it: a message of a process that has ended may be ignored (systemd-notify(1)).
 */
export function sendByCommand(messages: readonly string[], env: Environment): void {
  const child = spawn('systemd-notify', messages, { stdio: 'ignore', env });
  // Without the command the unit ends the start after TimeoutStartSec, and says so.
  child.on('error', () => {});
  child.unref();
}

/** A message that is sent again and again. */
export interface Repeated {
  message: string;
  milliseconds: number;
  env: Environment;
}

/** Sends it from a thread of its own until it is disposed of: a copy of SQLite holds the thread that makes it. */
export function repeatInThread(repeated: Repeated): Disposable {
  const script = import.meta.url.endsWith('.ts') ? './notify-worker.ts' : './notify-worker.js';
  const env = { ...repeated.env };
  const worker = new Worker(new URL(script, import.meta.url), { workerData: { ...repeated, env } });
  worker.on('error', () => {});
  worker.unref();
  return { [Symbol.dispose]: () => void worker.terminate() };
}
