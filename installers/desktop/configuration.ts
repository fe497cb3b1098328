import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What electron-builder reads; its own types would bring its whole tree into every check. test: configuration.test.ts, by its schema. */
export type BuilderConfiguration = Record<string, unknown>;

const root = join(import.meta.dirname, '../..');
const fuses: Record<string, boolean> = JSON.parse(readFileSync(join(root, 'main/fuses.json'), 'utf8'));

/** What other programs read: the service runs under Node.js, which cannot look into an archive of Electron. */
const OUTSIDE = [
  'dist/{clients,models,renderer,sdk,service}/**',
  'models/**',
  'service/documents/fonts/**',
  'node_modules/**',
  'package.json',
];

/** Of the desktop app on every system. Packages are production's; development packages stay out by themselves. */
export const common: BuilderConfiguration = {
  appId: 'app.gatehouse.desktop',
  productName: 'Gatehouse',
  copyright: 'Copyright 2026 The Gatehouse authors',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: electron-builder fills it
  artifactName: 'gatehouse-desktop-${version}-${os}-${arch}.${ext}',
  directories: { output: 'dist/desktop', buildResources: 'installers/desktop' },
  // package.json names no main, since the service is no library.
  extraMetadata: { main: 'dist/main/index.js' },
  files: [
    'dist/{clients,main,models,renderer,sdk,service}/**',
    'models/manifest.json',
    'models/manifest.json.minisig',
    'models/built/**',
    'service/documents/fonts/**',
    'package.json',
    'LICENSE',
    'NOTICE',
    'CHANGELOG.md',
    '!**/*.{map,d.ts,d.mts,d.cts}',
    'dist/clients/*.d.ts',
    // ONNX Runtime and SQLite for other systems are left out by each system's own configuration.
    '!node_modules/@vladmandic/**',
    '!node_modules/better-sqlite3/{deps,src}/**',
    '!node_modules/@gatehouse/**',
  ],
  asar: true,
  asarUnpack: OUTSIDE,
  // Native modules run under the Node.js beside the app, for which npm brought them, and not in Electron.
  npmRebuild: false,
  nodeGypRebuild: false,
  buildDependenciesFromSource: false,
  electronFuses: Object.fromEntries(
    Object.entries(fuses).map(([name, on]) => [`${name[0]!.toLowerCase()}${name.slice(1)}`, on]),
  ),
  protocols: [{ name: 'Gatehouse', schemes: ['gatehouse'] }],
  // Nothing is looked up or sent: updates are files (docs/PACKAGES.md).
  publish: null,
};

/** Signing by what the environment holds; GATEHOUSE_REQUIRE_SIGNATURE=1 refuses to build without. */
export const mustBeSigned = (env: NodeJS.ProcessEnv): boolean => env.GATEHOUSE_REQUIRE_SIGNATURE === '1';
