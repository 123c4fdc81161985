import type { Seeded } from '../../../../../test/support/seeded.ts'
import { openItem } from '../open-item.ts'
import type { Item } from '../record.ts'
import { createStream, type Stream } from '../stream.ts'
import { type Booked, fileOf, type History, type Line, type Told, uuid } from './history.ts'
import { createNights, type Said } from './nights.ts'

export const oursItem = (each: Booked): Item => ({
  side: 'ours',
  record: {
    name: `${each.charge} ${each.night}`,
    attempt_id: each.charge,
    payment_id: uuid(5, 1),
    ours_psp_reference: each.psp,
    asked_amount: each.asked,
    ours_amount: each.amount,
    ours_currency: each.currency,
    ours_ms: BigInt(each.ms),
    business_date: each.day,
    ours_break: null,
  },
})

export const lineItem = (each: Line, day: string): Item => ({
  side: 'line',
  record: {
    name: `line ${each.line}`,
    day,
    file_id: fileOf(each.night),
    line: each.line,
    kind: each.kind,
    status: each.status,
    reference: each.reference,
    psp_reference: each.psp,
    theirs_amount: each.amount,
    fee: each.fee,
    theirs_currency: each.currency,
    theirs_ms: each.ms === null ? null : BigInt(each.ms),
    theirs_break: null,
  },
})

const toldItem = (each: Told, n: number): Item => ({
  side: 'told',
  record: {
    name: `told ${n}`,
    day: each.day,
    reference: each.reference,
    psp_reference: each.psp,
    theirs_amount: each.amount,
    theirs_currency: each.currency,
    theirs_ms: BigInt(each.ms),
  },
})

/** A record, with the nights between which it comes: after the file of `from` − 1 is complete, before that of `to` is. */
type Arrival = { readonly item: Item; readonly from: number; readonly to: number }

function arrivals({ days, booked, lines, told }: History): readonly Arrival[] {
  const nightOf = (day: string): number => days.indexOf(day)
  return [
    // What is booked after the night of its own day is late; what is not may come before earlier files are complete.
    ...booked.map((each) => ({
      item: oursItem(each),
      from: each.night > nightOf(each.day) ? each.night : 0,
      to: each.night,
    })),
    // A line that stands for no charge has nothing to be matched with.
    ...lines
      .filter(({ kind }) => kind !== 'payout' && kind !== 'fee')
      .map((each) => ({ item: lineItem(each, days[each.night] ?? ''), from: 0, to: each.night })),
    ...told.map((each, n) => ({ item: toldItem(each, n), from: 0, to: days.length - 1 })),
  ]
}

/** The history record by record, in an order that `random` makes up, some of them twice. Gives what each night says. */
export function decideWithStream(history: History, random: Seeded): readonly Said[] {
  const nights = createNights(history)
  const stream = createStream(history.source)
  const slots = arrivals(history).map(({ item, from, to }) => ({
    item,
    at: random.integer(from, to) + random.next() * 0.999,
  }))
  return history.days.map((day, night) => {
    const due = slots.filter(({ at }) => Math.floor(at) === night).toSorted((a, b) => a.at - b.at)
    arriveInPieces(
      stream,
      due.map(({ item }) => item),
      random,
    )
    const said = nights.decide(night, stream.complete(day))
    stream.arrive(nights.open().flatMap((each) => openItem(each) ?? []))
    return said
  })
}

function arriveInPieces(stream: Stream, items: readonly Item[], random: Seeded): void {
  for (let begin = 0; begin < items.length; ) {
    const size = random.integer(1, 5)
    stream.arrive(items.slice(begin, begin + size))
    if (random.chance(0.1)) stream.arrive(items.slice(0, begin))
    if (random.chance(0.5)) stream.changes()
    begin += size
  }
}
