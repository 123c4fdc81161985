import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import ssh2 from 'ssh2'

/** A file of the server. `modifiedAt` in whole seconds, which is what the protocol has. */
export type RemoteFile = { bytes: Buffer; modifiedAt: Date; readonly type?: 'file' | 'folder' | 'link' }

export type SftpServer = {
  readonly port: number
  /** Base64 without padding. */
  readonly hostKeySha256: string
  /** By name; in one folder, `/out`. */
  readonly files: Map<string, RemoteFile>
  /** How the requests for bytes go: `silent` never answers them, `cut` ends the connection. */
  answers: 'all' | 'silent' | 'cut'
  /** Called before each piece is sent. */
  onRead: (name: string) => void
  readonly logins: () => number
  /** What clients asked for that would have changed something. */
  readonly writes: string[]
  readonly close: () => Promise<void>
}

const { STATUS_CODE } = ssh2.utils.sftp
const FOLDER = '/out'

/** A real SSH server over loopback with a folder of files in memory. It lets in one user by password or key. */
export async function startSftpServer(user: {
  readonly name: string
  readonly password: string
  readonly publicKey: string
}): Promise<SftpServer> {
  const hostKey = ssh2.utils.generateKeyPairSync('ed25519')
  const hostPublic = ssh2.utils.parseKey(hostKey.public)
  const userKey = ssh2.utils.parseKey(user.publicKey)
  if (hostPublic instanceof Error || userKey instanceof Error) throw new Error('a key of the test is none')
  let logins = 0
  const connections = new Set<ssh2.Connection>()
  const server: SftpServer = {
    port: 0,
    hostKeySha256: createHash('sha256').update(hostPublic.getPublicSSH()).digest('base64').replace(/=+$/, ''),
    files: new Map(),
    answers: 'all',
    onRead: () => undefined,
    logins: () => logins,
    writes: [],
    close: async () => {
      for (const each of connections) each.end()
      listener.close()
      await once(listener, 'close')
    },
  }
  const ssh = new ssh2.Server({ hostKeys: [hostKey.private] }, (connection) => {
    connections.add(connection)
    connection.on('error', () => connection.end()).on('close', () => connections.delete(connection))
    connection.on('authentication', (context) => {
      const isRight =
        context.username === user.name &&
        ((context.method === 'password' && context.password === user.password) ||
          (context.method === 'publickey' &&
            context.key.data.equals(userKey.getPublicSSH()) &&
            (context.signature === undefined ||
              userKey.verify(context.blob ?? Buffer.alloc(0), context.signature, context.hashAlgo) === true)))
      if (!isRight) return context.reject(['password', 'publickey'])
      if (context.method === 'password' || context.signature !== undefined) logins += 1
      context.accept()
    })
    connection.on('session', (acceptSession) => {
      acceptSession().on('sftp', (acceptSftp) => serve(server, acceptSftp(), connection))
    })
  })
  const listener = createServer({ noDelay: true }, (socket) => ssh.injectSocket(socket))
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return Object.assign(server, { port: (listener.address() as AddressInfo).port })
}

const MODES = { file: 0o100644, folder: 0o040755, link: 0o120777 } as const
const MARKS = { file: '-', folder: 'd', link: 'l' } as const

function serve(server: SftpServer, sftp: ssh2.SFTPWrapper, connection: ssh2.Connection): void {
  const handles = new Map<number, { readonly name: string; listed: boolean }>()
  let next = 0
  const open = (id: number, name: string): void => {
    const handle = Buffer.alloc(4)
    handle.writeUInt32BE(next)
    handles.set(next, { name, listed: false })
    next += 1
    sftp.handle(id, handle)
  }
  const attributesOf = ({ bytes, modifiedAt, type = 'file' }: RemoteFile): ssh2.Attributes => {
    const seconds = Math.floor(modifiedAt.getTime() / 1_000)
    return { mode: MODES[type], uid: 0, gid: 0, size: bytes.length, atime: seconds, mtime: seconds }
  }
  const fileAt = (path: string): RemoteFile | undefined => server.files.get(path.replace(`${FOLDER}/`, ''))
  const stat = (id: number, path: string): void => {
    const file = fileAt(path)
    if (file === undefined) sftp.status(id, STATUS_CODE.NO_SUCH_FILE)
    else sftp.attrs(id, attributesOf(file))
  }

  sftp.on('OPENDIR', (id, path) => (path === FOLDER ? open(id, path) : sftp.status(id, STATUS_CODE.NO_SUCH_FILE)))
  sftp.on('READDIR', (id, handle) => {
    const state = handles.get(handle.readUInt32BE())
    if (state === undefined || state.listed) return sftp.status(id, STATUS_CODE.EOF)
    state.listed = true
    const listed = [...server.files].map(([filename, file]) => ({
      filename,
      longname: `${MARKS[file.type ?? 'file']}rw-r--r-- 1 bank bank ${file.bytes.length} Mar 2 08:00 ${filename}`,
      attrs: attributesOf(file),
    }))
    return sftp.name(id, listed)
  })
  sftp.on('OPEN', (id, path, flags) => {
    if (flags !== ssh2.utils.sftp.OPEN_MODE.READ) server.writes.push(path)
    return fileAt(path) === undefined ? sftp.status(id, STATUS_CODE.NO_SUCH_FILE) : open(id, path)
  })
  sftp.on('READ', (id, handle, offset, length) => {
    const path = handles.get(handle.readUInt32BE())?.name ?? ''
    server.onRead(path.replace(`${FOLDER}/`, ''))
    if (server.answers === 'cut') return connection.end()
    if (server.answers === 'silent') return undefined
    const piece = fileAt(path)?.bytes.subarray(offset, offset + length)
    return piece === undefined || piece.length === 0 ? sftp.status(id, STATUS_CODE.EOF) : sftp.data(id, piece)
  })
  sftp.on('FSTAT', (id, handle) => stat(id, handles.get(handle.readUInt32BE())?.name ?? ''))
  sftp.on('STAT', stat).on('LSTAT', stat)
  sftp.on('CLOSE', (id) => sftp.status(id, STATUS_CODE.OK))
  for (const change of ['REMOVE', 'RENAME', 'SETSTAT', 'FSETSTAT', 'MKDIR', 'RMDIR'] as const)
    sftp.on(change, (id: number) => {
      server.writes.push(change)
      sftp.status(id, STATUS_CODE.PERMISSION_DENIED)
    })
}
