import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTestContext, runTestCli } from '../../test/support/cli.ts'
import { type FakeApi, startFakeApi } from '../../test/support/fake-api.ts'
import { runsStart } from './runs-start.ts'

let api: FakeApi

beforeEach(async () => {
  api = await startFakeApi()
})

afterEach(() => api.close())

const run = (...argv: string[]) => runTestCli(argv, { api })

const QUEUED = {
  id: 'run_1',
  object: 'recon_run',
  source: 'simulator',
  business_date: '2026-03-03',
  status: 'queued',
  ours: null,
  theirs: null,
  matched: null,
  breaks: null,
  proof: [] as object[],
  requested_at: 'T',
}
const COMPLETED = {
  ...QUEUED,
  status: 'completed',
  file: 'sf_1',
  ours: 2,
  theirs: 1,
  matched: 1,
  breaks: 1,
  proof: [{ currency: 'EUR', ours: 3250, theirs: 2000, difference: 1250, explained: 1250, unexplained: 0 }],
  completed_at: 'T2',
}

describe('runs start', () => {
  const start = (...more: string[]) => run('runs', 'start', '--source', 'simulator', '--date', '2026-03-03', ...more)

  /** The API, in which the run ends like this after two looks, and these real breaks stand. */
  function ends(as: object, breaks: readonly object[] = []): void {
    let looks = 0
    api.routes.set('POST /v1/recon_runs', () => ({ status: 202, body: QUEUED }))
    api.routes.set('GET /v1/recon_runs/run_1', () => ({
      body: ++looks < 2 ? { ...QUEUED, status: 'running', phase: 'match' } : as,
    }))
    api.routes.set('GET /v1/recon_runs', () => ({ body: { data: [], has_more: false } }))
    api.routes.set('GET /v1/breaks', () => ({ body: { data: breaks, has_more: false } }))
  }

  it('waits for the end and prints the equation', async () => {
    ends(COMPLETED)

    const { exitCode, stdout, stderr } = await start()

    expect(api.requests[0]?.body).toEqual({ source: 'simulator', business_date: '2026-03-03' })
    expect(stdout).toContain('matched\t1\n')
    expect(stdout).toContain('EUR: ours 32.50 − theirs 20.00 = 12.50, explained by breaks: 12.50, to the cent\n')
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  })

  it('exits 1 when real breaks stand', async () => {
    ends(COMPLETED, [{ id: 'brk_1' }])

    const { exitCode, stdout, stderr } = await start('--json')

    expect(stderr).toBe('real breaks stand; run: npx tallystick breaks list --run run_1 --class real\n')
    expect(JSON.parse(stdout)).toEqual(COMPLETED)
    expect(exitCode).toBe(1)
    expect(api.requests.at(-1)?.query.toString()).toBe('run=run_1&class=real&state=open&limit=1')
  })

  it('exits 1 when money is unexplained', async () => {
    const proof = [{ currency: 'EUR', ours: 3250, theirs: 2000, difference: 1250, explained: 1249, unexplained: 1 }]
    ends({ ...COMPLETED, proof })

    const { exitCode, stdout, stderr } = await start()

    expect(stdout).toContain('explained by breaks: 12.49, and 0.01 EUR is UNEXPLAINED\n')
    expect(stderr).toContain('money is unexplained')
    expect(exitCode).toBe(1)
  })

  it('exits 1 with the reason when the run failed', async () => {
    ends({ ...QUEUED, status: 'failed', failure: 'A contradiction.' })

    const { exitCode, stderr } = await start()

    expect(stderr).toBe('it failed: A contradiction; run: npx tallystick doctor\n')
    expect(exitCode).toBe(1)
  })

  const impatient = async () => {
    const { context, stderr } = createTestContext({ api })
    const options = { source: 'simulator', date: '2026-03-03', wait: true }
    try {
      return { exitCode: await runsStart(context, options, { pollMs: 1, fileMs: 0, endMs: 60_000 }), stderr }
    } finally {
      await context.close()
    }
  }

  it('exits 1 when there is no file yet', async () => {
    ends({ ...QUEUED, status: 'waiting_for_file' })

    const { exitCode, stderr } = await impatient()

    expect(stderr()).toBe('there is no accepted file of 2026-03-03 yet; run: npx tallystick files list\n')
    expect(exitCode).toBe(1)
  })

  it('says behind which day it is queued', async () => {
    ends(QUEUED)
    const waiting = { ...QUEUED, id: 'run_0', business_date: '2026-03-01', status: 'waiting_for_file' }
    const later = { ...waiting, id: 'run_9', business_date: '2026-03-09' }
    api.routes.set('GET /v1/recon_runs', ({ query }) => ({
      body: { data: query.get('status') === 'failed' ? [] : [later, waiting], has_more: false },
    }))

    await expect(impatient()).rejects.toMatchObject({
      message: 'The run of 2026-03-03 is queued behind that of 2026-03-01, which is waiting_for_file',
      next: 'npx tallystick runs get run_0',
      exitCode: 1,
    })
  })

  it('does not wait with --no-wait', async () => {
    ends(COMPLETED)

    const { exitCode, stdout } = await start('--no-wait')

    expect(stdout).toContain('status\tqueued\n')
    expect({ exitCode, requests: api.requests.length }).toEqual({ exitCode: 0, requests: 1 })
  })

  it('needs a source and a day', async () => {
    expect((await run('runs', 'start', '--source', 'simulator')).exitCode).toBe(2)
  })
})

describe('runs list', () => {
  it('prints one line for each run, without counts until they were compared', async () => {
    api.routes.set('GET /v1/recon_runs', () => ({ body: { data: [COMPLETED, QUEUED], has_more: false } }))

    const { stdout } = await run('runs', 'list', '--status', 'completed')

    expect(stdout).toBe(
      'run_1\tsimulator\t2026-03-03\tcompleted\t2\t1\t1\t1\tT2\nrun_1\tsimulator\t2026-03-03\tqueued\t\t\t\t\t\n',
    )
    expect(api.requests[0]?.query.toString()).toBe('status=completed&limit=25')
  })
})

describe('runs get', () => {
  it('prints the facts and the file', async () => {
    api.routes.set('GET /v1/recon_runs/run_1', () => ({ body: COMPLETED }))

    const { exitCode, stdout } = await run('runs', 'get', 'run_1')

    expect(stdout).toContain('file\tsf_1\nours\t2\ntheirs\t1\nmatched\t1\nbreaks\t1\ncompleted\tT2\n')
    expect(exitCode).toBe(0)
  })

  it('exits 1 for a run that does not exist', async () => {
    expect((await run('runs', 'get', 'run_2')).exitCode).toBe(1)
  })
})
