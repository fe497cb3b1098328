import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compose } from '../../service/compose/compose.ts';
import { parseConfig } from '../../service/config.ts';
import { silentLog } from '../../service/lib/log.ts';

const operator = { is: 'operator', name: 'ada' } as const;
const password = 'wet gravel under pines';

test('an organization’s administrators go with it; others stay', async () => {
  const data = mkdtempSync(join(tmpdir(), 'gatehouse-staff-'));
  const gatehouse = await compose(parseConfig({ data }, {}), { log: silentLog, workers: 'when-needed' });
  try {
    const { administrators, organizations, organizationErasure } = gatehouse;
    const made = [];
    for (const name of ['Museum', 'Library']) {
      const { id: organization } = await organizations.create({ name }, operator);
      const email = `owner@${name.toLowerCase()}.example`;
      const owner = { organization, email, name: 'Owner', role: 'owner', password } as const;
      await administrators.create(owner, operator);
      const opened = await administrators.signIn({ email, password, source: '10.0.0.1' });
      if (opened.is !== 'signed-in') throw new Error(opened.is);
      made.push({ organization, secret: opened.secret });
    }
    const [museum, library] = made as [(typeof made)[0], (typeof made)[0]];
    const order = { confirm: 'Museum', limit: 10, actor: operator };
    expect(await organizationErasure.erase(museum.organization, order)).toMatchObject({ done: true });
    expect(await administrators.list(museum.organization)).toEqual([]);
    expect(await administrators.sessionOf(museum.secret)).toBeUndefined();
    expect(await administrators.list(library.organization)).toHaveLength(1);
    expect((await administrators.sessionOf(library.secret))?.session.administrator.organization).toBe(
      library.organization,
    );
    const again = {
      organization: museum.organization,
      email: 'a@b.example',
      name: 'A',
      role: 'owner',
    } as const;
    await expect(administrators.create(again, operator)).rejects.toMatchObject({ code: 'CONFLICT' });
  } finally {
    await gatehouse.close();
    rmSync(data, { recursive: true, force: true });
  }
});
