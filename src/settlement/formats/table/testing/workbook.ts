import { zipOf } from '../../../testing/zip.ts'

/** Workbooks, as programs of offices write them. */

/** A cell of a workbook as a test says it. A text is a shared string. */
export type SheetCell =
  | string
  | undefined
  | { readonly inline: string }
  | { readonly number: string; readonly style?: number }
  | { readonly formula: string; readonly value: string; readonly type?: string }
  | { readonly flag: boolean }
  | { readonly xml: string }

export type WorkbookModel = {
  readonly rows: readonly (readonly SheetCell[])[]
  /** Codes of custom number formats; style 1 is the first of them. */
  readonly formats?: readonly string[]
  readonly from1904?: boolean
  /** Sheets that stand before the one with the rows, as an element `sheet` of the workbook. */
  readonly otherSheets?: readonly { readonly state?: string; readonly type?: string }[]
  readonly parts?: Readonly<Record<string, string>>
}

const escaped = (text: string): string => text.replace(/[<&"]/g, (char) => `&#${char.charCodeAt(0)};`)

export function workbookOf(model: WorkbookModel): Buffer {
  const shared: string[] = []
  const sheet = sheetOf(model.rows, shared)
  const others = model.otherSheets ?? []
  const relation = (id: number, type: string, target: string): string =>
    `<Relationship Id="rId${id}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/${type}" Target="${target}"/>`
  const sheets = others.map(
    ({ state }, index) =>
      `<sheet name="o${index}" sheetId="${index + 2}" ${state === undefined ? '' : `state="${state}"`} r:id="rId${index + 2}"/>`,
  )
  const parts: Record<string, string> = {
    'xl/workbook.xml': `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><workbookPr${model.from1904 === true ? ' date1904="1"' : ''}/><sheets>${sheets.join('')}<sheet name="Data" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${relation(1, 'worksheet', 'worksheets/data.xml')}${others.map(({ type }, index) => relation(index + 2, type ?? 'worksheet', `worksheets/o${index}.xml`)).join('')}</Relationships>`,
    'xl/worksheets/data.xml': sheet,
    'xl/sharedStrings.xml': `<sst>${shared.map((text) => `<si><t xml:space="preserve">${escaped(text)}</t></si>`).join('')}</sst>`,
    'xl/styles.xml': stylesOf(model.formats ?? []),
  }
  for (const [index] of others.entries()) parts[`xl/worksheets/o${index}.xml`] = sheetOf([['other', 'sheet']], shared)
  return zipOf(Object.entries({ ...parts, ...model.parts }).map(([name, text]) => ({ name, bytes: Buffer.from(text) })))
}

const stylesOf = (formats: readonly string[]): string =>
  `<styleSheet><numFmts>${formats.map((code, index) => `<numFmt numFmtId="${164 + index}" formatCode="${escaped(code)}"/>`).join('')}</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/>${formats.map((_code, index) => `<xf numFmtId="${164 + index}"/>`).join('')}<xf numFmtId="14"/><xf numFmtId="4"/></cellXfs></styleSheet>`

function sheetOf(rows: WorkbookModel['rows'], shared: string[]): string {
  const body = rows.map((cells, row) => {
    const texts = cells.map((cell, place) => cellOf(cell, `${letterOf(place)}${row + 1}`, shared))
    return `<row r="${row + 1}">${texts.join('')}</row>`
  })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>${body.join('')}</sheetData></worksheet>`
}

const letterOf = (place: number): string =>
  place < 26 ? String.fromCharCode(65 + place) : letterOf(Math.floor(place / 26) - 1) + letterOf(place % 26)

function cellOf(cell: SheetCell, at: string, shared: string[]): string {
  if (cell === undefined) return ''
  if (typeof cell === 'string') return `<c r="${at}" t="s"><v>${shared.push(cell) - 1}</v></c>`
  if ('inline' in cell) return `<c r="${at}" t="inlineStr"><is><t>${escaped(cell.inline)}</t></is></c>`
  if ('number' in cell) return `<c r="${at}" s="${cell.style ?? 0}"><v>${cell.number}</v></c>`
  if ('formula' in cell)
    return `<c r="${at}" ${cell.type === undefined ? '' : `t="${cell.type}"`}><f>${escaped(cell.formula)}</f><v>${escaped(cell.value)}</v></c>`
  if ('flag' in cell) return `<c r="${at}" t="b"><v>${cell.flag ? 1 : 0}</v></c>`
  return cell.xml
}
