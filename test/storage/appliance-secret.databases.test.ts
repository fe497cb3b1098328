import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createApplianceSecret } from '../../service/storage/keys/appliance-secret.ts';
import { openKeyStore } from '../../service/storage/keys/key-store.ts';
import { createMasterKey } from '../../service/storage/master/master-key.ts';
import { onBothDatabases } from './databases.ts';

onBothDatabases('a secret of the appliance', (newLocation) => {
  test('is kept, replaced, and opens with its master key alone', async () => {
    const keys = await openKeyStore(await newLocation('empty'), { clock: { now: () => 5 } });
    try {
      const master = createMasterKey(randomBytes(32));
      const kept = createApplianceSecret('tls/authority', { keys, master });
      expect(await kept.load()).toBeUndefined();
      for (const text of ['first', 'second']) {
        await kept.save({ secret: Buffer.from(text), details: `{"of":"${text}"}` });
        const found = await kept.load();
        expect([Buffer.from(found!.secret).toString(), found!.details]).toEqual([text, `{"of":"${text}"}`]);
      }
      expect(await keys.secrets()).toHaveLength(1);
      const other = createApplianceSecret('tls/authority', {
        keys,
        master: createMasterKey(randomBytes(32)),
      });
      await expect(other.load()).rejects.toMatchObject({ code: 'SEALED' });
    } finally {
      await keys.close();
    }
  });
});
