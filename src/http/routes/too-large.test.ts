import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { runTestCli } from '../../../test/support/cli.ts'
import { createTestServer, TEST_KEYS } from '../testing/test-server.ts'

const { app } = await createTestServer({})
const url = await app.listen({ port: 0, host: '127.0.0.1' })
const folder = mkdtempSync(join(tmpdir(), 'tallystick-too-large-'))
afterAll(async () => {
  await app.close()
  rmSync(folder, { recursive: true })
})

/** Once is luck: the answer comes while the file is still being sent, and the connection is closed behind it. */
const TIMES = 20

describe('a file that is larger than any upload', () => {
  it('is refused with the limit, and files upload says so', async () => {
    const path = join(folder, 'day.csv')
    writeFileSync(path, '')
    truncateSync(path, 1024 ** 3 + 1)

    for (let time = 0; time < TIMES; time++) {
      const { exitCode, stderr } = await runTestCli(['files', 'upload', path], {
        api: { url, apiKey: TEST_KEYS.admin },
      })

      expect(stderr).toContain('A settlement file has at most 1024 MiB here')
      expect(exitCode).toBe(2)
    }
  })
})

describe('a body that is larger than its endpoint takes', () => {
  it.each([
    ['/v1/payments', 1024 ** 2],
    ['/v1/payments/batch', 16 * 1024 ** 2],
  ])('%s is refused with the limit', async (path, most) => {
    const answer = await app.inject({
      method: 'POST',
      url: path,
      headers: { authorization: `Bearer ${TEST_KEYS.admin}`, 'content-type': 'application/json' },
      payload: ' '.repeat(most + 1),
    })

    expect(answer.statusCode).toBe(413)
    expect(answer.json()).toMatchObject({ code: 'payload_too_large', detail: expect.stringContaining(`${most} bytes`) })
  })
})
