import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { runTestCli } from '../../test/support/cli.ts'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
/** Writes the name of every module that is loaded to stderr. */
const WATCH_IMPORTS = `data:text/javascript,${encodeURIComponent(
  `import { registerHooks } from 'node:module'
   registerHooks({ load(url, context, next) { process.stderr.write('LOADED ' + url + '\\n'); return next(url, context) } })`,
)}`

describe('the command line', () => {
  it('names every command in its help and ends well', async () => {
    const { exitCode, stdout } = await runTestCli(['--help'])

    expect(exitCode).toBe(0)
    for (const name of ['start', 'migrate', 'doctor', 'demo', 'checkouts', 'payments', 'where', 'trace', 'ledger']) {
      expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, 'm'))
    }
  })

  it('puts examples first in the help of a command', async () => {
    const { stdout } = await runTestCli(['payments', 'list', '--help'])

    expect(stdout.startsWith('$ npx tallystick payments list\n')).toBe(true)
    expect(stdout).toContain('--json')
  })

  it.each([
    [['paymnts'], /^Unknown command 'paymnts' \(Did you mean payments\?\); run: npx tallystick --help\n$/],
    [['payments', 'lst'], /^Unknown command 'lst' \(Did you mean list\?\); run: npx tallystick payments --help\n$/],
    [['payments', 'list', '--limt', '3'], /Did you mean --limit.*; run: npx tallystick payments list --help\n$/],
    [['payments', 'list', '--limit', '201'], /whole number from 1 to 200; run: npx tallystick payments list --help\n$/],
    [['payments', 'get'], /^Missing required argument 'id'; run: npx tallystick payments get --help\n$/],
    [['ledger', 'entries'], /--payment <id>.*; run: npx tallystick ledger entries --help\n$/],
    [['simulator', 'advance', '3w'], /"3w" is not a duration.*; run: npx tallystick simulator advance 1d\n$/],
    [['payments', 'get', 'a', 'b'], /Too many arguments.*; run: npx tallystick payments get --help\n$/],
  ])('refuses %j with one sentence and exit 2', async (argv, sentence) => {
    const { exitCode, stdout, stderr } = await runTestCli(argv)

    expect(stderr).toMatch(sentence)
    expect(stdout).toBe('')
    expect(exitCode).toBe(2)
  })

  it('shows the help of a group and exits 2 when its command is missing', async () => {
    const { exitCode, stderr } = await runTestCli(['wallets'])

    expect(stderr).toContain('statement')
    expect(stderr.endsWith('A command is missing; run: npx tallystick wallets --help\n')).toBe(true)
    expect(exitCode).toBe(2)
  })

  it('prints an error as one JSON document too with --json', async () => {
    const { exitCode, stdout } = await runTestCli(['payments', 'list', '--json', '--home', '/nonexistent'])

    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'server_unknown', next: 'npm start' } })
    expect(exitCode).toBe(2)
  })

  it('takes --json before and behind the command', async () => {
    const before = await runTestCli(['--json', 'version'])
    const behind = await runTestCli(['version', '--json'])

    expect(JSON.parse(before.stdout)).toEqual(JSON.parse(behind.stdout))
    expect(JSON.parse(before.stdout)).toMatchObject({ node: process.versions.node })
  })

  it('says that no server answers, without a stack', async () => {
    const env = { TALLYSTICK_URL: 'http://127.0.0.1:1', TALLYSTICK_API_KEY: 'sk_test' }
    const { exitCode, stderr } = await runTestCli(['payments', 'list'], { env })

    expect(stderr).toBe('No answer from http://127.0.0.1:1: connection refused; run: npx tallystick doctor\n')
    expect(exitCode).toBe(2)
  })
})

describe('the process', () => {
  async function start(argv: readonly string[], nodeOptions: readonly string[] = []) {
    const child = spawn(process.execPath, [...nodeOptions, MAIN, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] })
    const ended = once(child, 'close')
    return { child, ended }
  }

  it('loads nothing of the server, the client or the database for --help', async () => {
    const { child, ended } = await start(['--help'], ['--import', WATCH_IMPORTS])
    const [stderr] = await Promise.all([text(child.stderr), text(child.stdout), ended])

    const loaded = stderr.split('\n').filter((line) => line.startsWith('LOADED file:'))
    const ours = loaded.filter((line) => !line.includes('node_modules/commander')).map((line) => line.split('/src/')[1])
    expect(ours.sort()).toEqual([
      ...[
        'break-commands',
        'context',
        'failure',
        'leaf',
        'main',
        'output',
        'program',
        'rule-commands',
        'run-commands',
        'run',
        'style',
        'tolerance',
      ].map((n) => `cli/${n}.ts`),
      'platform/exact-json.ts',
    ])
  })

  it('ends quietly when the reader of its output is gone', async () => {
    const { child, ended } = await start(['--help'])
    child.stdout.destroy()
    const [stderr, [code]] = await Promise.all([text(child.stderr), ended])

    expect(stderr).toBe('')
    expect(code).toBe(0)
  })
})
