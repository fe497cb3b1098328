import { expect, test } from 'vitest';
import { silentLog } from '../lib/log.ts';
import { createControlServer } from './control-server.ts';

test('a command waits for its answer as long as it takes: a connection without a byte is not closed', async () => {
  const app = await createControlServer({} as never, { log: silentLog });
  expect(app.server.timeout).toBe(0);
});
