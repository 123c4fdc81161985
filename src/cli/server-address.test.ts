import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTestIo } from '../../test/support/cli.ts'
import { findServer } from './server-address.ts'

let home = ''

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tallystick-home-'))
})

afterEach(() => rm(home, { recursive: true }))

const writeRunFile = (content: string) => writeFile(join(home, 'run.json'), content)
const find = (env: Record<string, string> = {}) => findServer(createTestIo({ env }).io, home)

describe('the server', () => {
  it('is found by TALLYSTICK_URL and TALLYSTICK_API_KEY', async () => {
    const found = await find({ TALLYSTICK_URL: 'http://10.0.0.1:4100/', TALLYSTICK_API_KEY: 'sk' })

    expect(found).toEqual({ url: 'http://10.0.0.1:4100', apiKey: 'sk' })
  })

  it('is found by run.json in the home', async () => {
    await writeRunFile('{"url":"http://127.0.0.1:4100","api_key":"sk_test_a","pid":1}')

    expect(await find()).toEqual({ url: 'http://127.0.0.1:4100', apiKey: 'sk_test_a' })
  })

  it('is never sent the key that belongs to another address', async () => {
    await writeRunFile('{"url":"http://127.0.0.1:4100","api_key":"sk_test_a"}')

    await expect(find({ TALLYSTICK_URL: 'http://example.test' })).rejects.toMatchObject({ code: 'api_key_missing' })
    expect(await find({ TALLYSTICK_URL: 'http://127.0.0.1:4100' })).toMatchObject({ apiKey: 'sk_test_a' })
  })

  it('is unknown without run.json, and the sentence says how to start one', async () => {
    await expect(find()).rejects.toMatchObject({ code: 'server_unknown', next: 'npm start', exitCode: 2 })
  })

  it.each(['{"url":', '[]', '{"url":"ftp://x","api_key":"k"}', '{"api_key":"k"}'])(
    'is refused when run.json holds %s',
    async (content) => {
      await writeRunFile(content)

      await expect(find()).rejects.toMatchObject({ name: 'CliFailure', exitCode: 2 })
    },
  )
})
