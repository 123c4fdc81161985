import { afterAll, describe, expect, it } from 'vitest'
import { createFakeServices } from '../testing/fake-services.ts'
import { bearer, caller, createTestServer, TEST_KEYS } from '../testing/test-server.ts'

const { app } = await createTestServer({ services: createFakeServices() })
const call = caller(app)
afterAll(() => app.close())

const HEX = '019a4c2f7b3c7d1e8f20a1b2c3d4e5f6'
const PATH = `/v1/recon_runs/run_${HEX}/matches`

describe('the matches of a run', () => {
  it('are listed with both sides and why they belong together, page by page', async () => {
    const first = (await call('GET', `${PATH}?limit=1&rule=psp_reference`)).json()
    const second = (await call('GET', `${PATH}?cursor=${first.next_cursor}`)).json()

    expect(first.data).toEqual([
      {
        object: 'match',
        run: `run_${HEX}`,
        rule: 'psp_reference',
        code: 'amount_mismatch',
        payment: `pay_${HEX}`,
        attempt: `att_${HEX}`,
        psp_reference: '=ch_1',
        ours: { amount: 1250, currency: 'EUR', carried: false, occurred_at: '2026-03-04T00:00:00.000Z' },
        theirs: {
          amount: -1150,
          currency: 'EUR',
          carried: true,
          file: `sf_${HEX}`,
          file_name: 'day "3", first.csv',
          line: 4,
          kind: 'charge',
          fee: 66,
        },
        difference: 2400,
        expected_fee: 63,
        explanation: 'Matched by PSP id: =ch_1, because the line has no reference of ours.',
      },
    ])
    expect(second).toEqual({ data: [], has_more: false, next_cursor: null })
  })

  it('are CSV in major units, in which no text is a formula and every number is one', async () => {
    const { headers, body } = await app.inject({
      method: 'GET',
      url: `${PATH}.csv`,
      headers: { authorization: bearer(TEST_KEYS.read) },
    })

    expect(headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="matches-run_${HEX}.csv"`,
    })
    const [heading, line, ...rest] = body.split('\n')
    expect(heading).toMatch(/^rule,code,payment,attempt,psp_reference,ours_amount,/)
    expect(line).toBe(
      `psp_reference,amount_mismatch,pay_${HEX},att_${HEX},'=ch_1,12.50,EUR,2026-03-04T00:00:00.000Z,-11.50,EUR,,0.66,0.63,"day ""3"", first.csv",4,"Matched by PSP id: =ch_1, because the line has no reference of ours.",,,`,
    )
    expect(rest).toEqual([''])
  })
})
