import { spawnSync } from 'node:child_process'
import { StartRefusal } from '../../platform/start-refusal.ts'

/** The system user that PostgreSQL runs as. PostgreSQL refuses to run as root. */
export type SystemUser = { readonly name: string; readonly uid: number; readonly gid: number }

const USER_NAME = 'tallystick'

function lookUp(name: string): SystemUser | undefined {
  const ids = ['-u', '-g'].map((flag) => spawnSync('id', [flag, name], { encoding: 'utf8' }))
  const [uid, gid] = ids.map((answer) => (answer.status === 0 ? Number(answer.stdout.trim()) : Number.NaN))
  if (uid === undefined || gid === undefined || Number.isNaN(uid) || Number.isNaN(gid) || uid === 0) return undefined
  return { name, uid, gid }
}

function create(name: string): void {
  const shared = ['--system', '--no-create-home', '--shell', '/usr/sbin/nologin', name]
  const made = spawnSync('useradd', ['--user-group', ...shared], { stdio: 'ignore' })
  // BusyBox, as in Alpine, has adduser and addgroup in place of useradd.
  if (made.error !== undefined)
    spawnSync('adduser', ['-S', '-D', '-H', '-s', '/sbin/nologin', name], { stdio: 'ignore' })
}

/**
 * The user for PostgreSQL when this process is root: `tallystick`, made when it is missing, or
 * `nobody` where no user can be made. Undefined for an ordinary user, who runs PostgreSQL directly.
 */
export function systemUser(): SystemUser | undefined {
  if (process.getuid?.() !== 0) return undefined
  const existing = lookUp(USER_NAME)
  if (existing !== undefined) return existing
  create(USER_NAME)
  const user = lookUp(USER_NAME) ?? lookUp('nobody')
  if (user === undefined)
    throw new StartRefusal(
      'PostgreSQL does not run as root and no system user could be made for it: start as an ordinary user, or set DATABASE_URL.',
    )
  return user
}

/** The part of spawn's options that makes a child run as the user. */
export const runAs = (user: SystemUser | undefined): { uid?: number; gid?: number } =>
  user === undefined ? {} : { uid: user.uid, gid: user.gid }

/** Whether the user can enter the folder, asked of the system itself because modes and ACLs both decide it. */
export function canEnter(user: SystemUser | undefined, folder: string): boolean {
  const answer = spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { ...runAs(user), cwd: '/', stdio: 'ignore' })
  if (answer.error !== undefined)
    throw new StartRefusal(
      `PostgreSQL does not run as root and this machine does not let root act as "${user?.name}": start as an ordinary user, or set DATABASE_URL.`,
      { cause: answer.error },
    )
  return answer.status === 0
}
