import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { allFiles, filesIn, foldersIn, linesMatching, ROOT, read } from './support/tree.ts'

/**
 * The house style that a program can check, beyond what the formatter and the compiler do. Each test lists what is
 * wrong, so that a failure reads as a list of places to put right.
 */

const code = filesIn(['src', 'test', 'bench', 'bin', 'examples'], ['.ts', '.js'])
const tests = code.filter(({ path }) => path.endsWith('.test.ts') || path === 'src/psp/contract.ts')
const product = code.filter((file) => /^(?:src|bin)\//.test(file.path) && !tests.includes(file))
/** This file names what it forbids. */
const others = allFiles(['.ts', '.js', '.sql', '.md', '.json', '.csv', '.sh']).filter(
  ({ path }) => path !== 'test/tidy.test.ts' && path !== 'package-lock.json',
)

describe('a file of code', () => {
  it('has at most 500 lines', () => {
    const tooLong = code.map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))

    expect(tooLong.filter(({ lines }) => lines > 500)).toEqual([])
  })

  it('has functions of at most 70 lines of their own', () => {
    // The composition root is one list of what there is, and is read as one.
    const measured = product.filter(({ path }) => path !== 'src/app.ts')

    expect(measured.flatMap(({ path, text }) => longFunctions(path, text, 70))).toEqual([])
  })

  it('exports names in the words of the glossary', () => {
    // Words that docs/reference/glossary.md replaces by one word each, and endings that say nothing.
    const banned =
      /^export (?:async )?(?:const|function|class|type) \w*?(?:gateway|connector|chargeback|withdrawal|discrepancy)/i
    const empty = /^export (?:async )?(?:const|function|class|type) \w*(?:Dto|Entity|Impl|Manager|Helper|Utils?)\b/

    expect([...linesMatching(code, banned), ...linesMatching(code, empty)]).toEqual([])
  })

  it('exports names and no default, except where a tool asks for one', () => {
    expect(linesMatching(product, /^export default /)).toEqual([])
  })

  it('is named in kebab-case', () => {
    const names = code.map(({ path }) => path)

    expect(names.filter((path) => !/^[a-z0-9/.-]+$/.test(path))).toEqual([])
  })
})

describe('any file', () => {
  it('leaves nothing for later', () => {
    expect(linesMatching(others, /\bTODO\b|\bFIXME\b|\bnot implemented\b/)).toEqual([])
  })

  it('names no folder of one machine', () => {
    expect(linesMatching(others, /(?:^|[\s'"`(=])\/(?:work|home\/\w+|Users\/\w+|root\/|tmp\/\w)/)).toEqual([])
  })
})

describe('a test', () => {
  it('is neither skipped nor run alone', () => {
    expect(linesMatching(tests, /\b(?:it|test|describe)\.(?:only|skip|skipIf|todo|fails)\b/)).toEqual([])
  })

  it('states a fact', () => {
    const should = /\b(?:it|test)(?:\.each\(.*\))?\(\s*['"`][^'"`]*\bshould\b/

    expect(linesMatching(tests, should)).toEqual([])
  })
})

describe('a migration', () => {
  const names = filesIn(['migrations'], ['.sql']).map(({ path }) => path.replace('migrations/', ''))

  it('has a number of its own, without gaps, and a name', () => {
    const expected = names.map((_, index) => String(index + 1).padStart(4, '0'))

    expect(names.map((name) => name.slice(0, 4))).toEqual(expected)
    expect(names.filter((name) => !/^\d{4}_[a-z0-9_]+\.sql$/.test(name))).toEqual([])
  })

  it('names every constraint after the rule it enforces', () => {
    const unnamed = linesMatching(filesIn(['migrations'], ['.sql']), /\bcheck \(/).filter(
      (line) => !/\bconstraint \w+/.test(line),
    )

    // A long constraint has its name on the line before.
    expect(unnamed.filter((line) => !/:\s*check \(/.test(line))).toEqual([])
  })
})

describe('a module', () => {
  const modules = foldersIn('src')
  /** Their files are entered one by one. */
  const open = ['platform', 'supervisor', 'cli']

  it('is entered through an index.ts that says what it owns', () => {
    const closed = modules.filter((name) => !open.includes(name))
    const without = closed.filter((name) => !read(`src/${name}/index.ts`).text.startsWith('/**\n'))

    expect(without).toEqual([])
  })

  it('is known to the import rules of every other', () => {
    const { overrides } = JSON.parse(read('biome.json').text) as { overrides: { includes: string[] }[] }
    const missing = modules.flatMap((name) => {
      const rules = overrides.find(({ includes }) => includes.includes(`src/${name}/**`))
      const text = JSON.stringify(rules ?? '')
      const unnamed = modules.filter((other) => !new RegExp(`[{/,]${other}[},/]`).test(text))
      return unnamed.map((other) => `the rules of ${name} do not name ${other}`)
    })

    expect(missing).toEqual([])
  })

  it('is refused what is not below it, by the linter', async () => {
    const refused = [
      ['src/money/a.ts', '../platform/db.ts'],
      ['src/platform/a.ts', '../ledger/index.ts'],
      ['src/psp/acme/a.ts', '../../platform/db.ts'],
      ['src/psp/acme/b.ts', '../simulator/server/book.ts'],
      ['src/ledger/a.ts', '../payments/index.ts'],
      ['src/ledger/b.ts', '../platform/auth/api-key.ts'],
      ['src/ledger/c.ts', 'pg'],
      ['src/wallet/a.ts', '../ledger/post.ts'],
      ['src/payments/a.ts', '../psp/index.ts'],
      ['src/executor/a.ts', '../http/index.ts'],
      ['src/executor/b.ts', '../../test/support/database.ts'],
      ['src/http/routes/a.ts', '../../payments/service.ts'],
      ['src/supervisor/a.ts', '../ledger/index.ts'],
      ['src/cli/a.ts', '../payments/index.ts'],
      ['src/config.ts', './app.ts'],
      ['src/app.ts', './cli/main.ts'],
      ['test/chaos/a.ts', '../../src/ledger/index.ts'],
    ] as const
    const allowed = [
      ['src/platform/b.ts', '../money/index.ts'],
      ['src/payments/b.ts', '../psp/psp.ts'],
      ['src/http/routes/b.ts', '../../payments/index.ts'],
      ['src/ledger/d.ts', '../platform/auth/index.ts'],
      ['src/wallet/b.ts', '../ledger/index.ts'],
      ['src/wallet/c.test.ts', '../payments/service.ts'],
      ['src/app.ts', './ledger/index.ts'],
    ] as const

    const complaints = await lint([...refused, ...allowed])

    expect(complaints).toEqual(refused.map(([path, from]) => `${path} ${from}`).sort())
  })
})

/** What the import rules say of files that hold one import each: `path specifier` of those that they refuse. */
async function lint(imports: readonly (readonly [path: string, from: string])[]): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tidy-'))
  try {
    copyFileSync(join(ROOT, 'biome.json'), join(folder, 'biome.json'))
    for (const [path, group] of Map.groupBy(imports, ([path]) => path)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), group.map(([, from]) => `import '${from}'\n`).join(''))
    }
    const biome = join(ROOT, 'node_modules', '@biomejs', 'biome', 'bin', 'biome')
    const args = [biome, 'lint', '--reporter=json', '--vcs-enabled=false', '--max-diagnostics=none', '.']
    const run = promisify(execFile)(process.execPath, args, { cwd: folder })
    const { stdout } = await run.catch((failed: { stdout: string }) => failed)
    return complaintsIn(stdout, imports)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function complaintsIn(report: string, imports: readonly (readonly [path: string, from: string])[]): string[] {
  type Diagnostic = { category: string; location: { path: string; start: { line: number } } }
  const { diagnostics } = JSON.parse(report) as { diagnostics: Diagnostic[] }
  return diagnostics
    .filter(({ category }) => category === 'lint/style/noRestrictedImports')
    .map(({ location: { path, start } }) => {
      const from = imports.filter(([each]) => path.endsWith(each))[start.line - 1]?.[1]
      return `${path} ${from}`
    })
    .sort()
}

/**
 * Functions with more lines of their own than the limit; those of the functions inside them do not count, so that a
 * factory is judged by what it does itself. Reads the layout, which the formatter fixes: a function ends at the first
 * line that closes its brace at the indentation at which it began.
 */
function longFunctions(path: string, text: string, limit: number): string[] {
  const lines = text.split('\n')
  const starts = /^\s*(?:export )?(?:async )?function\b|=> \{$|^\s*(?:async )?[\w']+\(.*\)(?:: [^=]+)? \{$/
  const notFunctions = /^\s*(?:if|for|while|switch|catch)\b|^\s*\} (?:else|catch)/
  const open: { name: string; line: number; indent: string; inner: number }[] = []
  const tooLong: string[] = []
  lines.forEach((line, index) => {
    const last = open.at(-1)
    // What closes and opens in one line, such as `}): Promise<Row[]> {`, is the end of a long list of parameters.
    if (last !== undefined && line.startsWith(`${last.indent}}`) && !line.endsWith('{')) {
      open.pop()
      const whole = index - last.line + 1
      const own = whole - last.inner
      const outer = open.at(-1)
      if (outer !== undefined) outer.inner += whole
      if (own > limit) tooLong.push(`${path}:${last.line + 1}: ${own} lines of its own: ${last.name}`)
    }
    if (!starts.test(line) || notFunctions.test(line) || /\}\)?,?$/.test(line)) return
    open.push({ name: line.trim(), line: index, indent: /^\s*/.exec(line)?.[0] ?? '', inner: 0 })
  })
  return tooLong
}
