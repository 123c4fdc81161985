import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { findFreePort } from '../../src/supervisor/free-port.ts'
import { runCampaign } from './campaign.ts'
import { type Options, readOptions, USAGE } from './options.ts'
import { allHeld, renderReport } from './report.ts'

const HELD = 0
const VIOLATED = 1
const COULD_NOT_RUN = 2

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args)
  if (typeof options === 'string') {
    console.error(`${options}\n\n${USAGE}`)
    return COULD_NOT_RUN
  }
  if (options.help) {
    console.log(USAGE)
    return HELD
  }
  const begin = performance.now()
  const print = options.json ? console.error : console.log
  const say = (sentence: string): void => print(`${seconds(begin).padStart(6)} s  ${sentence}`)
  const command = `npm run chaos -- --seed ${options.seed} --kills ${options.kills} --payments ${options.payments}${options.servers === 1 ? '' : ` --servers ${options.servers}`}`
  print(`chaos: seed ${options.seed}, ${options.kills} kills, ${options.payments} checkouts (${command})`)
  let home: string | undefined
  try {
    home = prepareHome(options)
    const ports = await findFreePorts(options.servers)
    const place = { root: resolve(import.meta.dirname, '..', '..'), home, ports }
    const result = await runCampaign(options, place, say)
    const held = allHeld(result.checks)
    if (options.json) console.log(JSON.stringify({ seed: options.seed, held, home, ...result }, undefined, 2))
    else console.log(renderReport(result, (performance.now() - begin) / 1_000))
    if (held) {
      print(`Everything held. Seed ${options.seed}.`)
      if (options.keep) print(`Its data are in ${home}.`)
      else rmSync(home, { recursive: true, force: true })
      return HELD
    }
    print(`Something did not hold. The data and the server's log are in ${home}.\nRepeat with: ${command}`)
    return VIOLATED
  } catch (error) {
    print(`The campaign could not run: ${error instanceof Error ? error.message : String(error)}`)
    if (home !== undefined) print(`The data and the server's log are in ${home}.\nRepeat with: ${command}`)
    return COULD_NOT_RUN
  }
}

const seconds = (begin: number): string => ((performance.now() - begin) / 1_000).toFixed(1)

async function findFreePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>()
  while (ports.size < count) ports.add(await findFreePort())
  return [...ports]
}

/** A folder that nothing else uses. PostgreSQL may run as another user, who must be able to enter it. */
function prepareHome(options: Options): string {
  if (options.home === undefined) {
    const home = mkdtempSync(join(tmpdir(), 'tallystick-chaos-'))
    chmodSync(home, 0o755)
    return home
  }
  const home = resolve(options.home)
  if (existsSync(home) && readdirSync(home).length > 0) throw new Error(`the home ${home} is not empty`)
  mkdirSync(home, { recursive: true, mode: 0o755 })
  return home
}

// Not `process.exitCode`: after thousands of connections that were reset on purpose, Node 26.10 can wait for ever for one
// of their handles to close while it takes its environment down. Everything that matters is closed and printed by now.
process.exit(await main(process.argv.slice(2)))
