import { defineConfig } from 'vitest/config';

/** Beside what they test, but with a PostgreSQL server of their own: too slow for `npm run check`. */
const onDatabases = 'service/**/*.databases.test.ts';
const common = {
  pool: 'forks' as const,
  setupFiles: ['test/support/fixed-chance.ts'],
  // Of a busy machine: what is polled for comes from files, sockets, threads and processes.
  expect: { poll: { timeout: 60_000 } },
};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...common,
          name: 'unit',
          sequence: { groupOrder: 0 },
          include: ['main/**/*.test.ts', 'service/**/*.test.ts', 'models/**/*.test.ts', 'sdk/**/*.test.ts'],
          exclude: [onDatabases],
          // Half of the time was the same modules loaded again for every file; none keeps anything between two tests.
          isolate: false,
          // Of a busy machine: some make thousands of rows that are on disk, in threads of their own.
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          ...common,
          name: 'system',
          sequence: { groupOrder: 1 },
          include: ['test/**/*.test.ts', onDatabases],
          // Of a machine ten times slower than the one on which the longest without a time of their own take half a minute.
          testTimeout: 300_000,
          hookTimeout: 300_000,
          // Each file brings its own processes, folders and ports; more than two at once only wait for the cores.
          maxWorkers: 2,
        },
      },
    ],
  },
});
