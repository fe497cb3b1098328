import { expect, test } from 'vitest';
import { systemClock } from '../lib/clock.ts';
import { createIds } from '../lib/id.ts';
import { silentLog } from '../lib/log.ts';
import { Problem } from '../lib/problem.ts';
import { createControlServer } from './control-server.ts';

test('a command waits for its answer as long as it takes: a connection without a byte is not closed', async () => {
  const app = await createControlServer({} as never, { log: silentLog });
  expect(app.server.timeout).toBe(0);
});

test('a node that cannot look at the record answers no command from memory', async () => {
  let away = true;
  const position = {
    async catchUp() {
      if (away) throw new Problem('STORAGE_UNAVAILABLE', 'The database does not answer.');
    },
  };
  const gatehouse = { position, ids: createIds(systemClock) };
  const app = await createControlServer(gatehouse as never, { log: silentLog });
  const ask = async () => (await app.inject({ url: '/api/admin/organizations' })).statusCode;
  expect(await ask()).toBe(503);
  away = false;
  expect(await ask()).not.toBe(503);
});
