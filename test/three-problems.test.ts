import { mkdtempSync, readFileSync, rmSync, symlinkSync, watch, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeReconFiles } from '../bench/support/recon-files.ts'
import { compareFiles, csv, done, type Files } from '../src/recon/testing.ts'
import { runTestCli } from './support/cli.ts'
import { createTelling, type Step, stepsOf } from './support/guide.ts'
import { startTestServer, type TestServer } from './support/server.ts'
import { ROOT, read } from './support/tree.ts'

/**
 * The three problems that every reconciliation has (formats, volume, the cut-off), each as facts about two files and about
 * the running service. The guide is run as it stands, and has to show what is printed.
 */

let server: TestServer
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tallystick-three-problems-'))
  symlinkSync(join(ROOT, 'examples'), join(folder, 'examples'))
  const declared = { zone: 'UTC', mapping: undefined, everyMinutes: 10, settles: undefined, expected: undefined }
  server = await startTestServer({ sources: [{ ...declared, name: 'shop', formats: undefined, collect: undefined }] })
  // At noon: what follows is far from midnight until somebody wants it to be near.
  const now = Temporal.Instant.from(String((await server.get('/v1/test/clock')).body['now']))
  const hours = (24 + 12 - now.toZonedDateTimeISO('UTC').hour) % 24 || 24
  expect((await server.post('/v1/test/clock/advance', { hours })).status).toBe(200)
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** A command as somebody types it at a terminal; `> file` is the shell's. */
async function typed(line: string): Promise<string> {
  const [command = '', file] = line.split(' > ')
  const env = { NO_COLOR: '1' }
  const { stdout } = await runTestCli(command.split(' '), { cwd: folder, tty: file === undefined, api: server, env })
  if (file !== undefined) writeFileSync(join(folder, file), stdout)
  return stdout
}

const SHOWN = {
  files: [
    'problem 1: 2022/01/01 and Jan 1, 2022 are one day',
    'problem 1: a file shows how its columns are read',
    'problem 3: 23:59:55 of ours is a temporary break on day D, due on D + 1',
    'problem 3: it is cleared by their 00:00:30 of D + 1',
    'problem 3: without it the same break is real on its due day',
  ],
  service: [
    'problem 3: a charge of 23:59:55 is a temporary break at night',
    'problem 3: so is one that the PSP has not settled yet',
    'problem 3: the next night clears the first with no touch',
    'problem 3: it tells both nights and nobody else',
    'problem 3: the next night promotes the other on its due day',
    'problem 3: another night promotes nothing again',
  ],
}

/** What the guide shows below its commands is what they print. */
describe('in the guide,', () => {
  const [, files = '', service = ''] =
    /^([\s\S]*)(?=^### In the service$)([\s\S]*)$/m.exec(read('docs/guides/three-problems.md').text) ?? []
  const named = (steps: readonly Step[], facts: readonly string[]) => {
    expect(steps).toHaveLength(facts.length)
    return steps.map((step, n): readonly [string, Step] => [facts[n] ?? '', step])
  }

  it.each(named(stepsOf(files), SHOWN.files))('%s', async (_fact, { commands, shown }) => {
    let printed = ''
    for (const command of commands) printed = await typed(command)

    expect(lines(printed)).toEqual(lines(shown))
  })

  const [guide, here] = [createTelling(), createTelling()]
  it.each(named(stepsOf(service), SHOWN.service))('%s', async (_fact, { commands, shown }) => {
    let printed = ''
    for (const command of commands) printed = await typed(here.retold(guide.told(command)))

    expect(lines(here.told(printed))).toEqual(lines(guide.told(shown)))
  })
})

const lines = (text: string): readonly string[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => line.trimEnd())

describe('problem 1, formats:', () => {
  const filesOf = (ours: string, theirs: string): Files => {
    const rows = (written: string) =>
      Array.from({ length: 8 }, (_, n) => [`order-${n}x`, `${10 + n}.${n}5`, 'USD', `"${written}"`])
    return {
      ours: csv([['reference', 'amount', 'currency', 'booked'], ...rows(ours)]),
      theirs: csv([['invoice', 'gross', 'currency', 'date'], ...rows(theirs)]),
    }
  }

  it('2022/01/01 of ours is 1 janv. 2022 of theirs', async () => {
    const { items, summary } = await done(filesOf('2022/01/01', '1 janv. 2022'))

    expect(items).toEqual([])
    expect(summary).toMatchObject({ pairs: 8, period: { from: '2022-01-01', to: '2022-01-01' } })
  })

  it('03/04/2022, which may be two days, is asked about and not guessed', async () => {
    const compared = await compareFiles(filesOf('03/04/2022', '03/04/2022'))

    expect(compared.kind).toBe('unsure')
  })

  it('a file is stored with the same days and sums, whichever way the sender writes them', async () => {
    const names = ['ours-january', 'theirs-january'] as const
    const stored = []
    for (const name of names) {
      const text = await typed(`files upload examples/three-problems/${name}.csv --source shop --json`)
      stored.push(JSON.parse(text) as Record<string, unknown>)
    }

    for (const file of stored)
      expect(file).toMatchObject({ status: 'accepted', business_date: '2022-01-02', lines: 6, new_lines: 6 })
    const sums = stored.map(({ statements }) => statements)
    expect(sums[0]).toEqual(sums[1])
  })
})

describe('problem 2, volume:', { timeout: 300_000 }, () => {
  // Each is less than what the one before takes: whatever the engine needs, one of them is too little for it.
  const MEMORY = ['150MB', '120MB', '90MB', '60MB', '40MB', '25MB']
  const ROWS = 30_000

  it('what does not fit into memory goes to disk, and nothing is lost or counted twice', async () => {
    const paths = { ours: join(folder, 'ours.csv'), theirs: join(folder, 'theirs.csv') }
    const planted = await writeReconFiles(ROWS, 1, paths)
    const files = { ours: readFileSync(paths.ours, 'utf8'), theirs: readFileSync(paths.theirs, 'utf8') }
    const [found, spilled] = await firstThatSpills(files)

    const byCode = new Map(found.summary.byCode.map(({ code, count }) => [code, count]))
    expect(spilled.length).toBeGreaterThan(0)
    const { ours_only, theirs_only, ...others } = planted
    expect(Object.fromEntries(byCode)).toEqual({
      missing_external: ours_only,
      missing_internal: theirs_only,
      ...others,
    })
    expect(found.summary.proof.map(({ unexplained }) => unexplained)).toEqual(found.summary.proof.map(() => 0n))
  })

  async function firstThatSpills(files: Files) {
    for (const memoryLimit of MEMORY) {
      const spilled: string[] = []
      const scratch = mkdtempSync(join(folder, 'scratch-'))
      const watcher = watch(scratch, (_event, name) => void (name?.startsWith('duckdb_temp') && spilled.push(name)))
      const found = await done(files, { asOf: '2026-05-01', memoryLimit, folder: scratch })
      watcher.close()
      if (spilled.length > 0) return [found, spilled] as const
    }
    throw new Error(`It took no more than ${MEMORY.at(-1)}.`)
  }
})

describe('problem 3, the cut-off:', () => {
  it('a straddle in the service clears with no touch: two runs wrote of it, and no person', async () => {
    const [found] = (await server.get('/v1/breaks?code=cutoff_straddle')).body['data'] ?? []
    const { body } = await server.get(`/v1/breaks/${found?.['id']}`)

    expect(body).toMatchObject({ class: 'temporary', state: 'cleared' })
    expect(body['events']?.map((event) => event['kind'])).toEqual(['opened', 'cleared'])
    expect(body['events']?.map((event) => event['by'])).toEqual([undefined, undefined])
  })

  it('a break in the service is promoted once, on its due date, however many nights follow', async () => {
    const [found] = (await server.get('/v1/breaks?code=missing_external')).body['data'] ?? []
    const { body } = await server.get(`/v1/breaks/${found?.['id']}`)

    const promoted = body['events']?.filter((event) => event['kind'] === 'promoted') ?? []
    expect(promoted.map((event) => event['business_date'])).toEqual([body['due_on']])
    expect(body).toMatchObject({ class: 'real', state: 'open' })
    expect(body['events']?.at(-1)?.['kind']).toBe('carried')
  })
})
