import { defineConfig } from 'vitest/config';

const resolve = { conditions: ['porthole-source', 'node', 'import', 'default'] };

export default defineConfig({
  test: {
    maxWorkers: '100%',
    projects: [
      {
        resolve,
        ssr: { resolve },
        test: {
          name: 'unit',
          // Each worker loads a module once: nothing keeps state in one, and loading was a third of the time.
          isolate: false,
          include: ['test/unit/**/*.test.ts', 'test/architecture.test.ts'],
          globalSetup: ['test/support/temp-folder.ts'],
          // Those of properties take a second on a machine of their own.
          testTimeout: 30_000,
        },
      },
      {
        resolve,
        ssr: { resolve },
        test: {
          name: 'integration',
          isolate: false,
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/support/temp-folder.ts'],
          testTimeout: 20_000,
        },
      },
      {
        resolve,
        ssr: { resolve },
        test: {
          name: 'hazards',
          isolate: false,
          include: ['test/hazards/**/*.test.ts'],
          globalSetup: ['test/support/temp-folder.ts'],
          testTimeout: 60_000,
          hookTimeout: 20_000,
        },
      },
      {
        resolve,
        ssr: { resolve },
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/e2e/setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
