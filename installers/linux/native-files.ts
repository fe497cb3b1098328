import { closeSync, existsSync, openSync, readdirSync, readSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Architecture } from './left-out.ts';

/** Field `e_machine` of an ELF header. */
const MACHINES: Record<Architecture, number> = { x64: 0x3e, arm64: 0xb7 };

/** What the service loads that is no JavaScript, below `node_modules`. */
const needed = (arch: Architecture): readonly string[] => [
  `@img/sharp-linux-${arch}`,
  `@img/sharp-libvips-linux-${arch}`,
  `@node-rs/argon2-linux-${arch}-gnu`,
  `onnxruntime-node/bin/napi-v6/linux/${arch}/onnxruntime_binding.node`,
  `better-sqlite3/prebuilds/linux-${arch}`,
];

/** Throws where a native part is missing for this system, or a file is for another one: the program would only fail when it is loaded. */
export function requireNatives(tree: string, arch: Architecture): void {
  const packages = join(tree, 'node_modules');
  const missing = needed(arch).filter((path) => !present(join(packages, path)));
  if (missing.length > 0)
    throw new Error(
      `There is no package for linux ${arch}: npm brought no ${missing.join(', no ')}. Each comes as an optional package for its system; look whether its version in package-lock.json has one for ${arch}.`,
    );
  const foreign = elfFiles(tree).filter(({ machine }) => machine !== MACHINES[arch]);
  if (foreign.length > 0)
    throw new Error(
      `These files are not for ${arch}: ${foreign.map(({ path }) => relative(tree, path)).join(', ')} (installers/linux/left-out.ts says what is left out).`,
    );
}

/** Prebuilt SQLite names the libc too: `linux-x64` or `linux-x64-glibc`. */
function present(path: string): boolean {
  if (existsSync(path)) return true;
  const folder = join(path, '..');
  return existsSync(folder) && readdirSync(folder).some((name) => join(folder, name).startsWith(path));
}

function elfFiles(tree: string): { path: string; machine: number }[] {
  const found: { path: string; machine: number }[] = [];
  const header = Buffer.alloc(20);
  for (const entry of readdirSync(tree, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const descriptor = openSync(path, 'r');
    const length = readSync(descriptor, header, 0, 20, 0);
    closeSync(descriptor);
    if (length === 20 && header.toString('latin1', 0, 4) === '\x7fELF')
      found.push({ path, machine: header.readUInt16LE(18) });
  }
  return found;
}
