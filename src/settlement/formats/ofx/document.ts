import { BrokenFile } from '../diagnostics.ts'
import { type Context, type Frame, type Text, textIn, valueIn } from './frame.ts'
import { MAX_TEXT_LENGTH, type MarkupTaker } from './markup.ts'
import { countUnread, finishStatement, nameAccount, type OpenStatement, openStatement } from './statement.ts'
import { type Aggregate, INNER_RANK, OTHER_RECORD, type Tag, TEXT, tagOf, transactionBegunBy } from './tags.ts'
import { AMOUNT_CURRENCY, PAYEE_NAME, readTransaction } from './transaction.ts'

/**
 * Puts tags and texts together to aggregates, and gives each to what reads it when it is closed. No more of the file is
 * kept than the aggregates that are open, of which there are eight at most: one of each rank.
 */
export type OfxDocument = MarkupTaker<Tag> & {
  /** Says what is missing at the end. Throws `BrokenFile` for a file that is cut off. */
  readonly end: (line: number) => void
}

/** Texts that some senders write in several elements. */
const JOINED: readonly number[] = [TEXT.NAME, TEXT.EXTDNAME, TEXT.MEMO, TEXT.MESSAGE]

/** Answers that hold no statement by their nature. */
const WITHOUT_STATEMENT = /^(?:ACCTINFO|PROF|SECLIST|PINCH|CHALLENGE|MFACHALLENGE|USERINFO)TRNRS$/

export function createDocument(context: Context): OfxDocument {
  const { error, warn, warnOnce } = context
  const stack: Frame[] = []
  let top: Frame | undefined
  /** The number of the text that is open. */
  let target: number = TEXT.NAME
  let statement: OpenStatement | undefined
  let hasBegun = false
  let statements = 0
  /** Of the answer that is open: whether its status says that it failed, and whether anything was said about it. */
  let answer = { isFailed: false, isTold: false }

  function push(name: string, aggregate: Aggregate, line: number, column: number): void {
    while (top !== undefined && top.aggregate.rank >= aggregate.rank) closeForgotten(top)
    top = { name, aggregate, line, column, texts: [], conflict: undefined }
    stack.push(top)
    if (aggregate.role === 'ofx') hasBegun = true
    else if (aggregate.role === 'response' || aggregate.role === 'signon') answer = { isFailed: false, isTold: false }
    else if (aggregate.role === 'messages' && /RQV\d+$/.test(name))
      warn('request', top, `${name} is a question to a bank and not its answer`)
    else if (aggregate.role === 'statement' && !answer.isFailed) {
      statement = openStatement(top)
      statements++
      answer.isTold = true
    }
  }

  function closeForgotten(frame: Frame): void {
    warnOnce('not_closed', frame, `${frame.name} is not closed: it ends where the next one begins`)
    pop()
  }

  function pop(): void {
    const frame = stack.pop()
    top = stack.at(-1)
    if (frame !== undefined) closed(frame)
  }

  function closed(frame: Frame): void {
    switch (frame.aggregate.role) {
      case 'transaction':
      case 'pending':
        if (statement !== undefined) return readTransaction(context, frame, statement)
        return error('out_of_place', frame, 'The transaction stands in no statement that can be read')
      case 'payee':
        return hand(textIn(frame, TEXT.NAME), PAYEE_NAME)
      case 'currency':
        return hand(textIn(frame, TEXT.CURSYM), AMOUNT_CURRENCY)
      case 'account':
        if (statement !== undefined) nameAccount(statement, frame)
        return
      case 'list':
      case 'investments':
        if (statement !== undefined) statement.end ??= textIn(frame, TEXT.DTEND)
        return
      case 'balance':
        if (statement !== undefined) statement.balance ??= frame
        return
      case 'record':
        if (statement !== undefined) countUnread(statement, frame)
        return
      case 'skipped':
        if (statement !== undefined && frame.name.startsWith('INV')) countUnread(statement, frame)
        return
      case 'statement':
        if (statement !== undefined) finishStatement(context, statement)
        statement = undefined
        return
      case 'status':
        return readStatus(frame)
      case 'response':
        if (!answer.isTold && !WITHOUT_STATEMENT.test(frame.name)) tellUnreadAnswer(frame)
        return
      default:
    }
  }

  /** Gives a text of an inner aggregate to the transaction around it. */
  function hand(text: Text | undefined, number: number): void {
    if (top !== undefined && text !== undefined && textIn(top, number) === undefined)
      top.texts.push({ ...text, number })
  }

  const isOpen = (role: string): boolean => stack.some(({ aggregate }) => aggregate.role === role)

  function readStatus(frame: Frame): void {
    const code = valueIn(frame, TEXT.CODE) ?? ''
    const severity = valueIn(frame, TEXT.SEVERITY)?.toUpperCase() ?? ''
    if (/^0*$/.test(code) && (code !== '' || severity !== 'ERROR')) return
    answer.isTold = true
    const said = (valueIn(frame, TEXT.MESSAGE) ?? 'without a message').slice(0, 200)
    const message = `The bank answers with status ${code.slice(0, 16)} ${severity.slice(0, 16)}: ${said}`
    if (severity === 'INFO' || severity === 'WARN') return warn('status', frame, message)
    answer.isFailed = true
    error('status', frame, message)
  }

  function tellUnreadAnswer(frame: Frame): void {
    const message = `${frame.name} holds no statement that is read`
    if (frame.name.includes('STMT') && !frame.name.includes('END')) error('not_supported', frame, message)
    else warn('not_supported', frame, message)
  }

  /** Whether an aggregate of the name is one where it stands: senders have texts of the same names elsewhere. */
  function fits({ role, rank }: Aggregate, name: string): boolean {
    if (role === 'ofx') return true
    if (!hasBegun || stack.length === 0) return false
    if (role === 'status') return top?.aggregate.role === 'signon' || top?.aggregate.role === 'response'
    if (role === 'account') return top?.aggregate.role === 'statement'
    if (role === 'skipped') return top?.aggregate.role !== 'skipped' && !isOpen('record')
    if (role === 'record') return isOpen('investments') && top?.name !== name
    if (rank === INNER_RANK) return isOpen('transaction') || isOpen('pending')
    return true
  }

  function openText(number: number, line: number, column: number): void {
    while (top?.aggregate.texts?.includes(number) === false) closeForgotten(top)
    if (top === undefined) return
    const begun = transactionBegunBy(number, top.aggregate.role, top.name)
    if (begun === undefined) return
    warnOnce('not_opened', { line, column }, 'A transaction has no start tag: it begins with its first text')
    push('STMTTRN', begun, line, column)
  }

  function openAggregate(name: string, aggregate: Aggregate, line: number, column: number): boolean {
    if (!fits(aggregate, name)) return false
    if (aggregate.role === 'ofx' && stack.length > 1) throw cutOff(stack, line)
    push(name, aggregate, line, column)
    // Some senders write a text here, where others have an aggregate.
    target = aggregate.role === 'currency' ? TEXT.CURSYM : TEXT.NAME
    return aggregate.role === 'currency' || aggregate.role === 'payee'
  }

  return {
    tagOf,
    open({ name, text, aggregate }, line, column) {
      if (text !== undefined) {
        target = text
        openText(text, line, column)
        return top !== undefined
      }
      if (aggregate !== undefined) return openAggregate(name, aggregate, line, column)
      if (top?.aggregate.role === 'investments') push(name, OTHER_RECORD, line, column)
      return false
    },
    text(value, line, column) {
      if (top !== undefined) keepText(top, { number: target, value, line, column })
    },
    close({ name, text }) {
      if (text !== undefined || !stack.some((frame) => frame.name === name)) return
      while (top !== undefined && top.name !== name) closeForgotten(top)
      pop()
    },
    end(line) {
      if (!hasBegun) throw new BrokenFile('no_ofx', 1, 'There is no OFX element')
      if (stack.length > 1) throw cutOff(stack, line)
      if (top !== undefined)
        error(
          'cut_off',
          { line, column: 1 },
          'The end of the OFX element is missing: something may be missing before it',
        )
      if (statements === 0) warn('no_statement', { line: 1, column: 1 }, 'The file holds no statement')
      context.finish()
    },
  }
}

function keepText(frame: Frame, text: Text): void {
  const known = textIn(frame, text.number)
  if (known === undefined) frame.texts.push(text)
  else if (known.value === '') replaceText(frame, known, text)
  else if (text.value === '' || text.value === known.value) return
  else if (!JOINED.includes(text.number)) frame.conflict ??= text
  else if (known.value.length + text.value.length < MAX_TEXT_LENGTH)
    replaceText(frame, known, { ...known, value: `${known.value} ${text.value}` })
}

const replaceText = ({ texts }: Frame, known: Text, text: Text): void => {
  texts[texts.indexOf(known)] = text
}

function cutOff(stack: readonly Frame[], line: number): BrokenFile {
  const { name = '' } = stack.at(-1) ?? {}
  return new BrokenFile('cut_off', line, `The file ends inside of ${name}: it is not whole`)
}
