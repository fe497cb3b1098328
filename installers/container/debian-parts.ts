import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { validateBill } from '../bill-of-materials.ts';
import type { Architecture } from '../linux/left-out.ts';

const PACKAGES = ['libc6', 'libgcc-s1', 'libstdc++6'] as const;
const NAMES = { x64: 'amd64', arm64: 'arm64' } as const;

export interface DebianPartsOrder {
  /** The Debian root that the libraries were taken from, with dpkg's records. */
  base: string;
  arch: Architecture;
  /** Names of the files that were taken. */
  libraries: readonly string[];
  /** The image's bill of materials, which is the archive's until then. */
  bill: string;
}

/**
 * Adds the packages of Debian whose libraries are in the image to its bill of materials, with the version that dpkg recorded. Throws where a library is of
 * none of them, and where dpkg's records are not there.
 */
export async function addDebianParts({ base, arch, libraries, bill }: DebianPartsOrder): Promise<void> {
  const records = join(base, 'var/lib/dpkg');
  const status = await readFile(join(records, 'status'), 'utf8');
  const release = /^VERSION_ID="?(\d+)/m.exec(await readFile(join(base, 'etc/os-release'), 'utf8'))?.[1];
  if (release === undefined) throw new Error(`${base} does not say which Debian it is (etc/os-release).`);
  const files = new Map<string, string>();
  for (const name of PACKAGES) {
    const list = await readFile(join(records, 'info', `${name}:${NAMES[arch]}.list`), 'utf8');
    for (const path of list.split('\n')) if (path !== '') files.set(basename(path), name);
  }
  const owners = libraries.map((library) => {
    const owner = files.get(library);
    if (owner === undefined) throw new Error(`${library} is of none of ${PACKAGES.join(', ')} in ${base}.`);
    return owner;
  });
  const parts = [...new Set(owners)].map((name) => {
    const version = versionIn(status, name, NAMES[arch]);
    return {
      type: 'library',
      'bom-ref': `debian:${name}@${version}`,
      name,
      version,
      description: `Of Debian ${release}: ${libraries.filter((_, at) => owners[at] === name).join(', ')}.`,
      purl: `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${NAMES[arch]}&distro=debian-${release}`,
    };
  });
  const text = JSON.parse(await readFile(bill, 'utf8'));
  text.components = [...text.components, ...parts].toSorted((a, b) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1));
  const whole = `${JSON.stringify(text, null, 2)}\n`;
  await validateBill(whole);
  await writeFile(bill, whole);
}

function versionIn(status: string, name: string, arch: string): string {
  const paragraph = status
    .split('\n\n')
    .find((one) => one.startsWith(`Package: ${name}\n`) && one.includes(`\nArchitecture: ${arch}\n`));
  const version = /^Version: (.+)$/m.exec(paragraph ?? '')?.[1];
  if (version === undefined) throw new Error(`dpkg has no record of ${name} for ${arch}.`);
  return version;
}
