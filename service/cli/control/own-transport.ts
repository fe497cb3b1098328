import { toResponse } from '../../../sdk/admin/socket-fetch.ts';
import { compose } from '../../compose/compose.ts';
import { type ConfigInput, parseConfig } from '../../config.ts';
import { createStructuredLog } from '../../http/structured-log.ts';
import { systemClock } from '../../lib/clock.ts';
import { createControlServer } from '../../server/control-server.ts';
import type { Unlock } from '../../storage/master/open-master.ts';
import type { SchemaChange } from '../../storage/migrate.ts';
import { unlockAtTerminal } from '../master/passphrase.ts';
import type { Transport } from './control.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Gatehouse composed in this process, which holds the directory until `close`; the same door as on the socket. */
export async function createOwnTransport({
  data,
  settings,
  workers,
  passphrase,
  migrating,
}: {
  data: string;
  settings: ConfigInput | undefined;
  workers: number | undefined;
  passphrase: (() => Promise<string>) | undefined;
  /** Migrates an older schema and is called for each change; absent, an older schema is refused. */
  migrating: ((change: SchemaChange) => void) | undefined;
}): Promise<Transport> {
  const config = parseConfig({ ...settings, data });
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
  const app = await createControlServer(gatehouse, { log });
  return {
    via: 'own process',
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      const reply = await app.inject({
        method: request.method as Method,
        url: pathname + search,
        headers: Object.fromEntries(request.headers),
        payloadAsStream: true,
        ...(request.body && { payload: Buffer.from(await request.arrayBuffer()) }),
      });
      return toResponse(reply.statusCode, reply.headers, reply.stream());
    },
    async close() {
      await app.close();
      await gatehouse.close();
    },
  };
}
