import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'
import { OPTIONS_HELP } from '../src/config.ts'
import { LEASE_MS } from '../src/executor/index.ts'
import { GIVE_UP_AFTER_MS, SEND_WINDOW_MS } from '../src/payments/index.ts'
import { allFiles, filesIn, linesMatching, ROOT, read, type TextFile } from './support/tree.ts'

/** What documents say about the code is compared with the code, so that neither can leave the other behind. */

const documents = allFiles(['.md'])
const textOf = (path: string): string => documents.find((document) => document.path === path)?.text ?? ''

describe('a document', () => {
  it('links to what is there', () => {
    const broken = documents.flatMap((document) =>
      linksIn(document)
        .filter((target) => !leadsSomewhere(document, target))
        .map((target) => `${document.path} → ${target}`),
    )

    expect(broken).toEqual([])
  })

  it('names files that are there', () => {
    const path = /`((?:src|test|docs|bin|migrations|examples)\/[\w./{},-]+)`/g
    const named = documents.flatMap(({ path: document, text }) =>
      [...text.matchAll(path)].flatMap(([, name = '']) => inBraces(name).map((each) => ({ document, each }))),
    )
    const missing = named.filter(({ each }) => !/NNNN|acme/.test(each) && !existsSync(join(ROOT, each)))

    expect(missing.map(({ document, each }) => `${document}: ${each}`)).toEqual([])
  })

  it('names npm scripts and commands that there are', () => {
    const { scripts } = JSON.parse(read('package.json').text) as { scripts: Record<string, string> }
    const known = new Set([...Object.keys(scripts), 'ci', 'pack'])
    const unknown = documents.flatMap(({ path, text }) =>
      [...text.matchAll(/\bnpm (?:run ([a-z:-]+)|(start|test|ci|pack)\b)/g)]
        .filter(([, script, short]) => !known.has(script ?? short ?? ''))
        .map(([whole]) => `${path}: ${whole}`),
    )

    expect(unknown).toEqual([])
  })

  it('names commands of tallystick that there are', () => {
    const program = read('src/cli/program.ts').text
    const words = new Set(
      [...program.matchAll(/(?:command|group|addHandedOver)\((?:program, )?'([a-z-]+)/g)].map(([, word]) => word),
    )
    const named = documents.flatMap(({ path, text }) =>
      [...text.matchAll(/npx tallystick ([a-z-]+)(?: ([a-z-]+))?/g)].map(([whole, first = '']) => ({
        path,
        whole,
        first,
      })),
    )

    expect(words.size).toBeGreaterThan(10)
    expect(named.filter(({ first }) => !words.has(first)).map(({ path, whole }) => `${path}: ${whole}`)).toEqual([])
  })

  it('shows JSON that is JSON', () => {
    const blocks = documents.flatMap(({ path, text }) =>
      [...text.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = '']) => ({ path, json })),
    )

    for (const { path, json } of blocks) expect(() => JSON.parse(json), `${path}: ${json.slice(0, 80)}`).not.toThrow()
  })

  it('is in the map of documents', () => {
    const map = textOf('docs/README.md')
    const lost = documents
      .map(({ path }) => path)
      .filter((path) => path.startsWith('docs/') && path !== 'docs/README.md')
      .filter((path) => !map.includes(`](${path.slice('docs/'.length)})`))

    expect(lost).toEqual([])
  })
})

describe('a decision', () => {
  const decisions = filesIn(['docs/adr'], ['.md'])

  it('has a number of its own, without gaps', () => {
    const numbers = decisions.map(({ path }) => Number(path.slice('docs/adr/'.length, 'docs/adr/'.length + 4)))

    expect(numbers).toEqual(decisions.map((_, index) => index + 1))
  })

  it('says context, decision, consequences and alternatives, on one page', () => {
    const parts = ['**Context.**', '**Decision.**', '**Consequences.**', '**Alternatives.**']
    const incomplete = decisions.filter(({ text }) => !parts.every((part) => text.includes(part)))
    const tooLong = decisions.filter(({ text }) => text.split(/\s+/).length > 500)

    expect([...incomplete, ...tooLong].map(({ path }) => path)).toEqual([])
  })
})

describe('docs/reference/configuration.md', () => {
  const reference = textOf('docs/reference/configuration.md')
  const variable = /\b(?:TALLYSTICK_[A-Z_]+|DATABASE_[A-Z_]*URL|PORT)\b/g

  it('has every variable and every option of src/config.ts', () => {
    const variables = read('src/config.ts').text.match(variable) ?? []
    const options = OPTIONS_HELP.match(/--[a-z-]+/g) ?? []
    const names = new Set([...variables, ...options])

    expect([...names].filter((name) => !reference.includes(`\`${name}`))).toEqual([])
  })

  it('has every variable that the command line and the tests read', () => {
    const code = filesIn(['src', 'bin', 'test'], ['.ts', '.js'])
    const used = code.flatMap(({ text }) =>
      [...text.matchAll(/\benv(?:\.|\[')([A-Z][A-Z_]+)\b/g)].map(([, name = '']) => name),
    )
    const ours = new Set(used.filter((name) => name !== 'PATH'))

    expect([...ours].filter((name) => !reference.includes(`\`${name}\``))).toEqual([])
  })

  it('has no variable that nothing reads', () => {
    const code = filesIn(['src', 'bin', 'test'], ['.ts', '.js']).map(({ text }) => text)
    const documented = new Set(reference.match(variable) ?? [])

    expect([...documented].filter((name) => !code.some((text) => text.includes(name)))).toEqual([])
  })
})

describe('docs/reference/api.md', () => {
  it('lists the endpoints that there are, with their scopes', () => {
    const listed = [...textOf('docs/reference/api.md').matchAll(/^\| `([A-Z]+ \/[^`]*)` \| ([a-z ]+) \|/gm)]
    const documented = listed.map(([, endpoint, scope]) => `${endpoint} ${scope}`).sort()

    expect(documented).toEqual(endpoints().sort())
  })
})

/** `POST /v1/payments write` for every route, read from where they are added. */
function endpoints(): string[] {
  const route =
    /\b(?:app|scope)\.(get|post|put|delete)\(\s*'(\/[^']*)'([\s\S]*?)(?=\b(?:app|scope)\.(?:get|post|put|delete)\(|$)/g
  const hidden = ['/docs/', '/docs/js/scalar.js']
  return filesIn(['src/http/routes'], ['.ts'])
    .filter(({ path }) => !path.endsWith('.test.ts'))
    .flatMap(({ text }) =>
      [...text.matchAll(route)].flatMap(([, method = '', path = '', rest = '']) => {
        if (hidden.includes(path)) return []
        const scope = /scope: '([a-z]+)'/.exec(rest)?.[1] ?? (path.startsWith('/v1') ? 'write' : 'no key')
        return [`${method.toUpperCase()} ${path.replace(/:(\w+)/g, '{$1}')} ${scope}`]
      }),
    )
}

describe('docs/guides/unknown-outcomes.md', () => {
  it('has the numbers of the code', () => {
    const guide = textOf('docs/guides/unknown-outcomes.md')

    expect(guide).toContain(`| send window | ${SEND_WINDOW_MS / 1_000} s after`)
    expect(guide).toContain(`| given up when provably never sent | ${GIVE_UP_AFTER_MS / 3_600_000} h |`)
    expect(guide).toContain(`| lease of an attempt | ${LEASE_MS / 1_000} s of`)
  })
})

describe('an example', () => {
  it('is told about in a document', () => {
    const untold = filesIn(['examples'], ['.json', '.csv', '.ts']).filter(
      ({ path }) => !documents.some(({ text }) => text.includes(path)),
    )

    expect(untold.map(({ path }) => path)).toEqual([])
  })
})

describe('prose', () => {
  it('speaks of nothing but the product', () => {
    expect(linesMatching(documents, /\b(?:prompt|session of the project|helper agent|\.\.\/shared)\b/i)).toEqual([])
  })
})

const linksIn = ({ text }: TextFile): string[] =>
  [...text.replace(/```[\s\S]*?```/g, '').matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)

function leadsSomewhere(from: TextFile, target: string): boolean {
  if (/^https?:/.test(target)) return true
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? from.path : normalize(join(dirname(from.path), path))
  if (!existsSync(join(ROOT, file))) return false
  return anchor === undefined || anchorsIn(read(file)).includes(anchor)
}

/** The anchors that headings get: lower case, spaces to dashes, nothing but letters, digits, dashes and underscores. */
const anchorsIn = ({ text }: TextFile): string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

/** `a/{b,c}.ts` is two names. */
function inBraces(name: string): string[] {
  const match = /^(.*)\{([^}]*)\}(.*)$/.exec(name)
  if (match === null) return [name]
  const [, before = '', inside = '', after = ''] = match
  return inside.split(',').map((each) => before + each + after)
}
