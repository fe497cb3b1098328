import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { addDebianParts } from './debian-parts.ts';

function debian() {
  const base = mkdtempSync(join(tmpdir(), 'gatehouse-debian-parts-'));
  onTestFinished(() => rmSync(base, { recursive: true, force: true }));
  const put = (path: string, text: string) => {
    mkdirSync(join(base, path, '..'), { recursive: true });
    writeFileSync(join(base, path), text);
  };
  put('etc/os-release', 'PRETTY_NAME="Debian"\nVERSION_ID="12"\n');
  const packages = { libc6: '2.36-9+deb12u13', 'libgcc-s1': '12.2.0-14', 'libstdc++6': '12.2.0-14' };
  const status = Object.entries(packages).map(
    ([name, version]) =>
      `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n`,
  );
  put('var/lib/dpkg/status', status.join('\n'));
  put('var/lib/dpkg/info/libc6:amd64.list', '/lib/x86_64-linux-gnu\n/lib/x86_64-linux-gnu/libc.so.6\n');
  put('var/lib/dpkg/info/libgcc-s1:amd64.list', '/lib/x86_64-linux-gnu/libgcc_s.so.1\n');
  put('var/lib/dpkg/info/libstdc++6:amd64.list', '/usr/lib/x86_64-linux-gnu/libstdc++.so.6\n');
  put('bill', JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, components: [] }));
  return { base, bill: join(base, 'bill'), arch: 'x64' as const };
}

test('Debian packages whose libraries are in the image are in its bill of materials', async () => {
  const order = debian();
  await addDebianParts({ ...order, libraries: ['libc.so.6', 'libstdc++.so.6'] });
  expect(JSON.parse(readFileSync(order.bill, 'utf8')).components).toEqual([
    expect.objectContaining({
      name: 'libc6',
      version: '2.36-9+deb12u13',
      purl: 'pkg:deb/debian/libc6@2.36-9%2Bdeb12u13?arch=amd64&distro=debian-12',
      description: 'Of Debian 12: libc.so.6.',
    }),
    expect.objectContaining({
      purl: 'pkg:deb/debian/libstdc%2B%2B6@12.2.0-14?arch=amd64&distro=debian-12',
    }),
  ]);
});

test('a library of another package ends the build', async () => {
  const order = debian();
  await expect(addDebianParts({ ...order, libraries: ['libc.so.6', 'libssl.so.3'] })).rejects.toThrow(
    'libssl.so.3 is of none of libc6, libgcc-s1, libstdc++6',
  );
});
