import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'tallystick-summary-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** What stands at the end of a run whose tests left this report. */
function summaryOf(report: unknown): string[] {
  return endOf(report === undefined ? '' : JSON.stringify(report))
}

function endOf(...reports: readonly string[]): string[] {
  const paths = reports.map((report, place) => {
    const path = join(folder, `tests-${place}.json`)
    writeFileSync(path, report)
    return path
  })
  const { stdout, stderr } = spawnSync(process.execPath, ['.ci/summary.js', ...paths], { encoding: 'utf8' })
  expect(stderr).toBe('')
  return stdout.trimEnd().split('\n')
}

const passed = { status: 'passed', ancestorTitles: ['money'], title: 'adds up', failureMessages: [] }
const failed = {
  status: 'failed',
  ancestorTitles: ['money', 'in euros'],
  title: 'is exact',
  failureMessages: ['AssertionError: expected 1 to be 2\n    at a line'],
}

describe('the end of a run', () => {
  it('is the counts alone when nothing failed', () => {
    const report = {
      numPassedTests: 1,
      testResults: [{ name: '/a.test.ts', status: 'passed', assertionResults: [passed] }],
    }

    expect(summaryOf(report)).toEqual(['1 passed, 0 failed'])
  })

  it('names each test that failed with its file and why, and last of all the counts', () => {
    const testResults = [
      { name: resolve('src/a.test.ts'), status: 'failed', message: '', assertionResults: [passed, failed] },
      { name: resolve('src/b.test.ts'), status: 'failed', message: 'Cannot find module\nat x', assertionResults: [] },
      { name: resolve('src/c.test.ts'), status: 'failed', message: '', assertionResults: [passed] },
    ]

    expect(summaryOf({ numPassedTests: 2, testResults })).toEqual([
      '✗ src/a.test.ts › money › in euros › is exact',
      '    AssertionError: expected 1 to be 2',
      '✗ src/b.test.ts',
      '    Cannot find module',
      '✗ src/c.test.ts',
      '    It failed outside of its tests.',
      '2 passed, 3 failed',
    ])
  })

  it('adds the runs up', () => {
    const testResults = [{ name: resolve('src/a.test.ts'), status: 'failed', message: '', assertionResults: [failed] }]

    expect(
      endOf('{"numPassedTests": 3, "testResults": []}', JSON.stringify({ numPassedTests: 2, testResults })),
    ).toEqual([
      '✗ src/a.test.ts › money › in euros › is exact',
      '    AssertionError: expected 1 to be 2',
      '5 passed, 1 failed',
    ])
  })

  it('says that the tests did not run when they left no report', () => {
    expect(summaryOf(undefined)).toEqual(['✗ the tests', '    They left no report.', '0 passed, 1 failed'])
  })

  it('says so too when they were stopped while they wrote it', () => {
    expect(endOf('{"numPassedTests": 4, "testRe')).toEqual([
      '✗ the tests',
      '    They left half a report.',
      '0 passed, 1 failed',
    ])
  })
})
