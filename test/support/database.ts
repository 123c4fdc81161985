import { inject } from 'vitest'
import { type DeploymentMode, migrate } from '../../src/platform/migrate.ts'
import { APP_ROLE } from '../../src/supervisor/postgres/cluster.ts'
import { cloneDatabase, type TestDatabase } from './cloned-database.ts'

export type { TestDatabase } from './cloned-database.ts'

/**
 * A database of its own for a test file, cloned from the migrated template (about 30 ms). With mode `live` it
 * is migrated from nothing, because a deployment keeps its mode; with `empty` it has no schema at all.
 * Set TALLYSTICK_KEEP_TEST_SERVER=1 to keep the server and every database of a run.
 */
export async function createTestDatabase(
  options: { readonly mode?: DeploymentMode; readonly empty?: boolean } = {},
): Promise<TestDatabase> {
  const server = inject('testServer')
  const fresh = options.empty === true || options.mode === 'live'
  const database = await cloneDatabase(server, fresh ? 'template0' : server.template)
  if (options.mode === 'live' && options.empty !== true)
    await migrate({ ownerUrl: database.ownerUrl, schema: server.schema, mode: 'live', appRole: APP_ROLE })
  return database
}
