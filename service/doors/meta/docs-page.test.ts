import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { brotliDecompressSync } from 'node:zlib';
import { chromium } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { recordedAccess } from '../../../test/support/recorded-access.ts';
import { createMetrics } from '../../http/metrics.ts';
import { createServer } from '../../http/server.ts';
import { systemClock } from '../../lib/clock.ts';
import { createIds } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { createMetaDoor } from './index.ts';

const browserPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (path) => existsSync(path),
);
if (!browserPath) console.warn('docs-page: no Chromium here; requests to other hosts are not tested');

const metrics = createMetrics({ processMetrics: false });
const app = createServer({ access: recordedAccess(), log: silentLog, ids: createIds(systemClock), metrics });

beforeAll(async () => {
  const unused = async () => {
    throw new Error('not asked here');
  };
  await app.register(
    createMetaDoor({
      version: '1.2.3',
      families: { checkResult: z.unknown(), webhooks: [] },
      clock: systemClock,
      log: silentLog,
      metrics,
      status: unused,
      readiness: unused,
    }),
  );
  await app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => app.close());

describe('/docs', () => {
  test('names no other host in its page, and its policy lets it reach none', async () => {
    const { statusCode, headers, body } = await app.inject('/docs/');
    expect(statusCode).toBe(200);
    expect(body).not.toMatch(/https?:\/\//);
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; script-src 'self' 'sha256-[A-Za-z0-9+/]{43}='; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
    );
  });

  test.each(['/docs/', '/docs/js/scalar.js', '/openapi.json'])(
    '%s comes compressed, and once',
    async (url) => {
      const headers = { 'accept-encoding': 'gzip, br' };
      const plain = await app.inject({ url });
      const first = await app.inject({ url, headers });
      expect(first.headers).toMatchObject({
        'content-encoding': 'br',
        vary: expect.stringContaining('accept-encoding'),
      });
      expect(brotliDecompressSync(first.rawPayload).toString()).toBe(plain.body);
      expect(first.headers['cache-control']).not.toBe('no-store');
      const etag = String(first.headers.etag);
      const again = await app.inject({ url, headers: { ...headers, 'if-none-match': etag } });
      expect([again.statusCode, again.body]).toEqual([304, '']);
    },
  );

  test.skipIf(!browserPath)('works in a browser and asks only this box', async () => {
    const origin = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
    const browser = await chromium.launch({ executablePath: browserPath!, args: ['--no-sandbox'] });
    try {
      const page = await browser.newPage();
      page.setDefaultTimeout(100_000);
      const asked: string[] = [];
      const complaints: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      page.on('console', (message) => {
        if (/Content Security Policy|violat/i.test(message.text())) complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      await page.goto(`${origin}/docs`, { waitUntil: 'networkidle' });
      await page.getByText('/openapi.json', { exact: true }).first().waitFor();
      expect(asked.filter((url) => !url.startsWith(`${origin}/`) && !url.startsWith('data:'))).toEqual([]);
      expect(asked).toContain(`${origin}/openapi.json`);
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});
