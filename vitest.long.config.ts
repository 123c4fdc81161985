import { defineConfig, mergeConfig } from 'vitest/config'
import config from './vitest.config.ts'

/** The suites of `npm run test:long`: random histories, damaged files and killed runs, played over and over. */
export default mergeConfig(
  { ...config, test: { ...config.test, include: [], exclude: [] } },
  defineConfig({ test: { include: ['test/long/**/*.test.ts'], testTimeout: 60_000 } }),
)
