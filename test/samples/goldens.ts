import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Check } from './check.ts'
import { compareGolden, type Golden } from './golden.ts'
import { readGenkgo } from './golden-genkgo.ts'
import { compareExpected, type Expected } from './golden-psp.ts'
import { readPydata } from './golden-pydata.ts'
import { readRs } from './golden-rs.ts'
import { readWebschik } from './golden-webschik.ts'
import { readWolph } from './golden-wolph.ts'
import type { Reading } from './read-sample.ts'

type Reader = {
  readonly in: RegExp
  readonly golden: (path: string) => string
  readonly read: (text: string) => Golden
}

const withEnd = (end: string) => (path: string) => path.replace(/\.[^./]+$/, end)

/** Which repository's files have which kind of golden beside them. */
const READERS: readonly Reader[] = [
  { in: /^wolph\+/, golden: withEnd('.yml'), read: readWolph },
  { in: /^svenstaro\+/, golden: withEnd('.json'), read: readRs },
  { in: /^webschik\+/, golden: withEnd('.json'), read: readWebschik },
  { in: /^genkgo\+/, golden: withEnd('.json'), read: readGenkgo },
  {
    in: /^OCA\+.*test-camt053$/,
    golden: (path) => `${path.replace('test-camt053', 'golden-camt053')}.pydata`,
    read: readPydata,
  },
]

/** Everything that other projects expect of a sample; nothing when there is no golden of it. */
export function compareGoldens(folder: string, path: string, reading: Reading): Check[] {
  const reader = READERS.find((each) => each.in.test(path))
  const golden = reader === undefined ? undefined : textAt(join(folder, reader.golden(path)))
  if (reader !== undefined && golden !== undefined) return compareGolden(reader.read(golden), reading)
  const expected = textAt(join(folder, 'EXPECTED.json'))
  return expected === undefined ? [] : compareExpected(JSON.parse(expected) as Expected, path, reading)
}

export const textAt = (path: string): string | undefined => (existsSync(path) ? readFileSync(path, 'utf8') : undefined)
