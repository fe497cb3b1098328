import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { compose } from '../../service/compose/compose.ts';
import { parseConfig } from '../../service/config.ts';
import { silentLog } from '../../service/lib/log.ts';
import { sparing } from '../support/sparing.ts';

const ada = { is: 'operator', name: 'ada' } as const;

test('a running box says which webhooks are disabled, and where a grant is missing', async () => {
  const data = mkdtempSync(join(tmpdir(), 'gatehouse-attention-'));
  const gatehouse = await compose(parseConfig({ data, ...sparing }, {}), {
    log: silentLog,
    workers: 'when-needed',
  });
  onTestFinished(async () => {
    await gatehouse.close();
    rmSync(data, { recursive: true, force: true });
  });
  const { organizations, grants, webhooks } = gatehouse;
  const ofEvents = async () =>
    (await gatehouse.status()).attention
      .filter(({ code }) => code === 'WEBHOOKS_FAIL' || code === 'GRANTS_MISSING')
      .map(({ code, values }) => [code, values?.count]);
  const { id: organization } = await organizations.create({ name: 'Museum' }, ada);
  const grant = await grants.add(organization, '127.0.0.1:9000', 'ERP', ada);
  const realm = { organization, world: 'live' as const };
  const add = () => webhooks.add(realm, { family: 'identity', url: 'https://127.0.0.1:9000/' }, ada);
  const [first] = [await add(), await add()];
  expect(await ofEvents()).toEqual([]);
  await webhooks.disable(realm, first.endpoint.id, 'maintenance', ada);
  expect(await ofEvents()).toEqual([['WEBHOOKS_FAIL', 1]]);
  await grants.revoke(organization, grant.id, ada);
  expect(await ofEvents()).toEqual([
    ['WEBHOOKS_FAIL', 1],
    ['GRANTS_MISSING', 1],
  ]);
});
