import { execFile } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROOT } from '../support/tree.ts'

/** Goal: whoever only wants to compare two files packs a clone that nobody set up, and has the command in any folder. */

const SLOW_MS = 300_000

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string }

describe('the package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tallystick-package-'))
  const [clone, home] = [join(folder, 'clone'), join(folder, 'elsewhere')]
  const env = outsideEnvironment()

  const run = (cwd: string, program: string, ...args: readonly string[]): Promise<Ended> =>
    new Promise((resolve) => {
      execFile(program, args, { cwd, env, timeout: SLOW_MS }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
      )
    })

  const tallystick = (...args: readonly string[]): Promise<Ended> =>
    run(home, 'node', join('node_modules', 'tallystick', 'bin', 'tallystick.js'), ...args)

  beforeAll(async () => {
    cpSync(ROOT, clone, {
      recursive: true,
      filter: (path) => !NOT_CLONED.has(basename(path)) && !path.endsWith('.tgz'),
    })
    const packed = await run(clone, 'npm', 'pack')
    expect(packed.code, packed.stderr).toBe(0)
    // As npm would install it, with the versions of the clone and without asking the registry for others.
    mkdirSync(join(home, 'node_modules', 'tallystick'), { recursive: true })
    const [tarball = ''] = readdirSync(clone).filter((name) => name.endsWith('.tgz'))
    const unpacked = await run(home, 'tar', '-xzf', join(clone, tarball), '--strip-components=1', '-C', 'node_modules/tallystick') // biome-ignore format: one line
    expect(unpacked.code, unpacked.stderr).toBe(0)
    for (const name of readdirSync(join(clone, 'node_modules')).filter((each) => !each.startsWith('.')))
      symlinkSync(join(clone, 'node_modules', name), join(home, 'node_modules', name))
  }, SLOW_MS)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('says its version', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }

    expect((await tallystick('--version')).stdout).toContain(`tallystick\t${version}\n`)
  })

  it('compares two files, keeps the mapping, and finds the same again by it', async () => {
    const rows = Array.from({ length: 40 }, (_, place) => ({ place, cents: 1_000 + place * 37 }))
    const ours = rows.map(({ place, cents }) => `ORD-${7_000 + place},${cents},EUR,2026-03-${10 + (place % 20)}`)
    const theirs = rows
      .filter(({ place }) => place !== 5)
      .map(({ place, cents }) => {
        const paid = place === 9 ? cents + 1 : cents
        return `${7_000 + place};${Math.floor(paid / 100)},${String(paid % 100).padStart(2, '0')};eur;${10 + (place % 20)}.03.2026`
      })
    writeFileSync(join(home, 'a.csv'), ['order,amount_cents,currency,date', ...ours, ''].join('\n'))
    writeFileSync(join(home, 'b.csv'), ['Referenz;Betrag;Währung;Datum', ...theirs, ''].join('\n'))

    const first = await tallystick('recon', 'a.csv', 'b.csv', '--json')
    const again = await tallystick('recon', 'a.csv', 'b.csv', '--json', '--config', 'recon.yaml')

    expect([first.code, again.code], first.stderr).toEqual([1, 1])
    const [found, second] = [first, again].map(({ stdout }) => JSON.parse(stdout))
    expect(found.items.map((item: { code: string }) => item.code).toSorted()).toEqual(['amount_mismatch', 'missing_external']) // biome-ignore format: one line
    expect(second.items).toEqual(found.items)
    expect(existsSync(join(home, 'recon-report.html'))).toBe(true)
  })
})

/** What git does not have, and git itself. */
const NOT_CLONED = new Set(['.git', 'node_modules', '.tallystick', 'dist', '.vitest'])

/** The machine's own npm and Node, as a person has them: of what this run was told, only where things come from. */
function outsideEnvironment(): NodeJS.ProcessEnv {
  const isKept = (name: string): boolean =>
    !/^(npm_|VITEST|NODE_(?!EXTRA)|TALLYSTICK_)/.test(name) ||
    /^npm_config_.*(registry|proxy|ca|cafile|ssl|userconfig|cache)$/.test(name)
  const kept = Object.entries(process.env).filter(([name]) => isKept(name))
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((each) => !each.includes('node_modules'))
  return { ...Object.fromEntries(kept), PATH: path.join(delimiter) }
}
