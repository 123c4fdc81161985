import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runTestCli } from '../../test/support/cli.ts'
import { csv } from '../recon/testing.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallystick-recon-folder-'))
  mkdirSync(join(folder, 'exports'))
  const rows = Array.from({ length: 8 }, (_, place) => [`pay_${place}q`, `${place + 1}.50`, 'EUR', '2026-03-03'])
  const header = ['reference', 'amount', 'currency', 'created']
  writeFileSync(join(folder, 'exports', 'a.csv'), csv([header, ...rows.slice(0, 4)]))
  writeFileSync(
    join(folder, 'exports', 'b.csv'),
    csv([header, ...rows.slice(4), ['split', '2.00', 'EUR', '2026-03-03']]),
  )
  writeFileSync(join(folder, 'exports', 'c.csv'), csv([header, ['split', '3.00', 'EUR', '2026-03-03']]))
  writeFileSync(join(folder, 'psp.csv'), csv([header, ...rows, ['split', '4.00', 'EUR', '2026-03-03']]))
})

afterAll(() => rmSync(folder, { recursive: true }))

const recon = (...argv: string[]) => runTestCli(['recon', ...argv, '--as-of', '2026-03-31'], { cwd: folder })

describe('recon of a folder', () => {
  it('names the file and the line of each row in every output', async () => {
    const { stdout } = await recon('exports', 'psp.csv', '--json', '--csv', 'breaks.csv', '--html', 'report.html')
    const explained = await recon('exports', 'psp.csv', '--explain', 'split', '--no-html')

    expect(JSON.parse(stdout)).toMatchObject({
      inputs: [{ path: 'exports', rows: 10, files: [{ name: 'a.csv', rows: 4, format: 'csv' }, { name: 'b.csv' }, { name: 'c.csv' }] }, { path: 'psp.csv' }],
      items: [{ code: 'split_mismatch', ours: { row: 6, file: 'b.csv', rows: [6, 2], files: ['b.csv', 'c.csv'] }, theirs: { row: 10 } }],
    })
    expect(readFileSync(join(folder, 'breaks.csv'), 'utf8')).toMatch(/,6 2,split,.*,b\.csv; c\.csv,\n/)
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain('line 6 of b.csv, line 2 of c.csv')
    expect(explained.stdout).toContain('ours, line 6 of b.csv, line 2 of c.csv')
  }) // biome-ignore format: documents
})
