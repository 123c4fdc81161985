import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Readable, Transform } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { request } from 'undici'
import type { Context } from './context.ts'
import { CliFailure, EXIT } from './failure.ts'
import { homeFolder, readRunFile } from './server-address.ts'

export type SettlementFileOptions = { readonly date: string; readonly format: string; readonly output?: string }

const FORMAT = 'simulator_csv'
const HELP = 'npx tallystick simulator settlement-file --help'
/** Until it begins, and between two pieces of it. */
const TIMEOUT_MS = 60_000

/** Fetches the settlement file of a day from the PSP simulator itself, byte for byte. */
export async function simulatorSettlementFile(context: Context, options: SettlementFileOptions): Promise<number> {
  refuseUnfit(options)
  const bytes = await download(await simulatorUrl(context), options.date)
  const { date, format, output } = options
  const counted = createCounter()
  try {
    if (output !== undefined) {
      const path = resolve(context.io.cwd, output)
      await saveTo(path, bytes, counted.stream)
      const facts = { business_date: date, format, path, ...counted.facts() }
      context.show(facts, () => context.output.note(`${facts.bytes} bytes are in ${path}`))
    } else if (context.json) {
      const content = (await pipeline(bytes, counted.stream, (pieces) => buffer(pieces))).toString('utf8')
      context.output.document({ business_date: date, format, ...counted.facts(), content })
    } else {
      // Our stdout stays open for whoever comes next.
      await pipeline(bytes, context.io.stdout, { end: false })
    }
    return EXIT.ok
  } finally {
    bytes.destroy()
  }
}

function refuseUnfit({ date, format }: SettlementFileOptions): void {
  const refuse = (message: string): never => {
    throw new CliFailure({ message, next: HELP, code: 'usage' })
  }
  if (!/^\d{4}-\d\d-\d\d$/.test(date)) refuse(`"${date}" is not a day: write it as 2026-03-03`)
  if (format !== FORMAT) refuse(`The simulator writes no "${format}", only ${FORMAT}`)
}

async function simulatorUrl({ io, home }: Context): Promise<string> {
  const folder = homeFolder(io, home)
  const url = (await readRunFile(folder))?.simulatorUrl
  if (url !== undefined) return url
  throw new CliFailure({
    message: `No PSP simulator is known: there is no run.json with a "simulator_url" in ${folder}`,
    next: 'npm start',
    code: 'simulator_unknown',
  })
}

async function download(url: string, date: string): Promise<Readable> {
  const timeouts = { headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS }
  const answer = await request(`${url}/settlement_files/${date}`, timeouts).catch((error: unknown) => {
    throw unreachable(url, error instanceof Error ? error.message : String(error), error)
  })
  if (answer.statusCode === 200) return answer.body
  await answer.body.dump()
  if (answer.statusCode !== 404) throw unreachable(url, `status ${answer.statusCode}`)
  throw new CliFailure({
    message: `The simulator has no settlement file of ${date} yet: it comes when that day is over`,
    next: 'npx tallystick simulator advance 1d',
    exitCode: EXIT.negative,
    code: 'settlement_file_not_found',
  })
}

const unreachable = (url: string, why: string, cause?: unknown): CliFailure =>
  new CliFailure({
    message: `No settlement file from the simulator at ${url}: ${why}`,
    next: 'npx tallystick doctor',
    code: 'simulator_lost',
    cause,
  })

/** Passes bytes on and knows their number and hash. */
function createCounter() {
  const hash = createHash('sha256')
  let bytes = 0
  const stream = new Transform({
    transform(piece: Buffer, _encoding, done) {
      hash.update(piece)
      bytes += piece.length
      done(null, piece)
    },
  })
  return { stream, facts: () => ({ bytes, sha256: hash.digest('hex') }) }
}

/** Under another name until it is whole. */
async function saveTo(path: string, bytes: Readable, counter: Transform): Promise<void> {
  const part = `${path}.part`
  try {
    await pipeline(bytes, counter, createWriteStream(part))
    await rename(part, path)
  } catch (error) {
    await rm(part, { force: true })
    throw new CliFailure({
      message: `The settlement file could not be written to ${path}: ${error instanceof Error ? error.message : String(error)}`,
      next: HELP,
      code: 'output_failed',
      cause: error,
    })
  }
}
