// Set-up of a fresh clone. Plain JavaScript that Node 20.20 understands, because it runs before the
// project's own Node is there.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))

/** The project's Node and everything it installs are chosen by major version: older ones cannot run TypeScript. */
const NODE_MAJOR = 26
const STAMP = join(ROOT, 'node_modules', '.tallystick-setup')
const LOCK_FOLDER = join(ROOT, '.tallystick')
const LOCK = join(LOCK_FOLDER, 'setup.lock')
const WAIT_MS = 200 // Between two looks at another start's set-up, which takes seconds.
const WAIT_LIMIT_MS = 900_000 // An installation over a very slow network.
const SETTLE_MS = 150 // Far longer than the moment between looking at a dead start's lock and replacing it.

/** A clone has the sources and the lock file; the packed product has neither and needs no set-up. */
export const isClone = () =>
  existsSync(join(ROOT, 'package-lock.json')) &&
  existsSync(join(ROOT, 'src', 'cli', 'main.ts')) &&
  !ROOT.split(sep).includes('node_modules')

export const isProjectNode = () => Number(process.versions.node.split('.')[0]) >= NODE_MAJOR

/** Path of the Node that npm installed for this machine. Throws a sentence when there is none. */
export function projectNode() {
  const resolve = createRequire(import.meta.url).resolve
  for (const name of [`node-${process.platform}-${process.arch}`, `node-bin-${process.platform}-${process.arch}`]) {
    try {
      return join(dirname(resolve(`${name}/package.json`)), 'bin', 'node')
    } catch {
      // Not this name: the package is called differently on one platform.
    }
  }
  throw new SetupFailure(
    `npm has no Node ${NODE_MAJOR} for ${process.platform}-${process.arch}: install Node ${NODE_MAJOR} and start again with it.`,
  )
}

/** The set-up cannot be done; the message is one sentence for the person who started it. */
export class SetupFailure extends Error {}

const say = (line) => process.stderr.write(`${line}\n`)

function pause(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** What was installed: another lock file or another kind of machine needs another installation. */
function wantedStamp() {
  const hash = createHash('sha256')
  hash.update(readFileSync(join(ROOT, 'package-lock.json')))
  return `${hash.digest('hex')} ${process.platform}-${process.arch}\n`
}

function isDone() {
  try {
    return readFileSync(STAMP, 'utf8') === wantedStamp()
  } catch {
    return false // No stamp: never set up, or an installation that was cut short.
  }
}

const readPackages = (file) => Object.entries(JSON.parse(readFileSync(file, 'utf8')).packages)

/** Whether a package is made for this kind of machine and no other. Which C library it wants is left to npm. */
const isForHere = ({ os, cpu, libc }) =>
  (os !== undefined || cpu !== undefined) &&
  libc === undefined &&
  (os?.includes(process.platform) ?? true) &&
  (cpu?.includes(process.arch) ?? true)

/**
 * Whether somebody ran npm install or npm ci by hand: npm writes down what it installed, and it is what the lock
 * file says. In doubt it is not.
 */
function isInstalled() {
  try {
    const installed = new Map(readPackages(join(ROOT, 'node_modules', '.package-lock.json')))
    const wanted = readPackages(join(ROOT, 'package-lock.json')).filter(([path]) => path !== '')
    return wanted.every(([path, { version, optional, ...limits }]) => {
      const found = installed.get(path)
      return found === undefined ? optional === true && !isForHere(limits) : found.version === version
    })
  } catch {
    return false // Never installed, or by a tool that is not npm.
  }
}

/** Installs the dependencies when the clone has none or the lock file changed. Writes to stderr only. */
export function setUp() {
  if (!isClone() || isDone()) return
  const release = takeLock()
  try {
    if (!isDone()) {
      if (!isInstalled()) install()
      finish()
    }
  } finally {
    release()
  }
}

function install() {
  const start = performance.now()
  say('Setting up: installing the dependencies (npm ci), once per clone and once per change of package-lock.json …')
  // Development tools and the optional programs for this machine are part of a clone, whatever the environment omits.
  const args = ['ci', '--loglevel=error', '--no-audit', '--no-fund', '--include=dev', '--include=optional']
  const npm = spawnSync('npm', args, { cwd: ROOT, env: installEnvironment(), stdio: ['ignore', 2, 2] })
  if (npm.error) throw new SetupFailure(`npm could not be started: ${npm.error.message}.`)
  if (npm.status !== 0) throw new SetupFailure(`npm ci failed (see above); fix what it says and start again.`)
  say(`Set up in ${((performance.now() - start) / 1000).toFixed(0)} s.`)
}

function finish() {
  if (!isProjectNode() || existsSync(join(ROOT, 'node_modules', '.bin', 'node'))) checkNode(projectNode())
  linkCommand()
  writeFileSync(`${STAMP}.new`, wantedStamp())
  renameSync(`${STAMP}.new`, STAMP)
}

/** With this link `npx tallystick` finds the clone's own command at once, instead of through npx's cache. */
function linkCommand() {
  const link = join(ROOT, 'node_modules', '.bin', 'tallystick')
  rmSync(link, { force: true })
  symlinkSync(join('..', '..', 'bin', 'tallystick.js'), link)
}

function checkNode(node) {
  const answer = spawnSync(node, ['--version'], { encoding: 'utf8' })
  if (answer.status !== 0)
    throw new SetupFailure(
      `The Node ${NODE_MAJOR} that npm brings does not run on this machine (${answer.error?.message ?? answer.stderr.trim()}): install Node ${NODE_MAJOR} and start again with it.`,
    )
}

/**
 * npm runs under the machine's own Node: inside a script `node` is the one in node_modules, which npm ci
 * removes while it works. What the calling npm was told for itself (npm_config_…) stays with it, but for where
 * things come from.
 */
function installEnvironment() {
  const env = { ...process.env }
  const own = join('node_modules', '.bin')
  env.PATH = (env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.endsWith(own))
    .join(delimiter)
  const foreign = [
    'package',
    'call',
    'workspace',
    'workspaces',
    'global',
    'location',
    'prefix',
    'dry_run',
    'ignore_scripts',
  ]
  for (const name of Object.keys(env)) {
    if (foreign.some((option) => name.toLowerCase() === `npm_config_${option}`)) delete env[name]
  }
  return env
}

/** One installation at a time. A lock whose process is gone was left by a start that was killed. */
function takeLock() {
  const mine = `${process.pid} ${Date.now()}\n`
  const end = performance.now() + WAIT_LIMIT_MS
  let announced = false
  while (performance.now() < end) {
    if (tryLock(mine)) return () => releaseLock(mine)
    if (isHeld()) {
      if (!announced) say('Another start is setting up this clone; waiting for it …')
      announced = true
      pause(WAIT_MS)
      continue
    }
    rmSync(LOCK, { force: true })
  }
  throw new SetupFailure(
    `Another start (process ${readLock()?.split(' ')[0]}) has been setting up this clone for too long.`,
  )
}

function tryLock(mine) {
  try {
    // Each time, because the start before removes a folder that holds nothing but its lock.
    mkdirSync(LOCK_FOLDER, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 })
    writeFileSync(LOCK, mine, { flag: 'wx' })
  } catch (error) {
    if (error.code === 'EEXIST' || error.code === 'ENOENT') return false
    throw new SetupFailure(
      `The folder ${ROOT} cannot be written to (${error.code}): the set-up installs the dependencies there.`,
    )
  }
  // Another start that saw the same dead lock may still remove this new one: only what stays is ours.
  pause(SETTLE_MS)
  return readLock() === mine
}

function readLock() {
  try {
    return readFileSync(LOCK, 'utf8')
  } catch {
    return undefined // Released since.
  }
}

function isHeld() {
  const pid = Number(readLock()?.split(' ')[0])
  if (!(pid > 0)) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM' // It lives and belongs to somebody else.
  }
}

function releaseLock(mine) {
  if (readLock() === mine) rmSync(LOCK, { force: true })
  try {
    rmdirSync(LOCK_FOLDER) // Unless it holds data by now.
  } catch {
    // It does.
  }
}
