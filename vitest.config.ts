import { globSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { memoryFolder } from './test/support/memory-folder.ts';

/** On SQLite, on PostgreSQL or on both (`test/storage/databases.ts`), in this process alone: too slow for `npm run check`. */
const onDatabases = globSync(['service/**/*.test.ts', 'test/**/*.test.ts'], {
  cwd: import.meta.dirname,
}).filter(
  (file) =>
    file.endsWith('.databases.test.ts') ||
    /\b(?:onBothDatabases|onSqlite|mostlyOnSqlite)\(/.test(
      readFileSync(join(import.meta.dirname, file), 'utf8'),
    ),
);
/** Databases of tests wait for no disk there; a kill loses nothing of it either. */
const folder = memoryFolder(8);
const common = {
  pool: 'forks' as const,
  env: {
    // Packages and threads load in two thirds of the processor time (2026-11-22: `test/cli/gatehouse.ts` has its processes keep theirs there too).
    NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/node-compiled'),
    ...(folder !== undefined && { TMPDIR: folder }),
  },
  setupFiles: ['test/support/fixed-chance.ts', 'test/support/compiled-code.ts'],
  // Of a busy machine, and less than a test may take. What is polled for comes from files, sockets, threads and processes.
  expect: { poll: { timeout: 240_000 } },
};
/** For projects whose tests run the service in their own process: the plan of every statement is judged. */
const plansWatched = { setupFiles: [...common.setupFiles, 'test/support/plans/watch-plans.ts'] };
/** For projects whose files keep nothing between two tests: half of the time was the same modules loaded again for every file. */
const sharing = { isolate: false };
/** Of a machine ten times slower than the one on which the longest without a time of their own take half a minute. */
const patient = { testTimeout: 300_000, hookTimeout: 300_000 };

/** In a browser, and not in `npm test`: `npm run test:browser` runs all of test/browser (CONTRIBUTING.md says why). */
const alsoInBrowser = ['test/browser/!(first-day|first-screen|zoo).test.ts'];
/** Among those, a person or an attack in front of the camera: frames are judged as fast as the machine can. */
const inFrontOfCamera = ['test/browser/live-{attacks,flows}.test.ts'];

/** Of the system, those that keep all of their state in folders and processes of their own, or have none. */
const keepNothing = [
  'test/attacks/{audit-cut-back,blended-faces,climb-liveness,heic,left-out-email,setup,sign-in,sign-in-factors,who-may-do-what}.test.ts',
  'test/attacks/live-{attacks,repeats,species,tampering}.test.ts',
  'test/{accuracy,alerts,audit,backup,bots,checks,docs,doors,erasure,events,gallery-calibration,keys,layers}/**/*.test.ts',
  'test/{live,load,record,support,upgrade,webhooks,wire}/**/*.test.ts',
  'test/cli/!(build).test.ts',
];
/**
 * Of the projects of group 1, together. A test waits for processes and disks: two at once left a fifth of two cores idle (1,280 s of them used
 * in 806 s, 2026-11-22, commit 2503831f).
 */
const atOnce = 3;
/** Packages that `npm run package` built, in a Debian root: `npm run test:package`. */
const ofPackages = ['test/package/**/*.test.ts'];
/** The pipeline on a Vulkan driver that computes on the CPU, which takes minutes: `npm run test:gpu`. */
const onGpu = ['test/gpu/**/*.test.ts'];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...common,
          ...sharing,
          ...patient,
          ...plansWatched,
          name: 'unit',
          sequence: { groupOrder: 0 },
          include: ['{installers,main,models,renderer,sdk,service}/**/*.test.ts'],
          exclude: onDatabases,
          // One less than there are cores would leave the second of two cores idle.
          maxWorkers: availableParallelism(),
        },
      },
      {
        test: {
          ...common,
          ...sharing,
          ...patient,
          ...plansWatched,
          name: 'databases',
          sequence: { groupOrder: 1 },
          include: onDatabases,
          globalSetup: ['test/support/shared-postgres.ts'],
          maxWorkers: atOnce,
        },
      },
      {
        test: {
          ...common,
          ...patient,
          name: 'system',
          globalSetup: ['test/support/bundled-program.ts', 'test/support/folder-of-run.ts'],
          sequence: { groupOrder: 1 },
          include: ['test/**/*.test.ts'],
          exclude: [...onDatabases, ...keepNothing, ...alsoInBrowser, ...ofPackages, ...onGpu],
          // Each file brings its own processes, folders and ports.
          maxWorkers: atOnce,
        },
      },
      {
        test: {
          ...common,
          ...sharing,
          ...patient,
          ...plansWatched,
          name: 'commands',
          globalSetup: ['test/support/bundled-program.ts', 'test/support/folder-of-run.ts'],
          sequence: { groupOrder: 1 },
          include: keepNothing,
          exclude: onDatabases,
          maxWorkers: atOnce,
        },
      },
      {
        test: {
          ...common,
          ...patient,
          name: 'browser',
          globalSetup: ['test/support/bundled-program.ts'],
          sequence: { groupOrder: 2 },
          include: alsoInBrowser,
          exclude: inFrontOfCamera,
          maxWorkers: 2,
        },
      },
      {
        test: {
          ...common,
          ...patient,
          name: 'package',
          sequence: { groupOrder: 3 },
          include: ofPackages,
          maxWorkers: 1,
        },
      },
      {
        test: {
          ...common,
          ...patient,
          name: 'gpu',
          sequence: { groupOrder: 6 },
          include: onGpu,
          maxWorkers: 1,
        },
      },
      {
        test: {
          ...common,
          ...patient,
          name: 'camera',
          globalSetup: ['test/support/bundled-program.ts'],
          // Beside no other test.
          sequence: { groupOrder: 4 },
          include: inFrontOfCamera,
          maxWorkers: 1,
        },
      },
    ],
  },
});
