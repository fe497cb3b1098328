import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cli, createCli } from '../cli/gatehouse.ts';
import { portrait } from '../cli/portraits.ts';

let cli: Cli;
beforeAll(() => {
  cli = createCli();
});
afterAll(() => cli.clean());

test('a service whose data directory was deleted acknowledges nothing more', async () => {
  const { keys } = await cli.init<{ keys: { test: string } }>('Museum');
  const service = await cli.serve();
  const enroll = async (name: 'ada' | 'stranger') => {
    const body = new FormData();
    body.set('email', `${name}@example.com`);
    body.set('image', new Blob([await portrait(name)]), 'face.jpg');
    const headers = { 'x-api-key': keys.test };
    const answer = await fetch(`${service.url}/api/enroll`, { method: 'POST', headers, body });
    return [answer.status, await answer.text()];
  };
  expect(await enroll('ada')).toEqual([200, expect.anything()]);
  rmSync(cli.data, { recursive: true });
  const [status, text] = await enroll('stranger');
  expect([status, text]).toEqual([503, expect.stringContaining('deleted, moved or replaced')]);
  const ready = await fetch(`${service.url}/ready`);
  expect([ready.status, await ready.text()]).toEqual([
    503,
    expect.stringContaining('deleted, moved or replaced'),
  ]);
  await service.end();
});
