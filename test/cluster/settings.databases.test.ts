import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Gatehouse } from '../../service/compose/compose.ts';
import { createCustomerAuthority, hasOpenssl } from '../support/certificate-authority.ts';
import { operator } from '../support/engine.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';
import { openNodes } from '../support/two-nodes.ts';

const binaries = findPostgres();

describe.skipIf(binaries === undefined)('what several nodes are reached by', () => {
  let server: TestPostgres;
  let nodes: Awaited<ReturnType<typeof openNodes>>;
  let pki: ReturnType<typeof createCustomerAuthority>;
  let a: Gatehouse;
  let b: Gatehouse;
  beforeAll(async () => {
    server = await startPostgres(binaries!);
    nodes = await openNodes(server);
    pki = createCustomerAuthority();
    a = await nodes.start('a');
    b = await nodes.start('b');
  });
  afterAll(async () => {
    pki?.remove();
    await nodes?.close();
    await server?.stop();
  });
  const again = async (): Promise<void> => {
    await nodes.stop(a);
    a = await nodes.start('a');
    await nodes.stop(b);
    b = await nodes.start('b');
  };
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
      const kept = await nodes.keyStoreText();
      expect(kept).toContain('service/settings');
      expect(kept).not.toContain('PRIVATE KEY');
      await a.certificates.renew({ authority: false, discardInstalled: true }, operator);
      await again();
      expect(b.certificates.describe()).toMatchObject({ installed: false });
    },
  );
});
