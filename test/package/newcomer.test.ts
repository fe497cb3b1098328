import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { portrait } from '../cli/portraits.ts';
import { recapture } from '../support/recapture.ts';
import { type BootedSystem, bootSystem } from './booted-system.ts';
import { makeBootableRoot, objection, put } from './debian-root.ts';

const product = join(import.meta.dirname, '../..');
const packages = process.env.GATEHOUSE_PACKAGES ?? join(product, 'dist/packages');
const reason = objection();

/** The lines of the README's section, as they stand there. */
function linesOfReadme(): string {
  const readme = readFileSync(join(product, 'README.md'), 'utf8');
  const [section = ''] = /^### On Debian, in three minutes\n[\s\S]*?(?=^#)/m.exec(readme) ?? [];
  const lines = [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block).join('');
  if (lines === '') throw new Error('The README has no lines for Debian any more.');
  return lines;
}

describe.skipIf(reason !== undefined)(
  `a newcomer with the README alone, on a Debian 12 without network${reason ? ` (${reason})` : ''}`,
  () => {
    let work: string;
    let system: BootedSystem;

    beforeAll(async () => {
      const { version } = JSON.parse(readFileSync(join(product, 'package.json'), 'utf8'));
      const file = join(packages, `gatehouse_${version}_amd64.deb`);
      if (!existsSync(file)) throw new Error(`There is no ${file}: run "npm run package" first.`);
      work = mkdtempSync(join(tmpdir(), 'gatehouse-newcomer-'));
      const root = join(work, 'root');
      await makeBootableRoot(root);
      system = await bootSystem(root);
      put(root, file, `root/gatehouse_${version}_amd64.deb`);
      const again = await portrait('ada', 60);
      writeFileSync(join(root, 'tmp/ada.jpg'), await portrait('ada', 90));
      writeFileSync(join(root, 'tmp/ada-again.jpg'), again);
      writeFileSync(join(root, 'tmp/ada-on-a-phone.jpg'), await recapture(again));
    });
    afterAll(async () => {
      await system?.end();
      if (work) rmSync(work, { recursive: true, force: true });
    });

    test('has a person verified after the five lines', async () => {
      const lines = linesOfReadme();
      expect(lines.trim().split('\n').length).toBeLessThanOrEqual(5);
      const from = performance.now();
      const ended = await system.run(`set -e\ncd /root\n${lines}`);
      const seconds = (performance.now() - from) / 1000;
      expect([ended.code, ended.stdout, ended.stderr]).toEqual([0, expect.any(String), expect.any(String)]);
      expect(ended.stdout).toContain('Verified: ada@example.com');
      // what three minutes are compared with, by hand: no test asserts a time
      console.log(`installed, and a person verified, after ${seconds.toFixed(1)} s of the machine's time`);
    });

    test('has a real person verified, and a photo of a phone refused, with nothing imported', async () => {
      const gatehouse = (words: string) => system.run(`sudo -u gatehouse gatehouse ${words}`);
      const consent = '--consent "v1,signed form,explicit consent,verification+identification"';
      for (const words of [
        `consent attest ${consent}`,
        'subject enroll --email ada@example.com /tmp/ada.jpg',
      ])
        expect(await gatehouse(words)).toMatchObject({ code: 0 });
      const verified = await gatehouse('verify /tmp/ada-again.jpg --json');
      expect(JSON.parse(verified.stdout)).toMatchObject({ verified: true, assurance: 'passive' });
      const refused = await gatehouse('verify /tmp/ada-on-a-phone.jpg --json');
      expect(JSON.parse(refused.stdout)).toMatchObject({ code: 'CHECK_FAILED' });
    });
  },
);
