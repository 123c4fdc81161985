import { configDefaults, defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'test/long/**'], // minutes of their own: vitest.long.config.ts
    globalSetup: ['test/support/global-setup.ts'],
    // Each worker keeps a PostgreSQL of its own busy; more of them only wait for each other on a small machine.
    maxWorkers: 2,
    // No test replaces a module or a global, so files share what is loaded: a sixth of the processor time.
    isolate: false,
    testTimeout: 20_000, // A hung test fails; the slowest honest one that says nothing else needs about 5 s.
    hookTimeout: 60_000, // Starting servers takes up to 20 s on a busy machine.
  },
})
