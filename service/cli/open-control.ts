import { join } from 'node:path';
import { type Control, createControl } from './control.ts';
import { requireInitialized } from './data-directory.ts';
import { createSocketTransport, probeSocket } from './socket-transport.ts';

export interface OpenOptions {
  /** `init` makes the directory; every other command refuses one that is not there. */
  create?: boolean;
  /** The command analyzes many pictures: all workers the settings allow, not one. Only where no service runs. */
  manyPictures?: boolean;
}

/**
 * The way to a data directory: over the control socket when a service runs on it, else by composing Gatehouse in this
 * process, which takes the writer lock. Close it when done.
 */
export async function openControl(data: string, options: OpenOptions = {}): Promise<Control> {
  const socketPath = join(data, 'control.sock');
  if ((await probeSocket(socketPath)) === 'service') return createControl(createSocketTransport(socketPath));
  if (!options.create) requireInitialized(data);
  // Loaded only now: native packages cost a quarter of a second that `--help` and a running service need not pay.
  const { createOwnTransport } = await import('./own-transport.ts');
  return createControl(await createOwnTransport(data, options.manyPictures ? {} : { workers: 1 }));
}
