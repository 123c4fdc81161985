// Prints what failed in runs of the tests, a line each, and then how many passed and failed. Takes the JSON report of each
// run as a file; a run that left none, or half of one, did not happen, and that is one failure.
import { existsSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'

const reports = process.argv.slice(2).map((path) => reportIn(existsSync(path) ? readFileSync(path, 'utf8') : ''))
const passed = reports.reduce((sum, { numPassedTests }) => sum + numPassedTests, 0)
const testResults = reports.flatMap((report) => report.testResults)

function reportIn(text) {
  try {
    return JSON.parse(text)
  } catch {
    const message = text === '' ? 'They left no report.' : 'They left half a report.'
    return { numPassedTests: 0, testResults: [{ name: 'the tests', status: 'failed', message, assertionResults: [] }] }
  }
}

const firstLine = (text) => (text ?? '').split('\n', 1)[0].slice(0, 300)

const failures = testResults.flatMap(({ name, status, message, assertionResults }) => {
  const file = name.startsWith('/') ? relative(process.cwd(), name) : name
  const tests = assertionResults
    .filter((test) => test.status === 'failed')
    .map(({ ancestorTitles, title, failureMessages }) => [[file, ...ancestorTitles, title], failureMessages[0]])
  // A file that could not be loaded, or whose hooks failed, has no failed tests of its own.
  return tests.length > 0 || status !== 'failed' ? tests : [[[file], message || 'It failed outside of its tests.']]
})

for (const [names, message] of failures) console.log(`✗ ${names.join(' › ')}\n    ${firstLine(message)}`)
console.log(`${passed} passed, ${failures.length} failed`)
