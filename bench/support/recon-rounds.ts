import { spawn } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Planted } from './recon-files.ts'
import type { Joined } from './recon-join.ts'
import { USAGE_FILE, type Usage } from './usage-at-exit.ts'

export type Paths = { readonly ours: string; readonly theirs: string; readonly folder: string }

/** A program from its start to its end. */
export type Measured = Usage & { readonly seconds: number }

const ROOT = join(import.meta.dirname, '..', '..')
const JOIN = join(import.meta.dirname, 'recon-join.ts')
const AT_EXIT = pathToFileURL(join(import.meta.dirname, 'usage-at-exit.ts')).href

type Run = Measured & { readonly output: string }

async function run(program: readonly string[], folder: string, accepted: readonly number[]): Promise<Run> {
  const usage = join(folder, 'usage.json')
  const began = performance.now()
  const child = spawn(process.execPath, ['--import', AT_EXIT, ...program], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, [USAGE_FILE]: usage },
  })
  let [output, told] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    told += text
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  const seconds = (performance.now() - began) / 1_000
  if (code === null || !accepted.includes(code))
    throw new Error(`${program.join(' ')} ended with ${code}: ${told.slice(-2_000)}`)
  const taken: Usage = JSON.parse(await readFile(usage, 'utf8'))
  await rm(usage)
  return { ...taken, seconds, output }
}

type Found = {
  readonly breaks: { readonly by_code: readonly { readonly code: string; readonly count: number }[] }
  readonly proof: readonly { readonly unexplained: string | number }[]
}

/** There is no figure for a run that did not find what was planted, or whose proof does not close. */
export async function runRecon({ ours, theirs, folder }: Paths, planted: Planted): Promise<Measured> {
  const program = [join(ROOT, 'bin', 'tallystick.js'), 'recon', ours, theirs, '--json']
  const { output, ...measured } = await run(program, folder, [1])
  const { breaks, proof }: Found = JSON.parse(output)
  const count = (...codes: readonly string[]): number =>
    breaks.by_code.filter(({ code }) => codes.includes(code)).reduce((sum, each) => sum + each.count, 0)
  const { ours_only, theirs_only, ...others } = planted
  expectSame('recon', 'ours_only', count('missing_external', 'awaiting_settlement', 'cutoff_straddle'), ours_only)
  expectSame('recon', 'theirs_only', count('missing_internal', 'awaiting_internal'), theirs_only)
  for (const [code, expected] of Object.entries(others)) expectSame('recon', code, count(code), expected)
  const open = proof.filter(({ unexplained }) => Number(unexplained) !== 0)
  if (open.length > 0) throw new Error(`recon: the proof does not close: ${JSON.stringify(open)}`)
  return measured
}

export async function runJoin({ ours, theirs, folder }: Paths, planted: Planted): Promise<Measured> {
  const { output, ...measured } = await run([JOIN, 'duckdb', ours, theirs, folder], folder, [0])
  const joined: Joined = JSON.parse(output)
  for (const plant of ['ours_only', 'theirs_only', 'amount_mismatch'] as const)
    expectSame('join', plant, joined[plant] ?? 0, planted[plant])
  return measured
}

export async function compareWithMap({ ours, theirs, folder }: Paths): Promise<Measured> {
  const { output: _, ...measured } = await run([JOIN, 'map', ours, theirs], folder, [0])
  return measured
}

function expectSame(who: string, what: string, found: number, expected: number): void {
  if (found !== expected) throw new Error(`${who}: ${found} of ${what}, and ${expected} were planted`)
}
