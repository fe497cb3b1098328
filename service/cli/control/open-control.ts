import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ConfigInput } from '../../config.ts';
import { Problem } from '../../lib/problem.ts';
import type { SchemaChange } from '../../storage/migrate.ts';
import { requireInitialized } from '../data-directory.ts';
import { type Control, createControl } from './control.ts';
import { createSocketTransport, probeSocket } from './socket-transport.ts';

export interface OpenOptions {
  /** Why the service has to run, as one sentence; absent: it need not. */
  needsService?: string;
  /** `init` makes the directory; every other command refuses one that is not there. */
  create?: boolean;
  /** The command analyzes many pictures: all workers the settings allow, not one. Only where no service runs. */
  manyPictures?: boolean;
  /** Those of a directory that does not record them yet. Only where no service runs. */
  settings?: ConfigInput;
  /** Passphrase that the command already has, so that it is not asked for again. Only where no service runs. */
  passphrase?: () => Promise<string>;
  /** Called for each schema that is migrated; without it an older schema is refused. Only where no service runs. */
  migrating?: (change: SchemaChange) => void;
  /** Gets a line every ten seconds while a call is not answered yet. */
  note?: (line: string) => void;
}

/** A command, or a service that is starting or stopping, holds the directory for moments only: worth waiting for. */
const TRIES = 50;
const PAUSE_MILLISECONDS = 200;

/**
 * The way to a data directory: over the control socket when a service runs on it, else by composing Gatehouse in this
 * process, which takes the writer lock. Waits up to ten seconds for another command to end: a small box takes some for one.
 * Close it when done.
 */
export async function openControl(data: string, options: OpenOptions = {}): Promise<Control> {
  const socketPath = join(data, 'control.sock');
  for (let attempt = 1; ; attempt++) {
    if ((await probeSocket(socketPath)) === 'service')
      return createControl(createSocketTransport(socketPath), options.note);
    if (!options.create) await requireInitialized(data);
    if (options.needsService !== undefined) throw new Problem('CONFLICT', options.needsService);
    // Loaded only now: native packages cost a quarter of a second that `--help` and a running service need not pay.
    const { createOwnTransport } = await import('./own-transport.ts');
    try {
      return createControl(
        await createOwnTransport({
          data,
          settings: options.settings,
          workers: options.manyPictures ? undefined : 1,
          passphrase: options.passphrase,
          migrating: options.migrating,
        }),
        options.note,
      );
    } catch (error) {
      if (!isHeld(error) || attempt === TRIES) throw error;
      await delay(PAUSE_MILLISECONDS);
    }
  }
}

/** The writer lock was refused, not anything else that conflicts. */
function isHeld(error: unknown): boolean {
  const cause = error instanceof Problem ? (error.cause as { code?: unknown } | undefined) : undefined;
  return typeof cause?.code === 'string' && cause.code.startsWith('SQLITE_BUSY');
}
