import { expect, onTestFinished, test } from 'vitest';
import { startEngine } from '../../../../test/support/engine.ts';

const YEAR = 365 * 86_400_000;

test('an answer is known after a clock that ran ahead is set right', async () => {
  const engine = await startEngine();
  onTestFinished(() => engine.stop());
  const begin = (key: string) =>
    engine.idempotency.begin({
      organization: engine.organization,
      world: 'live',
      caller: 'key_1',
      key,
      digest: 'd',
    });
  const first = await begin('one');
  if (first.is !== 'new') throw new Error(first.is);
  await first.keep({ status: 201, body: 'done' });
  engine.advance(10 * YEAR);
  await begin('another');
  engine.advance(-10 * YEAR);
  expect(await begin('one')).toEqual({ is: 'known', reply: { status: 201, body: 'done' } });
});
