import { describe, expect, it } from 'vitest'
import { REFUSALS } from '../platform/errors.ts'
import { errorRows, errorsReference } from './errors-reference.ts'

describe('the table of errors', () => {
  it('is docs/reference/errors.md; `npx vitest run -u` writes it anew', async () => {
    await expect(errorsReference()).toMatchFileSnapshot('../../docs/reference/errors.md')
  })

  it('has a sentence for every title and a fix for every code', () => {
    for (const [code, { title, fix, status }] of Object.entries(REFUSALS)) {
      expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/)
      expect(title).toMatch(/^[A-Z].*\.$/)
      expect(fix).toMatch(/^[A-Z].*\.$/)
      expect(status).toBeGreaterThanOrEqual(400)
      expect(status).toBeLessThan(600)
    }
  })

  it('is in order and has each code once', () => {
    const codes = errorRows().map(({ code }) => code)

    expect(codes).toEqual([...new Set(codes)].sort())
    expect(codes).toContain('internal_error')
  })
})
