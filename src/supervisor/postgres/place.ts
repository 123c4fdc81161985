import { createHash } from 'node:crypto'
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { StartRefusal } from '../../platform/start-refusal.ts'
import { SHARED_STATE_FOLDER } from './binaries.ts'
import { clusterVersion, findPostmaster, stopPostmaster } from './cluster.ts'
import { canEnter, type SystemUser } from './system-user.ts'

/** Says which home a data folder outside of it belongs to. */
const OWNER_FILE = 'home'

/**
 * Where the cluster of a home goes: into the home (relative path), or, when the user that runs PostgreSQL cannot enter the
 * home, into a folder of its own under /var/lib/tallystick.
 */
export async function chooseDataFolder(
  home: string,
  user: SystemUser | undefined,
  say: (line: string) => void,
): Promise<string> {
  if (canEnter(user, home)) {
    const data = join(home, 'postgres')
    if (clusterVersion(data) !== undefined)
      throw new StartRefusal(
        `${data} holds a database whose passwords are gone (${join(home, 'postgres.json')}): bring that file back, or move the folder away.`,
      )
    return 'postgres'
  }
  const hash = createHash('sha256').update(home).digest('hex').slice(0, 16)
  const folder = join(SHARED_STATE_FOLDER, hash)
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  chmodSync(SHARED_STATE_FOLDER, 0o755)
  if (user !== undefined) chownSync(folder, user.uid, user.gid)
  writeFileSync(join(folder, OWNER_FILE), `${home}\n`)
  const data = join(folder, 'postgres')
  if (existsSync(data)) {
    // The home was removed and made again: its passwords are gone, and data are never deleted for anyone.
    const running = findPostmaster(data)
    if (running !== undefined) await stopPostmaster(running)
    const aside = `${data}.${new Date().toISOString().replaceAll(/[:.]/g, '-')}`
    renameSync(data, aside)
    say(`The data folder is new; the database of the one before it was moved to ${aside}.`)
  }
  return data
}

/** Two copies of one home must not write one cluster that lies outside of both. */
export function requireOwnData(home: string, data: string): void {
  const file = join(dirname(data), OWNER_FILE)
  if (data === join(home, 'postgres') || !existsSync(file)) return
  const owner = readFileSync(file, 'utf8').trim()
  if (owner === home) return
  if (existsSync(join(owner, 'postgres.json')))
    throw new StartRefusal(
      `The data folder ${home} is a copy of ${owner}, whose database it would share: start that one.`,
    )
  writeFileSync(file, `${home}\n`) // The home was moved.
}

/** The user who owns an existing cluster runs it, even when root starts a server that an ordinary user made. */
export function ownerOf(data: string, user: SystemUser | undefined): SystemUser | undefined {
  if (user === undefined) return undefined
  const { uid, gid } = statSync(data)
  return uid === 0 ? user : { name: uid === user.uid ? user.name : `user ${uid}`, uid, gid }
}
