import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compose } from '../../service/compose/compose.ts';
import { parseConfig } from '../../service/config.ts';
import { silentLog } from '../../service/lib/log.ts';
import { portrait } from '../cli/portraits.ts';
import { direction, near } from '../support/faces.ts';

const ada = { is: 'operator', name: 'ada' } as const;

test('the product raises thresholds by what it measured, also after a start, until the organization is erased', async () => {
  const data = mkdtempSync(join(tmpdir(), 'gatehouse-own-gallery-'));
  const open = () =>
    compose(parseConfig({ data }, { GATEHOUSE_WORKERS: '1', GATEHOUSE_DEADLINE_SECONDS: '300' }), {
      log: silentLog,
      workers: 'when-needed',
    });
  let gatehouse = await open();
  try {
    const { id: organization } = await gatehouse.organizations.create({ name: 'Museum' }, ada);
    const realm = { organization, world: 'test' } as const;
    const picture = await portrait('ada');
    await gatehouse.checks.enroll({ ...realm, picture, email: 'ada@example.com', actor: ada });
    const { embedders } = gatehouse.models.current();
    const common = direction('what they have in common', 256);
    for (let i = 1; i < 30; i++) {
      const embeddings = Object.fromEntries(embedders.map((id) => [id, near(common, 0.99, `p${i}`)]));
      await gatehouse.subjects.enroll(realm, { email: `p${i}@example.com`, embeddings, quality: 0.9 }, ada);
    }
    const measured = await gatehouse.calibrations.measure(organization, ada);
    await gatehouse.close();

    gatehouse = await open();
    expect(gatehouse.calibrations.list(organization)).toEqual(measured);
    const probe = await portrait('ada', 60);
    for (const email of ['ada@example.com', undefined]) {
      const { match } = await gatehouse.checks.verify({
        ...realm,
        picture: probe,
        actor: ada,
        ...(email === undefined ? {} : { email }),
      });
      const own = measured.find(
        ({ scorer, holdsFor }) => scorer === match.scorer && holdsFor === match.holdsFor,
      );
      expect(own?.shift).toBeGreaterThan(0);
      expect(match.shift).toBe(own?.shift);
    }

    const order = { confirm: 'Museum', limit: 100, actor: ada };
    expect(await gatehouse.organizationErasure.erase(organization, order)).toMatchObject({ done: true });
    expect(gatehouse.calibrations.list(organization)).toEqual([]);
  } finally {
    await gatehouse.close();
    rmSync(data, { recursive: true, force: true });
  }
});
