import { compose } from '../compose.ts';
import { parseConfig } from '../config.ts';
import { controlDoor } from '../doors/control/index.ts';
import { createServer } from '../http/server.ts';
import { createStructuredLog } from '../http/structured-log.ts';
import { systemClock } from '../lib/clock.ts';
import type { SchemaChange } from '../storage/migrate.ts';
import type { Unlock } from '../storage/open-master.ts';
import type { Transport } from './control.ts';
import { unlockAtTerminal } from './passphrase.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Gatehouse composed in this process, which holds the directory until `close`; the same door as on the socket. */
export async function createOwnTransport({
  data,
  databaseUrl,
  keysDatabaseUrl,
  workers,
  passphrase,
  migrating,
}: {
  data: string;
  databaseUrl: string | undefined;
  keysDatabaseUrl: string | undefined;
  workers: number | undefined;
  passphrase: (() => Promise<string>) | undefined;
  /** Brings an older schema up to date, telling each; absent, it is refused. */
  migrating: ((change: SchemaChange) => void) | undefined;
}): Promise<Transport> {
  const config = parseConfig({
    data,
    ...(databaseUrl && { databaseUrl }),
    ...(keysDatabaseUrl && { keysDatabaseUrl }),
  });
  const log = createStructuredLog({
    clock: systemClock,
    level: 'error',
    write: (line) => void process.stderr.write(line),
  });
  const unlock: Unlock = passphrase ? async (open) => open(await passphrase()) : unlockAtTerminal();
  const gatehouse = await compose(
    { ...config, workers: workers ?? config.workers },
    {
      log,
      workers: 'when-needed',
      unlock,
      ...(migrating ? { older: 'migrate', announce: migrating } : { older: 'refuse' }),
    },
  );
  const app = createServer({ ids: gatehouse.ids, log });
  await app.register(controlDoor, gatehouse);
  return {
    via: 'own process',
    async send({ method, path, headers, body }) {
      const reply = await app.inject({
        method: method as Method,
        url: path,
        headers,
        payloadAsStream: true,
        ...(body === undefined ? {} : { payload: Buffer.from(body) }),
      });
      return { status: reply.statusCode, body: reply.stream() };
    },
    async close() {
      await app.close();
      await gatehouse.close();
    },
  };
}
