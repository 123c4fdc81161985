import type { TestProject } from 'vitest/node'
import { startThrowAway, type TestServer } from './throw-away.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    testServer: TestServer
  }
}

/** Starts one PostgreSQL for the whole run, with a migrated template that every test file clones. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { server, stop } = await startThrowAway()
  project.provide('testServer', server)
  return stop
}
