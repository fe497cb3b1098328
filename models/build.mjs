// Plain JavaScript: this is what tells a Node.js too old for build.ts what to do.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const oldest = 24;
const folder = fileURLToPath(new URL('.', import.meta.url));
const brought = join(
  folder,
  '..',
  'node_modules',
  'node',
  'bin',
  process.platform === 'win32' ? 'node.exe' : 'node',
);
const fits = Number.parseInt(process.versions.node, 10) >= oldest;

if (fits || existsSync(brought)) {
  const script = [join(folder, 'build.ts'), ...process.argv.slice(2)];
  const { status } = spawnSync(fits ? process.execPath : brought, script, { stdio: 'inherit' });
  process.exitCode = status ?? 1;
} else {
  console.error(
    `models: Gatehouse needs Node.js ${oldest} or newer; this is ${process.versions.node}. ` +
      'Run "npm install" with development dependencies and scripts: it brings Node.js 24 along and builds the models with it.',
  );
  process.exitCode = 1;
}
