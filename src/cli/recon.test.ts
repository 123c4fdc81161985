import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { runTestCli } from '../../test/support/cli.ts'
import { csv } from '../recon/testing.ts'
import { SAMPLE } from './testing/recon-sample.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallystick-recon-cli-'))
})

afterAll(() => rmSync(folder, { recursive: true }))

const at = (name: string): string => join(folder, name)

const rows = (more: readonly (readonly string[])[]): string =>
  csv([
    ['reference', 'amount', 'currency', 'created'],
    ...Array.from({ length: 6 }, (_, place) => [`pay_${place}q`, `${place + 1}.50`, 'EUR', '2026-03-03T12:00:00Z']),
    ...more,
  ])

beforeEach(() => {
  rmSync(at('recon.yaml'), { force: true })
  rmSync(at('recon-report.html'), { force: true })
  writeFileSync(at('ours.csv'), rows([['=cmd()', '9.99', 'EUR', '2026-03-02T12:00:00Z']]))
  writeFileSync(at('theirs.csv'), rows([['<b>x</b>', '-1.00', 'EUR', '2026-03-03T12:00:00Z']]))
  writeFileSync(at('same.csv'), rows([]))
})

const recon = (...argv: string[]) => runTestCli(['recon', ...argv], { cwd: folder })

describe('recon --json', () => {
  it('prints one document with everything in it', async () => {
    const { stdout, exitCode } = await recon('ours.csv', 'theirs.csv', '--json', '--as-of', '2026-03-31', '--no-html')

    const item = { class: 'real' }
    expect(exitCode).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 'tallystick.recon/1',
      verdict: 'breaks',
      inputs: [
        { side: 'ours', path: 'ours.csv', format: 'csv', rows: 7, unparsed: 0 },
        { side: 'theirs', path: 'theirs.csv', format: 'csv', rows: 7, unparsed: 0 },
      ],
      mapping: { key: { ours: 'reference', theirs: 'reference', confidence: 'sure' }, amount: { ours: 'amount' } },
      matched: { pairs: 6, by_rule: [{ rule: 'exact', ours: 6, theirs: 6 }] },
      breaks: {
        real: 2,
        temporary: 0,
        by_code: [
          { code: 'missing_external', class: 'real', count: 1, amount_by_currency: { EUR: 999 } },
          { code: 'missing_internal', class: 'real', count: 1, amount_by_currency: { EUR: 100 } },
        ],
      },
      proof: [{ currency: 'EUR', ours: 3_399, theirs: 2_300, difference: 1_099, explained: 1_099, unexplained: 0 }],
      items: [
        { ...item, code: 'missing_external', ours: { row: 8, reference: '=cmd()', amount: 999 }, difference: 999 },
        { ...item, code: 'missing_internal', theirs: { row: 8, reference: '<b>x</b>', amount: -100 }, difference: 100 },
      ],
      outputs: {},
    })
  })

  it.each([
    [['same.csv', 'same.csv'], 0],
    [['ours.csv', 'theirs.csv', '--as-of', '2026-03-31'], 1],
    [['ours.csv', 'theirs.csv', '--fail-on', 'never'], 0],
    [['ours.csv', 'nowhere.csv'], 2],
    [['ours.csv', 'theirs.csv', '--lag', 'soon'], 2],
    [['ours.csv', 'theirs.csv', '--as-of', '2026-02-30'], 2],
    [['ours.csv', 'theirs.csv', '--key', 'ours=nothing,theirs=reference'], 2],
    [['ours.csv', 'other.csv'], 3],
  ] as const)('exits as it has to for %s: %i', async (argv, exit) => {
    writeFileSync(
      at('other.csv'),
      csv([
        ['name', 'value', 'currency'],
        ['anna', '3.00', 'EUR'],
        ['bert', '4.00', 'EUR'],
      ]),
    )

    const { exitCode, stdout } = await recon(...argv, '--json', '--no-html')

    expect(exitCode).toBe(exit)
    expect(() => JSON.parse(stdout)).not.toThrow()
  })

  it('names the flags that settle what is not sure', async () => {
    writeFileSync(
      at('other.csv'),
      csv([
        ['name', 'value', 'currency'],
        ['anna', '3.00', 'EUR'],
        ['bert', '4.00', 'EUR'],
      ]),
    )

    const { stdout, stderr } = await recon('ours.csv', 'other.csv', '--json')

    expect(stderr).toContain('--key ours=')
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'mapping_unsure' },
      columns: { ours: ['reference', 'amount', 'currency', 'created'], theirs: ['name', 'value', 'currency'] },
    })
  })

  it('holds as many breaks as the limit says, and the counts are of all', async () => {
    const { stdout } = await recon(
      'ours.csv',
      'theirs.csv',
      '--json',
      '--limit',
      '1',
      '--no-html',
      '--as-of',
      '2026-03-31',
    )

    expect(JSON.parse(stdout)).toMatchObject({ breaks: { real: 2 }, items: [{ code: 'missing_external' }] })
  })

  it('says what is new against a former result', async () => {
    const before = await recon('ours.csv', 'same.csv', '--json', '--no-html', '--as-of', '2026-03-31')
    writeFileSync(at('before.json'), before.stdout)

    const { stdout } = await recon(
      'ours.csv',
      'theirs.csv',
      '--json',
      '--no-html',
      '--as-of',
      '2026-03-31',
      '--baseline',
      'before.json',
    )

    expect(JSON.parse(stdout)).toMatchObject({ baseline: { new: 1, aged: 1, cleared: 0 } })
  })
})

describe('what recon writes', () => {
  it('is a page that loads nothing and escapes every text', async () => {
    await recon('ours.csv', 'theirs.csv', '--as-of', '2026-03-31')

    const page = readFileSync(at('recon-report.html'), 'utf8')
    expect(page).toContain('<h1>2 real breaks; 6 of 7 rows of ours matched.</h1>')
    expect(page).not.toContain('<b>x')
    expect(page).not.toMatch(/\b(?:src|href)=|https?:\/\//)
    expect(page).toContain("default-src 'none'")
  })

  it('is no formula in the CSV, and numbers are left as they are', async () => {
    await recon('ours.csv', 'theirs.csv', '--as-of', '2026-03-31', '--csv', 'breaks.csv', '--no-html')

    const lines = readFileSync(at('breaks.csv'), 'utf8').split('\n')
    expect(lines[1]).toContain(",8,'=cmd(),9.99,EUR,")
    expect(lines[2]).toContain(',8,<b>x</b>,-1.00,EUR,')
  })

  it('is a mapping that says the same when it is used, and is kept once it was edited', async () => {
    const first = await recon('ours.csv', 'theirs.csv', '--json', '--no-html')
    const saved = readFileSync(at('recon.yaml'), 'utf8')
    const second = await recon('ours.csv', 'theirs.csv', '--json', '--no-html', '--config', 'recon.yaml')
    writeFileSync(at('recon.yaml'), saved.replace('key_form: "exact"', 'key_form: case'))
    await recon('ours.csv', 'theirs.csv', '--no-html')

    expect(JSON.parse(second.stdout).items).toEqual(JSON.parse(first.stdout).items)
    expect(readFileSync(at('recon.yaml'), 'utf8')).toContain('key_form: case')
  })

  it('is nothing when it was not wanted', async () => {
    await recon('ours.csv', 'theirs.csv', '--no-html')

    expect(existsSync(at('recon-report.html'))).toBe(false)
  })
})

describe('recon --explain', () => {
  it('shows one break with the row as it stands in the file', async () => {
    const { stdout, exitCode } = await recon('ours.csv', 'theirs.csv', '--as-of', '2026-03-31', '--explain', '=cmd()')

    expect(exitCode).toBe(0)
    expect(stdout).toContain('=cmd(): missing in theirs')
    expect(stdout).toContain('ours, line 8')
    expect(stdout).toContain('amount\t9.99')
  })

  it('shows what it may belong to, and so do the document and the page', async () => {
    const options = ['--as-of', '2026-03-31']
    writeFileSync(at('typo.csv'), rows([['order-77418', '4.20', 'EUR', '2026-03-03']]))
    writeFileSync(at('right.csv'), rows([['order-77481', '4.20', 'EUR', '2026-03-03']]))

    const { stdout } = await recon('typo.csv', 'right.csv', ...options, '--explain', 'order-77418', '--no-html')
    const document = await recon('typo.csv', 'right.csv', ...options, '--json', '--html', 'report.html')

    expect(stdout).toMatch(
      /may be\t0\.84 {2}order-77481, 4\.20 EUR, line 8: the amount is the same, the references differ in one place, the day is the same, no other open record has this amount/,
    )
    expect(JSON.parse(document.stdout).items[0].suggestions).toMatchObject([
      {
        reasons: ['same_amount', 'near_reference', 'same_day', 'only_one'],
        rows: [{ row: 8, amount: 420, currency: 'EUR' }],
      },
    ])
    expect(readFileSync(at('report.html'), 'utf8')).toContain('order-77481, 4.20 EUR, line 8: the amount is the same')
  })
})

describe('the example of the guide', () => {
  it('adds up: rows, money and what it prints', async () => {
    writeFileSync(at('ledger.csv'), SAMPLE.ours)
    writeFileSync(at('report.csv'), SAMPLE.theirs)

    const { stdout, exitCode } = await recon('ledger.csv', 'report.csv', ...SAMPLE.flags)

    const text = stdout.replace(/ +/g, ' ')
    expect(exitCode).toBe(1)
    for (const line of SAMPLE.lines) expect(text).toContain(line)
  })
})

describe('a question on a terminal', () => {
  const days = (name: string): string =>
    csv([
      ['reference', 'amount', 'currency', name],
      ...Array.from({ length: 6 }, (_, place) => [`pay_${place}q`, `${place + 1}.50`, 'EUR', `0${place + 1}/04/2026`]),
    ])
  const ask = (stdin: string) =>
    runTestCli(['recon', 'days.csv', 'others.csv', '--no-html'], { cwd: folder, tty: true, stdin })

  beforeEach(() => {
    writeFileSync(at('days.csv'), days('created'))
    writeFileSync(at('others.csv'), days('date'))
  })

  it('shows what stands in the columns, takes an answer for each side, and goes on', async () => {
    const { stdout, stderr, exitCode } = await ask('1\n1\n')

    expect(stderr).toContain('01/04/2026')
    expect(stderr).toContain('which comes first in the dates of ours, 1 to 2: ')
    expect(exitCode).toBe(0)
    expect(stdout).toContain('2026-04-01 .. 2026-04-06')
  })

  it('takes nothing for an answer where a guess would be dangerous, and asks again', async () => {
    const { stderr, exitCode } = await ask('\n7\n2\n2\n')

    expect(stderr.match(/a number from 1 to 2/g)).toHaveLength(2)
    expect(exitCode).toBe(0)
  })

  it('that nobody answers leaves everything unmatched', async () => {
    expect((await ask('1\n')).exitCode).toBe(3)
  })

  it('is not asked where there is no terminal', async () => {
    expect(await recon('days.csv', 'others.csv', '--no-html')).toMatchObject({ exitCode: 3 })
  })
})
