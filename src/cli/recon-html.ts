import { formatMinor } from '../money/index.ts'
import { FIELDS, groupedMajor, type Hint, type Input, type Item, type Row, type Summary } from '../recon/index.ts'
import { escapeHtml, SCRIPT, STYLE } from './recon-html-assets.ts'
import { payoutsSection } from './recon-payouts.ts'
import { waterfall } from './recon-waterfall.ts'
import { dayText, hintText, LABELS, moneyOf, whereOf } from './recon-words.ts'

/** The page as a stream of pieces: one file that loads nothing, for people who were sent it. */
export async function* reportPage(
  summary: Summary,
  items: AsyncIterable<readonly Item[]>,
  about: {
    readonly version: string
    readonly command: string
    readonly limit: number
    readonly csv: string | undefined
  },
): AsyncGenerator<string> {
  yield head(verdictOf(summary))
  yield `<main><h1>${escapeHtml(verdictOf(summary))}</h1><p class="quiet">${escapeHtml(periodOf(summary))}</p>`
  yield proofSection(summary)
  yield categories(summary)
  yield payoutsSection(summary.payouts ?? [])
  yield breaksHead(summary, about)
  for await (const piece of items) yield piece.map(breakRow).join('')
  yield '</tbody></table></div></section>'
  yield mappingSection(summary)
  yield filesSection(summary)
  yield `<section><h2>How to reproduce</h2><p>With Tallystick ${escapeHtml(about.version)} and files of these hashes:</p>
<pre>${escapeHtml(about.command)}</pre></section></main><script>${SCRIPT}</script></body></html>\n`
}

const head = (title: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body>
`

export function verdictOf({ real, temporary, verdict, compared, byRule }: Summary): string {
  const matched = byRule.reduce((sum, { ours }) => sum + ours, 0)
  const waiting = temporary === 0 ? '' : `, ${temporary.toLocaleString('en-US')} waiting for their normal delay`
  const rows = `${matched.toLocaleString('en-US')} of ${compared.ours.toLocaleString('en-US')} rows of ours matched`
  if (verdict === 'clean') return `Both files agree: ${rows}${waiting}.`
  return `${real.toLocaleString('en-US')} real ${real === 1 ? 'break' : 'breaks'}${waiting}; ${rows}.`
}

const periodOf = ({ period }: Summary): string =>
  period.from === undefined || period.to === undefined
    ? 'The files have no dates.'
    : `${dayText(period.from)} to ${dayText(period.to)}, as of ${period.asOf === undefined ? 'no day' : dayText(period.asOf)}.`

function proofSection(summary: Summary): string {
  const rows = summary.proof.map(({ currency, ours, theirs, difference, explained, unexplained }) => {
    const cells = [ours, theirs, difference, explained, unexplained].map(
      (each) => `<td class="n">${groupedMajor(each, currency)}</td>`,
    )
    return `<tr><th scope="row">${escapeHtml(currency)}</th>${cells.join('')}</tr>`
  })
  const isProven = summary.proof.every(({ unexplained }) => unexplained === 0n)
  const sentence = isProven
    ? 'Ours − theirs is explained by the breaks, to the cent.'
    : 'Something is unexplained. This is our bug: please report it.'
  return `<section><h2>Proof</h2><p>${sentence}</p><div class="wide"><table><thead><tr><th scope="col">Currency</th>
${['Ours', 'Theirs', 'Ours − theirs', 'Explained', 'Unexplained'].map((name) => `<th scope="col" class="n">${name}</th>`).join('')}
</tr></thead><tbody>${rows.join('')}</tbody></table></div>${summary.proof.map(({ currency }) => breaksWaterfall(summary, currency)).join('')}</section>`
}

/** From ours down and up to theirs: one bar for each kind of break. The table below says the same in numbers. */
function breaksWaterfall({ proof, byCode, tolerated }: Summary, currency: string): string {
  const line = proof.find((each) => each.currency === currency)
  const steps = byCode.flatMap(({ code, amounts }) => {
    const amount = code === 'fee_mismatch' ? 0n : (amounts.get(currency) ?? 0n)
    return amount === 0n ? [] : [{ name: LABELS[code], amount }]
  })
  const within = tolerated.get(currency) ?? 0n
  if (within !== 0n) steps.push({ name: 'within tolerance', amount: within })
  if (line === undefined || steps.length === 0) return ''
  const title = `What makes ${groupedMajor(line.difference, currency)} ${currency} between ours and theirs`
  return waterfall({ title, currency, steps, end: { name: 'ours − theirs', amount: line.difference } })
}

function categories({ byCode, byRule, apart }: Summary): string {
  const breaks = byCode.map(
    ({ code, class: isClass, count, amounts, dueOn }) =>
      `<tr><th scope="row">${LABELS[code]}</th><td>${isClass}</td><td class="n">${count}</td><td class="n">${escapeHtml(moneyOf(amounts))}</td><td>${dueOn === undefined ? '' : dayText(dueOn)}</td></tr>`,
  )
  const matched = byRule.map(
    ({ rule, ours, theirs }) =>
      `<tr><th scope="row">${rule.replaceAll('_', ' ')}</th><td class="n">${ours}</td><td class="n">${theirs}</td></tr>`,
  )
  const others = apart.map(
    ({ side, kind, currency, rows, amount }) =>
      `<tr><th scope="row">${escapeHtml(kind)}</th><td>${side}</td><td class="n">${rows}</td><td class="n">${escapeHtml(moneyOf([[currency, amount]]))}</td></tr>`,
  )
  const table = (title: string, names: readonly string[], rows: readonly string[]): string =>
    rows.length === 0
      ? ''
      : `<section><h2>${title}</h2><div class="wide"><table><thead><tr>${names.map((name) => `<th scope="col">${name}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div></section>`
  return [
    table('Breaks by kind', ['Kind', 'Class', 'Count', 'Adds to ours − theirs', 'Due by'], breaks),
    table('Matched', ['Rule', 'Rows of ours', 'Rows of theirs'], matched),
    table('Apart: no sales, not compared', ['Kind', 'Side', 'Rows', 'Amount'], others),
  ].join('')
}

function breaksHead(
  { real, temporary }: Summary,
  { limit, csv }: { readonly limit: number; readonly csv: string | undefined },
): string {
  const total = real + temporary
  const more =
    total > limit
      ? `<p>The first ${limit} of ${total}, those of the most money.${csv === undefined ? ' With --csv FILE you get all.' : ` All are in ${escapeHtml(csv)}.`}</p>`
      : ''
  return `<section><h2>Breaks</h2>${more}<p><label>Search <input type="search" id="search" autocomplete="off"></label> <output id="shown"></output></p>
<div class="wide"><table id="breaks"><thead><tr>${['Reference', 'What', 'Ours', 'Theirs', 'Difference', 'Why'].map((name) => `<th scope="col">${name}</th>`).join('')}</tr></thead><tbody>`
}

function breakRow({
  id,
  code,
  class: isClass,
  dueOn,
  ours,
  theirs,
  difference,
  currency,
  reasons,
  suggestions,
}: Item): string {
  const gap =
    difference === undefined || currency === undefined ? '' : `${groupedMajor(difference, currency)} ${currency}`
  const due = dueOn === undefined ? '' : `<br>due by ${dayText(dueOn)}`
  const name = theirs?.reference ?? ours?.reference ?? ''
  return `<tr class="${isClass}"><th scope="row">${escapeHtml(name)}<br><code>${escapeHtml(id)}</code></th><td>${LABELS[code]}<br><span class="quiet">${isClass}</span>${due}</td><td>${rowCell(ours)}</td><td>${rowCell(theirs)}</td><td class="n">${escapeHtml(gap)}</td><td>${reasons.map(escapeHtml).join('<br>')}${hintsCell(suggestions)}</td></tr>\n`
}

function hintsCell(hints: readonly Hint[]): string {
  if (hints.length === 0) return ''
  const list = hints.map((hint) => `<li>${escapeHtml(hintText(hint))}</li>`).join('')
  return `<details><summary>May belong to ${hints.length === 1 ? 'another break' : 'other breaks'}</summary><ul>${list}</ul></details>`
}

function rowCell(row: Row | undefined): string {
  if (row === undefined) return '<span class="quiet">none</span>'
  const { amount, currency, cells } = row
  const money = amount === undefined || currency === undefined ? '' : `${formatMinor(amount, currency)} ${currency}, `
  const raw = cells.map(([name, text]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(text)}</dd>`).join('')
  const details = raw === '' ? '' : `<dl>${raw}</dl>`
  return `<details><summary>${escapeHtml(money + whereOf(row))}</summary>${details}</details>`
}

function mappingSection({ mapping }: Summary): string {
  const rows = FIELDS.map((name) => {
    const { ours, theirs, confidence, reason } = mapping.fields[name]
    return `<tr><th scope="row">${name}</th><td>${escapeHtml(ours ?? 'none')}</td><td>${escapeHtml(theirs ?? 'none')}</td><td>${confidence}</td><td>${escapeHtml(reason)}</td></tr>`
  })
  return `<section><h2>How the files were read</h2><div class="wide"><table><thead><tr>${['Field', 'Ours', 'Theirs', 'Confidence', 'Why'].map((name) => `<th scope="col">${name}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div></section>`
}

function filesSection({ inputs, notes }: Summary): string {
  const row = (
    side: string,
    path: string,
    cells: Pick<Input, 'format' | 'rows' | 'sha256'>,
    unparsed: string,
  ): string =>
    `<tr><th scope="row">${side}</th><td>${escapeHtml(path)}</td><td>${escapeHtml(cells.format)}</td><td class="n">${cells.rows}</td><td class="n">${unparsed}</td><td><code>${cells.sha256}</code></td></tr>`
  const rows = inputs.flatMap((input) => [
    row(input.side, input.path, input, String(input.unparsed)),
    ...input.parts.map((part) => row('', part.name, part, '')),
  ])
  const remarks = notes.length === 0 ? '' : `<ul>${notes.map((note) => `<li>${escapeHtml(note)}</li>`).join('')}</ul>`
  return `<section><h2>Files</h2><div class="wide"><table><thead><tr>${['Side', 'Path', 'Format', 'Rows', 'Unreadable', 'SHA-256'].map((name) => `<th scope="col">${name}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>${remarks}</section>`
}
