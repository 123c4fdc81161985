import { createReadStream, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Peer } from './parse-peers.ts'

/**
 * One reader reads one file in a process of its own, and prints what that took: `parse-process.ts FILE` with our reader,
 * `parse-process.ts FILE FOLDER PEER` with the parser of a package that is installed in the folder.
 */
export type Reading = {
  readonly lines: number
  /** `pass`, or what our reader says else; a parser of others proves nothing. */
  readonly control: string
  readonly seconds: number
  readonly cpuSeconds: number
  readonly peakMb: number
}

type Found = Pick<Reading, 'lines' | 'control'>
/** What is loaded before the clock starts, and then reads the file. */
type Reader = () => Promise<Found>

async function ours(path: string): Promise<Reader> {
  const { FORMATS, parseFile } = await import('../../src/settlement/index.ts')
  return () => readOurs(path, { FORMATS, parseFile })
}

async function readOurs(
  path: string,
  { FORMATS, parseFile }: Pick<typeof import('../../src/settlement/index.ts'), 'FORMATS' | 'parseFile'>,
): Promise<Found> {
  let lines = 0
  const { statements, diagnostics } = await parseFile(path, {
    formats: FORMATS,
    take: (piece) => {
      lines += piece.length
      return Promise.resolve()
    },
  })
  const failed = statements.find(({ control }) => control.status !== 'pass')
  return { lines, control: failed?.control.status ?? diagnostics[0]?.code ?? 'pass' }
}

type Statements = readonly { readonly transactions: readonly unknown[] }[]

/** What is used of packages that are not installed here, so that their types are not known. */
type Module = {
  readonly parseCamt053: (text: string) => Promise<{ readonly statements: Statements }>
  readonly read: (bytes: Buffer) => Promise<Statements>
  readonly Parser: new () => { readonly parse: (text: string) => Statements }
  readonly parse: (options: { readonly columns: boolean }) => NodeJS.ReadWriteStream
  readonly parseSync: (text: string) => {
    readonly OFX: {
      readonly BANKMSGSRSV1: {
        readonly STMTTRNRS: { readonly STMTRS: { readonly BANKTRANLIST: { readonly STMTTRN: readonly unknown[] } } }
      }
    }
  }
}

const linesIn = (statements: Statements): number =>
  statements.reduce((sum, { transactions }) => sum + transactions.length, 0)

/** Each gives how many lines it found. */
const PEERS: Readonly<Record<Peer, (module: Module, path: string) => Promise<number>>> = {
  'camt-parser': async ({ parseCamt053 }, path) => linesIn((await parseCamt053(readFileSync(path, 'utf8'))).statements),
  'mt940-js': async ({ read }, path) => linesIn(await read(readFileSync(path))),
  mt940js: ({ Parser }, path) => Promise.resolve(linesIn(new Parser().parse(readFileSync(path, 'utf8')))),
  'ofx-js': ({ parseSync }, path) =>
    Promise.resolve(
      parseSync(readFileSync(path, 'utf8')).OFX.BANKMSGSRSV1.STMTTRNRS.STMTRS.BANKTRANLIST.STMTTRN.length,
    ),
  'csv-parse': async ({ parse }, path) => {
    let lines = 0
    for await (const _record of createReadStream(path).pipe(parse({ columns: true }))) lines++
    return lines
  },
}

const isPeer = (name: string): name is Peer => Object.hasOwn(PEERS, name)

function theirs(path: string, folder: string, peer: string): Reader {
  if (!isPeer(peer)) throw new Error(`there is no parser "${peer}"`)
  const module: Module = createRequire(join(folder, 'package.json'))(peer)
  return async () => ({ lines: await PEERS[peer](module, path), control: 'none' })
}

async function main([path = '', folder, peer]: readonly string[]): Promise<void> {
  const read = folder === undefined || peer === undefined ? await ours(path) : theirs(path, folder, peer)
  const [began, before] = [performance.now(), process.cpuUsage()]
  const found = await read()
  const { user, system } = process.cpuUsage(before)
  const reading: Reading = {
    ...found,
    seconds: (performance.now() - began) / 1_000,
    cpuSeconds: (user + system) / 1_000_000,
    peakMb: Math.round(process.resourceUsage().maxRSS / 1_024),
  }
  console.log(JSON.stringify(reading))
}

await main(process.argv.slice(2))
