import { describe, expect, it } from 'vitest'
import { createDiagnostics } from './diagnostics.ts'

describe('diagnostics', () => {
  const listOf = (
    severities: readonly ('error' | 'warning')[],
  ): ReturnType<ReturnType<typeof createDiagnostics>['list']> => {
    const diagnostics = createDiagnostics()
    for (const [index, severity] of severities.entries())
      diagnostics.add({ severity, code: 'date', line: index + 1, message: 'x' })
    return diagnostics.list()
  }
  const thousand = Array<'warning'>(1_000).fill('warning')

  it('beyond a thousand are counted, and are as bad as the worst of them', () => {
    expect(listOf(thousand)).toHaveLength(1_000)
    expect(listOf([...thousand, 'warning', 'warning']).at(-1)).toMatchObject({
      severity: 'warning',
      code: 'more',
      line: 1_002,
      message: '2 more like these',
    })
    expect(listOf([...thousand, 'error', 'warning']).at(-1)).toMatchObject({ severity: 'error', code: 'more' })
  })

  it('have a message without half a character', () => {
    const diagnostics = createDiagnostics()
    diagnostics.add({ severity: 'error', code: 'text', line: 1, message: '"😀'.slice(0, 2) })

    expect(diagnostics.list()).toMatchObject([{ message: '"\ufffd' }])
  })
})
