import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FORMATS, PUBLISHED_FORMATS } from '../src/settlement/formats/index.ts'
import { runTestCli } from './support/cli.ts'
import { PUBLISHED_FILES, TABLE_FILES } from './support/format-files.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallystick-formats-'))
})

afterAll(() => rmSync(folder, { recursive: true }))

/** `BEGINNING_BYTES` of a file, which is what formats are offered. */
const beginning = (text: string): Buffer => Buffer.from(text).subarray(0, 4_096)

const parse = async (text: string) => {
  writeFileSync(join(folder, 'file'), text)
  const { stdout, exitCode } = await runTestCli(['parse', 'file', '--json'], { cwd: folder })
  return { exitCode, document: JSON.parse(stdout) }
}

describe.each(Object.entries(PUBLISHED_FILES))('A file in %s', (name, { one }) => {
  it('is recognised by one of the published formats, and no other', () => {
    const names = PUBLISHED_FORMATS.filter((format) => format.detects(beginning(one))).map((format) => format.name)

    expect(names).toEqual([name])
  })

  it('is read by parse', async () => {
    const { exitCode, document } = await parse(one)

    expect({ exitCode, format: document.format, diagnostics: document.diagnostics }).toEqual({
      exitCode: 0,
      format: name,
      diagnostics: [],
    })
    expect(document.lines.length).toBeGreaterThan(0)
  })
})

describe.each(Object.entries(TABLE_FILES))('A table in %s', (name, { one }) => {
  it('is recognised by no published format, and read by parse', async () => {
    const { exitCode, document } = await parse(one)

    expect(PUBLISHED_FORMATS.filter((format) => format.detects(beginning(one)))).toEqual([])
    expect({ exitCode, format: document.format }).toEqual({ exitCode: 0, format: name })
    expect(document.statements).toMatchObject([{ control: { status: 'pass' } }])
  })
})

describe('The list of formats', () => {
  it('has a file of each published one here', () => {
    expect(Object.keys(PUBLISHED_FILES).sort()).toEqual(PUBLISHED_FORMATS.map(({ name }) => name).sort())
  })

  it('has each name once', () => {
    const names = FORMATS.map(({ name }) => name)

    expect(new Set(names).size).toBe(names.length)
  })
})
