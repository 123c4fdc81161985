import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { waitFor } from '../../../../test/support/wait-for.ts'
import { simulatorProgram } from '../program.ts'
import { callSimulator, readBook, startSimulator } from '../testing.ts'

const CHARGE = { amount: 1_250, currency: 'EUR', reference: 'r', payment_method: 'pm_test_visa', capture: 'automatic' }

describe('The program', () => {
  let folder: string
  let bookFile: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'program-'))
    bookFile = join(folder, 'book.ndjson')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  async function run(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const child = spawn(process.execPath, [simulatorProgram(), ...args])
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (piece: Buffer) => {
      stdout += piece.toString()
    })
    child.stderr.on('data', (piece: Buffer) => {
      stderr += piece.toString()
    })
    await once(child, 'close')
    return { code: child.exitCode, stdout, stderr }
  }

  it('says where it listens, and exits 0 on SIGTERM', async () => {
    const simulator = await startSimulator({ bookFile })

    const health = await callSimulator(simulator.url, 'GET', '/healthz')

    expect(simulator.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(health.body).toMatchObject({ status: 'ok', pid: simulator.pid, charges: 0 })
    expect(await simulator.stop()).toBe(0)
  })

  it('makes the folder of its book, which only its owner may read', async () => {
    bookFile = join(folder, 'a', 'b', 'book.ndjson')
    const simulator = await startSimulator({ bookFile })
    await simulator.stop()

    expect(statSync(bookFile).mode & 0o777).toBe(0o600)
  })

  it.each([
    ['without a book', [], /^Say where the book is: --book FILE\.\n$/],
    ['with a port that is none', ['--book', 'B', '--port', '70000'], /^--port must be a number from 0 to 65535/],
    ['with an option that it does not know', ['--book', 'B', '--colour', 'red'], /^Unknown option '--colour'/],
    ['with a folder as its book', ['--book', '/'], /^The (book|lock) .+\.\n$/],
    ['with a book below a file', ['--book', `${process.execPath}/x/book`], /^The book .+ cannot be written: .+\.\n$/],
  ])('exits 2 with one sentence %s', async (_name, args, sentence) => {
    const { code, stdout, stderr } = await run(...args.map((arg) => (arg === 'B' ? bookFile : arg)))

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(sentence)
    expect(stderr.trimEnd()).not.toContain('\n')
  })

  it('exits 2 with one sentence when its port is taken', async () => {
    const other = await startSimulator({ bookFile })
    const { port } = new URL(other.url)

    const { code, stderr } = await run('--book', join(folder, 'other'), '--port', port)
    await other.stop()

    expect(code).toBe(2)
    expect(stderr).toBe(`Port ${port} of 127.0.0.1 cannot be used: it is taken by another program.\n`)
  })

  it('exits 2 with one sentence when its book is damaged', async () => {
    writeFileSync(bookFile, 'nonsense\n')

    const { code, stderr } = await run('--book', bookFile)

    expect(code).toBe(2)
    expect(stderr).toMatch(/^The book .+ is damaged in line 1: its checksum is wrong\. .+\n$/)
  })

  it('never shares a book, and names the process that has it', async () => {
    const first = await startSimulator({ bookFile })

    const second = await run('--book', bookFile)
    await first.kill()
    const third = await startSimulator({ bookFile })
    await third.stop()

    expect(second.code).toBe(2)
    expect(second.stderr).toMatch(/is in use by another simulator/)
    expect(second.stderr).toContain(`(process ${first.pid})`)
  })

  it('lets exactly one of many that start at once have the book', async () => {
    const starts = await Promise.allSettled(Array.from({ length: 5 }, () => startSimulator({ bookFile })))
    const running = starts.filter((start) => start.status === 'fulfilled')

    for (const { value } of running) await value.stop()

    expect(running).toHaveLength(1)
  })

  it('finishes requests in flight when it is told to end', async () => {
    const simulator = await startSimulator({ bookFile })
    await callSimulator(simulator.url, 'PUT', '/settings', { latency_ms: { min: 600, max: 600 } })
    const answer = callSimulator(simulator.url, 'POST', '/charges', CHARGE, { 'idempotency-key': 'k' })
    await waitFor(() => readFileSync(bookFile, 'utf8').includes('"t":"charge"'), { what: 'the charge in the book' })

    const code = await simulator.stop()

    expect((await answer).body).toMatchObject({ status: 'captured' })
    expect(code).toBe(0)
  })

  it('does not wait for answers that it is never going to give', async () => {
    const simulator = await startSimulator({ bookFile })
    await callSimulator(simulator.url, 'PUT', '/settings', { faults: { timeout_rate: 1 } })
    const answer = callSimulator(simulator.url, 'POST', '/charges', CHARGE, { 'idempotency-key': 'k' })
    const lost = expect(answer).rejects.toThrow()
    await waitFor(() => readFileSync(bookFile, 'utf8').includes('"t":"charge"'), { what: 'the charge in the book' })

    expect(await simulator.stop()).toBe(0)
    await lost
  })

  it('keeps settings, clock, endpoint and charges when it is killed', async () => {
    const first = await startSimulator({ bookFile })
    const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`
    await callSimulator(first.url, 'PUT', '/settings', { seed: 7, latency_ms: { min: 0, max: 1 } })
    await callSimulator(first.url, 'PUT', '/webhook_endpoint', { url: 'http://127.0.0.1:1/hook', secret })
    await callSimulator(first.url, 'POST', '/clock', { offset_ms: 86_400_000 })
    await callSimulator(first.url, 'POST', '/charges', CHARGE, { 'idempotency-key': 'k' })
    const before = await readBook(first.url)
    await first.kill()

    const second = await startSimulator({ bookFile })

    expect(await readBook(second.url)).toEqual(before)
    expect((await callSimulator(second.url, 'GET', '/settings')).body).toMatchObject({
      seed: 7,
      latency_ms: { max: 1 },
    })
    expect((await callSimulator(second.url, 'GET', '/clock')).body).toMatchObject({ offset_ms: 86_400_000 })
    expect((await callSimulator(second.url, 'GET', '/webhook_endpoint')).body).toEqual({
      url: 'http://127.0.0.1:1/hook',
    })
    await second.stop()
  })
})
