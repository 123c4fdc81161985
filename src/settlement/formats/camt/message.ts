import { BrokenFile } from '../diagnostics.ts'
import type { XmlHandler } from '../text/xml.ts'
import type { Context } from './context.ts'
import { type Element, textAt } from './element.ts'
import { referenceOf } from './references.ts'
import { createReport, type Report } from './report.ts'

/** What the elements of a message are called. */
export type Shape = { readonly name: string; readonly root: string; readonly report: string }

export const SHAPES: readonly Shape[] = [
  { name: 'camt.052', root: 'BkToCstmrAcctRpt', report: 'Rpt' },
  { name: 'camt.053', root: 'BkToCstmrStmt', report: 'Stmt' },
  { name: 'camt.054', root: 'BkToCstmrDbtCdtNtfctn', report: 'Ntfctn' },
]

/** Elements of one entry, its transactions not counted, or of one transaction. */
const MAX_ELEMENTS = 100_000

/** What no line needs, and what there is most of. */
const SKIPPED = new Set(
  'PstlAdr RltdAgts Svcr Ownr CdtrAcct DbtrAcct Tax CcyXchg InstdAmt CntrValAmt AnncdPstngAmt CardTx SplmtryData'.split(
    ' ',
  ),
)

const MAX_TEXT = 10_000
const MAX_NAMESPACES = 1_000

/**
 * Walks through a message. An element within a report is kept until it ends and is then handed to the report, except for
 * entries, whose transactions are handed on one by one. Around the message may be anything: a business application header
 * (head.001), an envelope, a SOAP body.
 */
export function createMessageReader(context: Context, shape: Shape): XmlHandler & { readonly end: () => void } {
  const open: Element[] = []
  const namespaces = new Map<string, string>()
  let depth = 0
  let rootDepth = 0
  let skippedFrom = 0
  let elements = 0
  let reports = 0
  let report: Report | undefined
  let isFound = false
  let lastLine = 1
  let other: string | undefined
  /** The root, until its attributes are read: a namespace may be declared on it. */
  let root: { readonly prefix: string; readonly line: number; readonly column: number } | undefined

  function openFrame(name: string, prefix: string, line: number, column: number): void {
    if (rootDepth === 0) {
      if (name === shape.root) {
        rootDepth = depth
        isFound = true
        root = { prefix, line, column }
      } else if (SHAPES.some(({ root }) => root === name)) {
        other = name
        skippedFrom = depth
      }
    } else if (depth === rootDepth + 1 && name === shape.report) {
      reports++
      report = createReport(context, shape.report, line)
    } else begin(name, line, column)
  }

  function rootIsRead(): void {
    if (root !== undefined) recordVersion(context, shape, namespaces.get(root.prefix), root)
    root = undefined
  }

  function begin(name: string, line: number, column: number): Element {
    const element: Element = { name, line, column, text: '', currency: undefined, children: undefined }
    elements = open.length === 0 ? 1 : elements + 1
    if (elements > MAX_ELEMENTS)
      throw new BrokenFile('too_large', line, `${open[0]?.name} has more than ${MAX_ELEMENTS} elements`)
    open.push(element)
    return element
  }

  function end(element: Element): void {
    const parent = open.at(-1)
    if (parent === undefined) {
      if (report !== undefined) report.element(element)
      else if (element.name === 'GrpHdr') context.reading.fileReference ??= referenceOf(textAt(element, 'MsgId'))
    } else if (isOfEntry(element, open)) {
      // Handed on and let go, because there may be any number of them.
      parent.children?.pop()
      elements -= sizeOf(element)
      if (element.name === 'TxDtls') report?.transaction(element, open[0] ?? element)
      else if (element.name === 'Btch') report?.btch(element)
      else report?.detailsEnd()
    }
  }

  return {
    open(name, prefix, line, column) {
      rootIsRead()
      depth++
      lastLine = line
      if (skippedFrom !== 0) return
      const parent = open.at(-1)
      if (parent === undefined) return openFrame(name, prefix, line, column)
      if (SKIPPED.has(name)) {
        skippedFrom = depth
        return
      }
      const element = begin(name, line, column)
      if (parent.children === undefined) parent.children = [element]
      else parent.children.push(element)
    },
    attribute(name, value) {
      if (skippedFrom !== 0) return
      const element = open.at(-1)
      if (element !== undefined) {
        if (name === 'Ccy') element.currency = value
      } else if (/^xmlns(?::|$)/.test(name) && namespaces.size < MAX_NAMESPACES)
        namespaces.set(name.slice('xmlns:'.length), value)
    },
    text(text) {
      const element = open.at(-1)
      if (skippedFrom !== 0 || element === undefined || element.children !== undefined) return
      if (element.text.length < MAX_TEXT) element.text += text
    },
    close() {
      rootIsRead()
      depth--
      if (skippedFrom !== 0) {
        if (depth < skippedFrom) skippedFrom = 0
        return
      }
      const element = open.pop()
      if (element !== undefined) {
        element.text = element.children === undefined ? clean(element.text) : ''
        end(element)
      } else if (depth < rootDepth) rootDepth = 0
      else if (depth === rootDepth && report !== undefined) {
        report.finish()
        report = undefined
      }
    },
    end() {
      const what = other === undefined ? '' : `: it has ${other}`
      if (!isFound) throw new BrokenFile('no_message', lastLine, `There is no ${shape.root} in the file${what}`)
      if (reports === 0) throw new BrokenFile('no_statement', lastLine, `There is no ${shape.report} in the message`)
    },
  }
}

/** `TxDtls`, `Btch` and `NtryDtls` of an entry. In the first version `TxDtls` stood in `Ntry` itself. */
function isOfEntry({ name }: Element, open: readonly Element[]): boolean {
  if (open[0]?.name !== 'Ntry') return false
  if (open.length === 1) return name === 'NtryDtls' || name === 'TxDtls'
  return open.length === 2 && open[1]?.name === 'NtryDtls' && (name === 'TxDtls' || name === 'Btch')
}

const sizeOf = ({ children }: Element): number => (children ?? []).reduce((sum, each) => sum + sizeOf(each), 1)

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f\ufffe\uffff]+/g

/** A text on one line: XML keeps the line ends and the indentation of a long text. */
const clean = (text: string): string => {
  const trimmed = text.trim()
  return trimmed.search(CONTROL) < 0 ? trimmed : trimmed.replace(CONTROL, ' ')
}

/** The version stands in the namespace: `urn:iso:std:iso:20022:tech:xsd:camt.053.001.08`. Elements are known by name. */
function recordVersion(
  context: Context,
  shape: Shape,
  namespace: string | undefined,
  { line, column }: { readonly line: number; readonly column: number },
): void {
  const [, name, version] = /(camt\.\d{3})\.(\d{3}\.\d{2})$/.exec(namespace ?? '') ?? []
  if (name === shape.name) context.reading.version = version
  if (name === shape.name && KNOWN_VERSION.test(version ?? '')) return
  const is = namespace === undefined ? 'There is no namespace' : `The namespace is "${namespace.slice(0, 100)}"`
  const message = `${is}: the message is read as ${shape.name} by the names of its elements`
  context.reading.diagnostics.add({ severity: 'warning', code: 'namespace', line, column, message })
}

const KNOWN_VERSION = /^001\.(?:0[2-9]|1[0-3])$/
