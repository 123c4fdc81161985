import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeHome, type RunningServer, removeHome, startServer } from './support/running-server.ts'
import { ROOT, read } from './support/tree.ts'

/**
 * Goal: whoever follows the README sees what it shows. A real server runs the commands of the documents, and what they
 * print is compared with what is printed there. Ids, instants and keys are new each time, everything else is not.
 */
describe('the README', () => {
  const home = makeHome()
  let server: RunningServer
  beforeAll(async () => {
    server = await startServer({ home })
  })
  afterAll(async () => {
    if (server?.child.exitCode === null) await server.terminate()
    await removeHome(home)
  })

  const readme = read('README.md').text

  it('shows what the server prints when it is ready', () => {
    const shown = block(readme, 'text', 'Tallystick 0.1.0')
    const labels = (text: string): string[] =>
      [...text.matchAll(/^ {2}([A-Z][A-Za-z ]+?) {2,}\S/gm)].map(([, name = '']) => name)

    expect(labels(shown)).toEqual(['API', 'Docs', 'PSP simulator', 'Database', 'API key'])
    expect(labels(server.output())).toEqual(labels(shown))
  })

  it('shows what its first payment answers', async () => {
    const answer = await request(block(readme, 'sh', 'curl'))

    expect(answer.status).toBe(201)
    expect(withoutNews(await answer.json())).toEqual(withoutNews(JSON.parse(block(readme, 'json', '"payment"'))))
  })

  it('shows the trial balance after it', async () => {
    const printed = await tallystick('ledger', 'trial-balance')

    const shown = block(readme, 'text', 'ledger account').trim().split('\n').slice(1)
    expect(cells(printed, /\t/)).toEqual(cells(shown.join('\n'), /\s{2,}/))
  })

  it('shows what becomes of a lost answer', async () => {
    const printed = await tallystick('payments', 'create', '-f', 'examples/lost-answer.json')

    const shown = cells(block(readme, 'text', 'psp reference'), /\s{2,}/)[1] ?? []
    const order = cells(printed, /\t/).find(([id]) => id?.startsWith('po_')) ?? []
    expect(order.slice(1, 6)).toEqual(shown.slice(1, 6))
  })

  it('shows what an import prints, and says the truth about a second one', async () => {
    const shown = cells(block(readme, 'text', 'existing'), /\s{2,}/)

    const first = await tallystick('checkouts', 'import', 'examples/checkouts.csv')
    const second = await tallystick('checkouts', 'import', 'examples/checkouts.csv')

    // Currencies come in the order in which their first payment ended.
    expect(cells(first, /\t/).toSorted()).toEqual(shown.toSorted())
    expect(cells(second, /\t/).toSorted()).toEqual([['created', '0'], ['existing', '4'], ...shown.slice(2)].toSorted())
  })

  it('is right that a request under its key gives the same payment', async () => {
    const again = await request(block(read('docs/guides/idempotency.md').text, 'sh', 'curl'))
    const listed = await tallystick('payments', 'list')

    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([201, 'true'])
    expect(listed.split('\n').filter((line) => line.includes('cart-1'))).toHaveLength(1)
  })

  it('has a client that pays once, however often it is run', async () => {
    const first = await run('examples/pay.ts')
    const second = await run('examples/pay.ts')

    expect(first).toMatch(/^pay_\w+ succeeded\n {2}anna 1250 captured\n {2}ben 3000 captured\n$/)
    expect(second).toBe(first)
  })

  it('leaves books that verify', async () => {
    const checks = cells(await tallystick('ledger', 'verify'), /\t/)

    expect(checks.length).toBeGreaterThan(10)
    expect(checks.filter(([, state]) => state !== 'ok')).toEqual([])
  })

  /** What `curl` would send, sent without it, to this server instead of the one in the document. */
  async function request(command: string): Promise<Response> {
    const path = /http:\/\/127\.0\.0\.1:4100(\/\S+)/.exec(command)?.[1] ?? ''
    const headers = [...command.matchAll(/-H ["']([^:"']+): ([^"']+)["']/g)].map(([, name = '', value = '']) => [
      name,
      value.replace('$(cat .tallystick/api-key)', readFileSync(join(home, 'api-key'), 'utf8').trim()),
    ])
    const file = /-d @(\S+)/.exec(command)?.[1] ?? ''
    return fetch(server.run.url + path, {
      method: 'POST',
      headers: Object.fromEntries(headers),
      body: read(file).text,
    })
  }

  async function run(...args: readonly string[]): Promise<string> {
    const env = { ...process.env, TALLYSTICK_HOME: home, TALLYSTICK_URL: '', TALLYSTICK_API_KEY: '' }
    const { stdout } = await promisify(execFile)(process.execPath, [...args], { cwd: ROOT, env })
    return stdout
  }

  const tallystick = (...args: readonly string[]): Promise<string> => run('bin/tallystick.js', ...args)
})

/** The first code block of this language that contains the text. */
function block(document: string, language: string, containing: string): string {
  const blocks = [...document.matchAll(/```(\w+)\n([\s\S]*?)```/g)]
  const found = blocks.find(([, each, text = '']) => each === language && text.includes(containing))
  expect(found, `a ${language} block with "${containing}"`).toBeDefined()
  return found?.[2] ?? ''
}

const cells = (text: string, separator: RegExp): string[][] =>
  text
    .trim()
    .split('\n')
    .map((line) => line.split(separator).filter((cell) => cell !== ''))

/** Everything of an answer but what is new each time. */
function withoutNews(value: unknown): unknown {
  const news = new Set(['id', 'created_at', 'psp_reference'])
  return JSON.parse(JSON.stringify(value, (name, each) => (news.has(name) ? typeof each : each)))
}
