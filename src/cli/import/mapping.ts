import { isCurrency } from '../../money/index.ts'
import { CliFailure } from '../failure.ts'

/** Which columns of a file say what. Numbers are positions in a row, from 0. */
export type Mapping = {
  readonly checkout: number
  readonly seller: number
  /** Added up, each on its own scale of the currency. */
  readonly amounts: readonly number[]
  readonly currency: { readonly column: number } | { readonly code: string }
}

type Role = 'checkout' | 'seller' | 'amount' | 'currency'

const ROLES: readonly Role[] = ['checkout', 'seller', 'amount', 'currency']

/**
 * Column names that leave no doubt, lower case. `price` and `total` are not among them: a price may
 * lack the freight, and a total may be that of the whole checkout on every line.
 */
const WELL_KNOWN: Readonly<Record<Role, readonly string[]>> = {
  checkout: ['checkout', 'checkout_id', 'order_id', 'cart_id', 'basket_id'],
  seller: ['seller', 'seller_id', 'merchant_id', 'vendor_id'],
  amount: ['amount'],
  currency: ['currency', 'currency_code'],
}

/** Names that probably mean an amount: good enough for an example, not for moving money. */
const PROBABLE_AMOUNTS = ['price', 'total', 'line_total', 'subtotal', 'value', 'item_price', 'gross']
const PROBABLE_EXTRAS = ['freight_value', 'shipping', 'freight', 'shipping_amount']

/** Finds the columns: those that `--map` names, and for the rest well-known names. Throws `CliFailure`. */
export function resolveMapping(header: readonly string[], mapText: string | undefined, file: string): Mapping {
  const wanted = parseMap(header, mapText, file)
  const refuse = (message: string): never => {
    throw refusal(`${message}; ${file} has the columns ${header.join(', ')}`, header, file)
  }
  const columnOf = (role: Role, name: string): number => {
    const position = header.indexOf(name)
    if (position === -1) return refuse(`There is no column "${name}" for ${role}`)
    if (header.includes(name, position + 1)) return refuse(`The column "${name}" for ${role} is there twice`)
    return position
  }
  const nameOf = (role: Role): string =>
    wanted.get(role) ?? wellKnown(header, role) ?? refuse(`No column is surely the ${role}: name it with --map`)

  const amount = nameOf('amount')
  const amountNames = header.includes(amount) ? [amount] : amount.split('+').map((part) => part.trim())
  if (new Set(amountNames).size < amountNames.length) refuse(`A column is added twice in amount=${amount}`)
  const currency = nameOf('currency')
  return {
    checkout: columnOf('checkout', nameOf('checkout')),
    seller: columnOf('seller', nameOf('seller')),
    amounts: amountNames.map((name) => columnOf('amount', name)),
    currency:
      !header.includes(currency) && isCurrency(currency)
        ? { code: currency }
        : { column: currencyColumn(header, currency, refuse) },
  }
}

function currencyColumn(header: readonly string[], name: string, refuse: (message: string) => never): number {
  const position = header.indexOf(name)
  return position === -1 ? refuse(`"${name}" is neither a column nor an ISO 4217 currency such as EUR`) : position
}

function parseMap(header: readonly string[], text: string | undefined, file: string): Map<Role, string> {
  const wanted = new Map<Role, string>()
  for (const part of text === undefined ? [] : text.split(',')) {
    const [name = '', ...rest] = part.split('=')
    const role = ROLES.find((known) => known === name.trim())
    const value = rest.join('=').trim()
    if (role === undefined || value === '') {
      throw refusal(`"${part}" in --map is not ${ROLES.join('=…, ')}=…`, header, file)
    }
    if (wanted.has(role)) throw refusal(`--map names ${role} twice; add columns up with +`, header, file)
    wanted.set(role, value)
  }
  return wanted
}

/** The one column whose name is well known for this role; undefined when there is none, or more than one. */
function wellKnown(header: readonly string[], role: Role): string | undefined {
  const found = header.filter((name) => WELL_KNOWN[role].includes(name.toLowerCase()))
  return found.length === 1 ? found[0] : undefined
}

function refusal(message: string, header: readonly string[], file: string): CliFailure {
  const first = (names: readonly string[]) => header.find((name) => names.includes(name.toLowerCase()))
  const amounts = [first([...WELL_KNOWN.amount, ...PROBABLE_AMOUNTS]) ?? 'COLUMN', first(PROBABLE_EXTRAS)]
  const example = [
    `checkout=${wellKnown(header, 'checkout') ?? 'COLUMN'}`,
    `seller=${wellKnown(header, 'seller') ?? 'COLUMN'}`,
    `amount=${amounts.filter((name) => name !== undefined).join('+')}`,
    `currency=${wellKnown(header, 'currency') ?? 'CODE'}`,
  ].join(',')
  return new CliFailure({
    message,
    next: `npx tallystick checkouts import ${shellWord(file)} --map ${shellWord(example)}`,
    code: 'mapping',
  })
}

/** A word as a POSIX shell reads it back. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
