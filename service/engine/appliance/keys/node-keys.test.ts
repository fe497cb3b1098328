import { expect, test } from 'vitest';
import { createNodeKeys, type NodeKeysDeps } from './node-keys.ts';

test('a removal renews what nodes show before and after, so that one that fails after it has renewed it', async () => {
  const steps: string[] = [];
  const step = async (name: string) => void steps.push(name);
  const keys = createNodeKeys({
    joins: { remove: () => step('remove') },
    async renewLink() {
      await step('renew');
      if (steps.includes('drop')) throw new Error('The key store is gone.');
    },
    drop: () => step('drop'),
    inTransaction: (work: (tx: unknown) => unknown) => work({}),
    locks: { of: () => (_: string, work: () => unknown) => work() },
    audit: { add: async () => {} },
  } as unknown as NodeKeysDeps);
  await expect(keys.remove('node_a', { is: 'appliance', task: 'nodes' })).rejects.toThrow(
    'key store is gone',
  );
  expect(steps).toEqual(['renew', 'remove', 'drop', 'renew']);
});
