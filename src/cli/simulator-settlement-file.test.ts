import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runTestCli } from '../../test/support/cli.ts'

const CSV = 'record,gross\nline,"12.50"\n'

let simulator: Server
let home: string

beforeEach(async () => {
  simulator = createServer((request, response) => {
    const ready = request.url === '/settlement_files/2026-03-03'
    response.writeHead(ready ? 200 : 404).end(ready ? CSV : '{}')
  })
  await new Promise<void>((resolve) => simulator.listen(0, '127.0.0.1', resolve))
  home = mkdtempSync(join(tmpdir(), 'tallystick-home-'))
  const simulator_url = `http://127.0.0.1:${(simulator.address() as AddressInfo).port}`
  writeFileSync(join(home, 'run.json'), JSON.stringify({ url: 'http://127.0.0.1:1', api_key: 'k', simulator_url }))
})

afterEach(async () => {
  simulator.closeAllConnections()
  await new Promise((resolve) => simulator.close(resolve))
  rmSync(home, { recursive: true })
})

const fetchFile = (...argv: string[]) =>
  runTestCli(['simulator', 'settlement-file', '--home', home, ...argv], { cwd: home })

describe('simulator settlement-file', () => {
  it('writes the bytes to stdout', async () => {
    expect(await fetchFile('--date', '2026-03-03')).toEqual({ exitCode: 0, stdout: CSV, stderr: '' })
  })

  it('writes them to a file, whole or not at all', async () => {
    const { exitCode, stdout } = await fetchFile('--date', '2026-03-03', '--output', 'theirs.csv', '--json')

    expect(readFileSync(join(home, 'theirs.csv'), 'utf8')).toBe(CSV)
    expect(readdirSync(home).sort()).toEqual(['run.json', 'theirs.csv'])
    expect(JSON.parse(stdout)).toMatchObject({ path: join(home, 'theirs.csv'), bytes: CSV.length })
    expect(exitCode).toBe(0)
  })

  it('holds them in its document with --json and no file', async () => {
    const { stdout } = await fetchFile('--date', '2026-03-03', '--json')

    expect(JSON.parse(stdout)).toMatchObject({
      business_date: '2026-03-03',
      format: 'simulator_csv',
      bytes: CSV.length,
      sha256: expect.stringMatching(/^[\da-f]{64}$/),
      content: CSV,
    })
  })

  it('exits 1 with a sentence while there is none', async () => {
    const { exitCode, stderr } = await fetchFile('--date', '2026-03-04')

    expect(stderr).toContain('The simulator has no settlement file of 2026-03-04 yet')
    expect(exitCode).toBe(1)
  })

  it.each([
    ['a day that is none', ['--date', 'today'], 'is not a day'],
    ['a format that it does not write', ['--date', '2026-03-03', '--format', 'camt.053'], 'only simulator_csv'],
    ['a folder that does not exist', ['--date', '2026-03-03', '--output', 'no/theirs.csv'], 'could not be written'],
  ])('exits 2 for %s', async (_, argv, says) => {
    const { exitCode, stderr } = await fetchFile(...argv)

    expect(stderr).toContain(says)
    expect(exitCode).toBe(2)
  })

  it('exits 2 when no simulator is known', async () => {
    rmSync(join(home, 'run.json'))

    const { exitCode, stderr } = await fetchFile('--date', '2026-03-03')

    expect(stderr).toContain('No PSP simulator is known')
    expect(exitCode).toBe(2)
  })
})
