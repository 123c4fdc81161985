/** What the load generator sends: texts put together by hand, because it shares the processors with what is measured. */

export type Work =
  | { readonly kind: 'payment'; readonly sellers: number }
  | {
      readonly kind: 'entry'
      readonly shape: Shape
      readonly accounts: number
      /** 1: one entry with each POST; more: that many in a batch. */
      readonly perRequest: number
    }

/** Which accounts entries touch: two of many, one of many and always the same one, or two by Zipf's law. */
export type Shape = 'distinct' | 'hot' | 'zipf'

export const SHAPES: readonly Shape[] = ['distinct', 'hot', 'zipf']

export type Body = { readonly path: string; readonly text: string }

/** Gives the body of the n-th request. `run` makes its names unique across runs. */
export function bodiesOf(work: Work, run: string): (n: number) => Body {
  return work.kind === 'payment' ? payments(work.sellers, run) : entries(work, run)
}

/** A checkout of two sellers. Amounts and sellers vary, so that no row is every payment's. */
function payments(sellers: number, run: string): (n: number) => Body {
  return (n) => {
    const first = whole(sellers)
    const second = (first + 1 + whole(sellers - 1)) % sellers
    const [a, b] = [100 + whole(20_000), 100 + whole(20_000)]
    const orders = `[{"seller":"seller_${first}","amount":${a},"platform_fee":${Math.floor(a / 10)}},{"seller":"seller_${second}","amount":${b},"platform_fee":${Math.floor(b / 10)}}]`
    const buyer = `{"reference":"buyer_${whole(100_000)}"}`
    const text = `{"checkout_id":"chk_${run}_${n}","buyer":${buyer},"currency":"EUR","payment_method":"pm_test_visa","orders":${orders}}`
    return { path: '/v1/payments', text }
  }
}

function entries(work: Work & { readonly kind: 'entry' }, run: string): (n: number) => Body {
  const { perRequest } = work
  const pair = pairs(work.shape, work.accounts)
  const entry = (reference: string): string => {
    const [debit, credit] = pair()
    const amount = 1 + whole(100_000)
    return `{"kind":"manual","reference":"${reference}","currency":"EUR","postings":[{"account":"${debit}","direction":"debit","amount":${amount}},{"account":"${credit}","direction":"credit","amount":${amount}}]}`
  }
  if (perRequest === 1) return (n) => ({ path: '/v1/ledger/entries', text: entry(`${run}_${n}`) })
  return (n) => {
    const items = Array.from({ length: perRequest }, (_, index) => entry(`${run}_${n}_${index}`))
    return { path: '/v1/ledger/entries/batch', text: `{"entries":[${items.join(',')}]}` }
  }
}

export const accountName = (index: number): string => `bench:${index}`

function pairs(shape: Shape, accounts: number): () => readonly [debit: string, credit: string] {
  const pick = shape === 'zipf' ? zipf(accounts) : () => whole(accounts)
  return () => {
    const debit = pick()
    if (shape === 'hot') return [accountName(debit), 'bench:hot']
    let credit = pick()
    if (credit === debit) credit = (credit + 1) % accounts
    return [accountName(debit), accountName(credit)]
  }
}

/** Zipf's law with exponent 1.0: the k-th account is touched 1/k times as often as the first. */
function zipf(count: number): () => number {
  const cumulated = new Float64Array(count)
  let sum = 0
  for (let index = 0; index < count; index += 1) {
    sum += 1 / (index + 1)
    cumulated[index] = sum
  }
  return () => {
    const wanted = Math.random() * sum
    let [low, high] = [0, count - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((cumulated[middle] ?? 0) < wanted) low = middle + 1
      else high = middle
    }
    return low
  }
}

const whole = (below: number): number => Math.floor(Math.random() * below)
