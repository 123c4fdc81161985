import { defineConfig, mergeConfig } from 'vitest/config'
import config from './vitest.config.ts'

/** The suites of `npm run test:long`: whole histories, played over and over. */
export default mergeConfig(
  { ...config, test: { ...config.test, include: [], exclude: [] } },
  defineConfig({ test: { include: ['test/long/**/*.test.ts'], testTimeout: 60_000 } }),
)
