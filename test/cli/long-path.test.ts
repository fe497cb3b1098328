import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createCli } from './gatehouse.ts';

test.runIf(process.platform === 'linux')(
  'a data directory with a long path works, with a service and without',
  async () => {
    const around = mkdtempSync(join(tmpdir(), 'gatehouse-long-'));
    const folder = join(around, 'd'.repeat(150));
    mkdirSync(folder);
    const cli = createCli(undefined, { folder });
    onTestFinished(async () => {
      await cli.clean();
      rmSync(around, { recursive: true });
    });
    await cli.init('Museum');
    const listed = { items: [{ name: 'Museum' }] };
    expect(await cli.json('org', 'list')).toMatchObject(listed);
    const service = await cli.serve();
    expect(await cli.json('org', 'list')).toMatchObject(listed);
    expect((await cli.run('doctor')).stdout).toMatch(/control socket/);
    expect(await service.end()).toMatchObject({ code: 0 });
    expect(await cli.json('org', 'list')).toMatchObject(listed);
  },
);
