import { defineConfig } from 'vitest/config'

const everyTest = ['src/**/*.test.ts', 'test/**/*.test.ts', 'web/src/**/*.test.ts']
const real = ['**/*.real.test.ts']
const long = ['**/*.long.test.ts']

/** Three depths of one suite: npm packages only, what Debian and PyPI bring too, and the full counts. */
export default defineConfig({
  resolve: { conditions: ['source'] },
  // The global setup runs in an environment of its own, by this name.
  environments: { __vitest__: { resolve: { conditions: ['source'], externalConditions: ['source'] } } },
  ssr: { resolve: { conditions: ['source'], externalConditions: ['source'] } },
  test: {
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 120_000,
    globalSetup: ['test/harness/global-setup.ts'],
    projects: [
      { extends: true, test: { name: 'unit', include: everyTest, exclude: [...real, ...long] } },
      { extends: true, test: { name: 'real', include: real, exclude: ['node_modules/**'] } },
      {
        extends: true,
        test: {
          name: 'long',
          include: long,
          exclude: ['node_modules/**'],
          testTimeout: 3_600_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
})
