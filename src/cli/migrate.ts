import { OPTIONS_HELP, readConfig } from '../config.ts'
import { checkConnection, type MigrationResult, migrate } from '../platform/migrate.ts'
import { StartRefusal } from '../platform/start-refusal.ts'
import { openHome } from '../supervisor/home.ts'
import { ensurePostgres } from '../supervisor/postgres/embedded.ts'
import { CliFailure, withoutPeriod } from './failure.ts'

const HELP = `Usage: tallystick migrate [options]

Brings the database schema to this version and ends. A start does the same; this is for deployments that
migrate before they start. Works on DATABASE_URL, else on the embedded database of the data folder.

${OPTIONS_HELP}
`

const say = (line: string): void => void process.stderr.write(`${line}\n`)

async function migrateAs(config: ReturnType<typeof readConfig>): Promise<MigrationResult> {
  const { schema, mode } = config
  if (config.database.kind === 'external') {
    const { url, ownerUrl } = config.database
    const owner = await checkConnection(ownerUrl)
    const role = url === ownerUrl ? owner : await checkConnection(url)
    return migrate({ ownerUrl, schema, mode, appRole: role === owner ? undefined : role, say })
  }
  const home = openHome(config.home)
  const postgres = await ensurePostgres(home.path, say)
  try {
    return await migrate({ ownerUrl: postgres.ownerUrl, schema, mode, appRole: postgres.appRole, say })
  } finally {
    await postgres.stop()
    home.release()
  }
}

/** `tallystick migrate`: prints what was applied. Throws CliFailure when the schema cannot be brought up. */
export async function runMigrate(argv: readonly string[]): Promise<void> {
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(HELP)
    return
  }
  try {
    const config = readConfig(argv, process.env, process.cwd())
    const { applied } = await migrateAs(config)
    if (config.json) process.stdout.write(`${JSON.stringify({ schema: config.schema, applied }, null, 2)}\n`)
    else process.stdout.write(applied.length === 0 ? 'Up to date.\n' : `Applied ${applied.join(', ')}.\n`)
  } catch (error) {
    if (!(error instanceof StartRefusal)) throw error
    throw new CliFailure({
      message: withoutPeriod(error.message),
      next: 'npx tallystick migrate --help',
      code: 'start_refused',
      cause: error,
    })
  }
}
