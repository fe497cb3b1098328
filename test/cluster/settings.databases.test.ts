import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Gatehouse } from '../../service/compose/compose.ts';
import { createCustomerAuthority, hasOpenssl } from '../support/certificate-authority.ts';
import { operator } from '../support/engine.ts';
import { binaries, type StartedNodes, startNodes } from './nodes.ts';

describe.skipIf(binaries === undefined)('what several nodes are reached by', () => {
  let nodes: StartedNodes;
  let pki: ReturnType<typeof createCustomerAuthority>;
  let a: Gatehouse;
  let b: Gatehouse;
  beforeAll(async () => {
    nodes = await startNodes('a', 'b');
    [a, b] = nodes.nodes;
    pki = createCustomerAuthority();
  });
  afterAll(async () => {
    pki?.remove();
    await nodes?.close();
  });
  const again = async (): Promise<void> => {
    await a.close();
    a = await nodes.start('a');
    await b.close();
    b = await nodes.start('b');
  };
  /** Secrets of the key store, as a program without its keys reads them. */
  const keyStoreText = async () =>
    (
      await nodes.query<{ name: string; wrapped: Buffer; details: string }>(
        'select name, wrapped, details from appliance_secret',
        [],
        { of: nodes.keysDatabaseUrl },
      )
    )
      .map(({ name, wrapped, details }) => `${name} ${wrapped.toString('latin1')} ${details}`)
      .join('\n');
  const fileOf = (name: string, ...path: string[]) => join(nodes.dataOf(name), ...path);

  test('the name that was chosen at one is that of the others after their next start', async () => {
    await a.boxName.set({ hostName: 'gate.home.arpa', network: true }, operator);
    await again();
    expect(JSON.parse(readFileSync(fileOf('b', 'gatehouse.json'), 'utf8'))).toMatchObject({
      hostName: 'gate.home.arpa',
    });
    // Where it listens is its own.
    expect(b.boxName.describe()).toMatchObject({ hostName: 'gate.home.arpa', network: false });
    await a.boxName.set({ hostName: null, network: false }, operator);
    await again();
    expect(b.boxName.describe().hostName).toBeUndefined();
  });

  test.skipIf(!hasOpenssl)(
    'an installed certificate is served by all with its key, and is taken away from all',
    async () => {
      await a.boxName.set({ hostName: 'gate.home.arpa', network: true }, operator);
      await again();
      const { request } = await a.certificates.request({ again: false, addresses: false }, operator);
      const chain = pki.sign(request) + pki.intermediate;
      // At the other one, whichever a balancer chose: the key of the request is there too.
      await b.certificates.install({ chain, key: undefined }, operator);
      await again();
      const [here, there] = ['a', 'b'].map((name) =>
        readFileSync(fileOf(name, 'tls', 'installed.pem'), 'utf8'),
      );
      expect(there).toBe(here);
      for (const node of [a, b])
        expect(node.certificates.describe()).toMatchObject({ installed: true, requested: false });
      const kept = await keyStoreText();
      expect(kept).toContain('service/settings');
      expect(kept).not.toContain('PRIVATE KEY');
      await a.certificates.renew({ authority: false, discardInstalled: true }, operator);
      await again();
      expect(b.certificates.describe()).toMatchObject({ installed: false });
    },
  );
});
