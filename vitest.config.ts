import { defineConfig } from 'vitest/config';

const common = { pool: 'forks' as const, setupFiles: ['test/support/fixed-chance.ts'] };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...common,
          name: 'unit',
          include: ['service/**/*.test.ts', 'models/**/*.test.ts'],
          // Of a busy machine: some make thousands of rows that are on disk, in threads of their own.
          testTimeout: 30_000,
        },
      },
      {
        test: {
          ...common,
          name: 'system',
          include: ['test/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
